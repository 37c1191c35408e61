//! A conversation: a thread of messages between agents and a customer.

mod changes;
mod messages;

use changes::replace;
pub use changes::{
    AlreadyAssigned, ChangeRefused, Changes, Field, FieldChange, FieldValue, IncompleteConversation,
};

use crate::{
    Change, Channel, ConversationId, CustomerId, ExternalId, InboxId, Priority, Source, Status,
    Subject, Tags, Timestamp, UserId, Version,
};

/// A conversation, with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    parts: ConversationParts,
}

/// All fields of a conversation, for storage; see [`Conversation::restore`] and
/// [`Conversation::into_parts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: ConversationId,
    /// The id in another system.
    pub external_id: Option<ExternalId>,
    /// The subject.
    pub subject: Subject,
    /// The status.
    pub status: Status,
    /// The priority.
    pub priority: Priority,
    /// The medium.
    pub channel: Channel,
    /// The kind of integration that created it.
    pub source: Source,
    /// The inbox.
    pub inbox: InboxId,
    /// The customer, if known.
    pub customer: Option<CustomerId>,
    /// The assignee.
    pub assignee: Option<UserId>,
    /// The labels.
    pub labels: Tags,
    /// The number of messages, including internal ones.
    pub message_count: u64,
    /// The number of the last message ever written; numbers are never reused.
    pub last_message_number: u64,
    /// When the newest existing message was written.
    pub last_message_at: Option<Timestamp>,
    /// When it was closed, if it is.
    pub closed_at: Option<Timestamp>,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The version: counts all changes.
    pub version: Version,
    /// The revision: counts changes of fields, but not new messages. A change of fields compares
    /// it, so that a stream of messages cannot block it.
    pub revision: Version,
}

/// The fields by which the totals count conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountKey {
    /// The status.
    pub status: Status,
    /// The priority.
    pub priority: Priority,
    /// The inbox.
    pub inbox: InboxId,
    /// The assignee.
    pub assignee: Option<UserId>,
}

/// A new conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConversation {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: ConversationId,
    /// The kind of integration that creates it.
    pub source: Source,
    /// The customer, if known.
    pub customer: Option<CustomerId>,
    /// What its creator chooses.
    pub draft: ConversationDraft,
}

/// The part of a new conversation that its creator chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationDraft {
    /// The id in another system.
    pub external_id: Option<ExternalId>,
    /// The subject.
    pub subject: Subject,
    /// The inbox.
    pub inbox: InboxId,
    /// The medium; by default `email`.
    pub channel: Option<Channel>,
    /// The status; by default `open`. One that is closed counts as closed when it was created.
    pub status: Option<Status>,
    /// The urgency; by default `medium`.
    pub priority: Option<Priority>,
    /// The assignee.
    pub assignee: Option<UserId>,
    /// The labels.
    pub labels: Tags,
}

impl ConversationDraft {
    /// A draft with the required fields only.
    #[must_use]
    pub fn new(subject: Subject, inbox: InboxId) -> Self {
        Self {
            external_id: None,
            subject,
            inbox,
            channel: None,
            status: None,
            priority: None,
            assignee: None,
            labels: Tags::default(),
        }
    }
}

impl Conversation {
    /// Opens a conversation, without messages.
    #[must_use]
    pub fn open(new: NewConversation) -> Self {
        let NewConversation { id, source, customer, draft } = new;
        let ConversationDraft {
            external_id,
            subject,
            inbox,
            channel,
            status,
            priority,
            assignee,
            labels,
        } = draft;
        let (status, created_at) = (status.unwrap_or_default(), id.created_at());
        Self {
            parts: ConversationParts {
                id,
                external_id,
                subject,
                status,
                priority: priority.unwrap_or_default(),
                channel: channel.unwrap_or_default(),
                source,
                inbox,
                customer,
                assignee,
                labels,
                message_count: 0,
                last_message_number: 0,
                last_message_at: None,
                closed_at: closed_at(status, None, created_at),
                updated_at: created_at,
                version: Version::FIRST,
                revision: Version::FIRST,
            },
        }
    }

    /// Makes the conversation from what was stored.
    #[must_use]
    pub fn restore(parts: ConversationParts) -> Self {
        Self { parts }
    }

    /// Takes the conversation apart for storage.
    #[must_use]
    pub fn into_parts(self) -> ConversationParts {
        self.parts
    }

    /// Applies the changes, and returns those that changed something. If the list is empty, the
    /// version and the time of the last change stay as well.
    ///
    /// # Errors
    /// When the conversation would get another customer than it has, or too many labels; then nothing
    /// changed.
    pub fn change(
        &mut self,
        changes: Changes,
        now: Timestamp,
    ) -> Result<Vec<FieldChange>, ChangeRefused> {
        let Changes { external_id, subject, status, priority, inbox, assignee, labels, customer } =
            changes;
        let parts = &mut self.parts;

        if let Change::To(customer) = customer
            && parts.customer.is_some_and(|present| present != customer)
        {
            return Err(ChangeRefused::CustomerIsSet);
        }
        let labels = labels.resolve(&parts.labels).map_err(ChangeRefused::Labels)?;

        let mut changed = Vec::new();
        replace(&mut parts.external_id, external_id, Field::ExternalId, &mut changed, |id| {
            id.clone().map(FieldValue::External)
        });
        replace(&mut parts.subject, subject, Field::Subject, &mut changed, |subject| {
            Some(subject.as_str().into())
        });
        replace(&mut parts.status, status, Field::Status, &mut changed, |status| {
            Some(status.as_str().into())
        });
        replace(&mut parts.priority, priority, Field::Priority, &mut changed, |priority| {
            Some(priority.as_str().into())
        });
        replace(&mut parts.inbox, inbox, Field::Inbox, &mut changed, |id| Some(text_of(id)));
        parts.assign(assignee, &mut changed);
        replace(&mut parts.labels, labels, Field::Labels, &mut changed, |labels| {
            Some(labels.into())
        });
        replace(&mut parts.customer, customer.map(Some), Field::Customer, &mut changed, |id| {
            id.as_ref().map(text_of)
        });

        parts.record_changes(&changed, now);
        Ok(changed)
    }

    /// Assigns the conversation to a user unless another user has it, and returns the change if
    /// there is one: the assignee may claim it again.
    ///
    /// # Errors
    /// When another user has it; then nothing changed.
    pub fn claim(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<FieldChange>, AlreadyAssigned> {
        if let Some(by) = self.parts.assignee.filter(|&assignee| assignee != user) {
            return Err(AlreadyAssigned { by });
        }
        let mut changed = Vec::new();
        self.parts.assign(Change::To(Some(user)), &mut changed);
        self.parts.record_changes(&changed, now);
        Ok(changed.pop())
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> ConversationId {
        self.parts.id
    }

    /// The id in another system.
    #[must_use]
    pub fn external_id(&self) -> Option<&ExternalId> {
        self.parts.external_id.as_ref()
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.parts.status
    }

    /// The priority.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.parts.priority
    }

    /// The inbox.
    #[must_use]
    pub fn inbox(&self) -> InboxId {
        self.parts.inbox
    }

    /// The customer.
    #[must_use]
    pub fn customer(&self) -> Option<CustomerId> {
        self.parts.customer
    }

    /// The assignee.
    #[must_use]
    pub fn assignee(&self) -> Option<UserId> {
        self.parts.assignee
    }

    /// How many messages it has.
    #[must_use]
    pub fn message_count(&self) -> u64 {
        self.parts.message_count
    }

    /// The number of the last message ever written.
    #[must_use]
    pub fn last_message_number(&self) -> u64 {
        self.parts.last_message_number
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.parts.subject
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> &Tags {
        &self.parts.labels
    }

    /// When it was closed, if it is.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.parts.closed_at
    }

    /// The time of the last change.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.parts.updated_at
    }

    /// The fields by which the totals count it.
    #[must_use]
    pub fn count_key(&self) -> CountKey {
        let ConversationParts { status, priority, inbox, assignee, .. } = self.parts;
        CountKey { status, priority, inbox, assignee }
    }

    /// The version: counts all changes.
    #[must_use]
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// The revision: counts changes of fields.
    #[must_use]
    pub fn revision(&self) -> Version {
        self.parts.revision
    }
}

impl ConversationParts {
    fn assign(&mut self, assignee: Change<Option<UserId>>, changed: &mut Vec<FieldChange>) {
        replace(&mut self.assignee, assignee, Field::Assignee, changed, |id| {
            id.as_ref().map(text_of)
        });
    }

    /// Moves times and versions, if anything changed.
    fn record_changes(&mut self, changed: &[FieldChange], now: Timestamp) {
        if changed.is_empty() {
            return;
        }
        self.updated_at = now.following(self.updated_at);
        self.version = self.version.next();
        self.revision = self.revision.next();
        // Not by the clock, which may say something before the making of it.
        self.closed_at = closed_at(self.status, self.closed_at, self.updated_at);
    }
}

fn text_of(id: &impl ToString) -> FieldValue {
    FieldValue::Text(id.to_string())
}

/// When a conversation of this status counts as closed: entering `closed` sets the time, leaving
/// it clears it.
fn closed_at(
    status: Status,
    before: Option<Timestamp>,
    updated_at: Timestamp,
) -> Option<Timestamp> {
    match status {
        Status::Closed => before.or(Some(updated_at)),
        Status::Open | Status::Pending => None,
    }
}

#[cfg(test)]
mod tests;
