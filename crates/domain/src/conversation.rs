//! A conversation: a thread of messages between agents and a customer.

mod changes;

use changes::replace;
pub use changes::{ChangeRefused, Changes, Field, FieldChange, FieldValue, Taken};

use crate::message::{Author, AuthorKind, Message, MessageDraft};
use crate::{
    Change, Channel, ConversationId, CustomerId, InboxId, Priority, Source, Status, Subject, Tags,
    Timestamp, UserId, Version,
};

/// A conversation and the rules of its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    parts: ConversationParts,
}

/// Everything that a conversation consists of: the door for storage, through
/// [`Conversation::restore`] and [`Conversation::into_parts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: ConversationId,
    /// What it is about.
    pub subject: Subject,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// The medium it is held in.
    pub channel: Channel,
    /// The kind of integration that made it.
    pub source: Source,
    /// The inbox it lies in.
    pub inbox: InboxId,
    /// Who it is with, once that is known.
    pub customer: Option<CustomerId>,
    /// The user who takes care of it.
    pub assignee: Option<UserId>,
    /// Words that people put on it.
    pub labels: Tags,
    /// How many messages it has, internal ones included.
    pub message_count: u64,
    /// The number of the last message ever written; numbers are never used again.
    pub last_message_number: u64,
    /// When the newest message that is still there was written.
    pub last_message_at: Option<Timestamp>,
    /// When it was closed, while it is.
    pub closed_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it changed.
    pub version: Version,
    /// How often its fields changed: its version without the messages that only were counted. A
    /// change of fields compares it, so that no stream of messages keeps it from coming through.
    pub revision: Version,
}

/// What conversations are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// The inbox it lies in.
    pub inbox: InboxId,
    /// The user who takes care of it.
    pub assignee: Option<UserId>,
}

/// What a conversation starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConversation {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: ConversationId,
    /// The kind of integration that makes it.
    pub source: Source,
    /// Who it is with, if that is known.
    pub customer: Option<CustomerId>,
    /// What its maker says of it.
    pub draft: ConversationDraft,
}

/// What its maker says of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationDraft {
    /// What it is about.
    pub subject: Subject,
    /// The inbox it lies in.
    pub inbox: InboxId,
    /// The medium; by default `email`.
    pub channel: Option<Channel>,
    /// The urgency; by default `medium`.
    pub priority: Option<Priority>,
    /// Words that people put on it.
    pub labels: Tags,
}

impl ConversationDraft {
    /// A draft that says no more than it has to.
    #[must_use]
    pub fn new(subject: Subject, inbox: InboxId) -> Self {
        Self { subject, inbox, channel: None, priority: None, labels: Tags::default() }
    }
}

impl Conversation {
    /// Opens a conversation, without messages and unassigned.
    #[must_use]
    pub fn open(new: NewConversation) -> Self {
        let NewConversation { id, source, customer, draft } = new;
        let ConversationDraft { subject, inbox, channel, priority, labels } = draft;
        Self {
            parts: ConversationParts {
                id,
                subject,
                status: Status::default(),
                priority: priority.unwrap_or_default(),
                channel: channel.unwrap_or_default(),
                source,
                inbox,
                customer,
                assignee: None,
                labels,
                message_count: 0,
                last_message_number: 0,
                last_message_at: None,
                closed_at: None,
                updated_at: id.created_at(),
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

    /// Applies what is asked for and answers what really changed. Nothing changed is an empty
    /// list, and then the version and the time of the last change stay as well.
    ///
    /// # Errors
    /// When the conversation would get another customer than it has, or too many labels; then nothing
    /// changed.
    pub fn change(
        &mut self,
        changes: Changes,
        now: Timestamp,
    ) -> Result<Vec<FieldChange>, ChangeRefused> {
        let Changes { subject, status, priority, inbox, assignee, labels, customer } = changes;
        let parts = &mut self.parts;

        if let Change::To(customer) = customer
            && parts.customer.is_some_and(|present| present != customer)
        {
            return Err(ChangeRefused::CustomerIsSet);
        }
        let labels = labels.resolve(&parts.labels).map_err(ChangeRefused::Labels)?;

        let mut changed = Vec::new();
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

        parts.moved_by(&changed, now);
        Ok(changed)
    }

    /// Assigns the conversation to a user if nobody takes care of it, and answers the change if
    /// there is one: the assignee may claim it again.
    ///
    /// # Errors
    /// When somebody else takes care of it; then nothing changed.
    pub fn claim(&mut self, user: UserId, now: Timestamp) -> Result<Option<FieldChange>, Taken> {
        if let Some(by) = self.parts.assignee.filter(|&assignee| assignee != user) {
            return Err(Taken { by });
        }
        let mut changed = Vec::new();
        self.parts.assign(Change::To(Some(user)), &mut changed);
        self.parts.moved_by(&changed, now);
        Ok(changed.pop())
    }

    /// Takes in one more message: gives it its number, counts it, and answers what it did to the
    /// status, if anything.
    pub fn append(&mut self, draft: MessageDraft) -> (Message, Option<FieldChange>) {
        let (time, author) = (draft.id().created_at(), draft.author().kind());
        let parts = &mut self.parts;
        parts.message_count += 1;
        parts.last_message_number += 1;
        // Messages may arrive in another order than they were written.
        parts.last_message_at = parts.last_message_at.max(Some(time));
        parts.updated_at = time.following(parts.updated_at);
        parts.version = parts.version.next();
        let message = draft.numbered(parts.id, parts.last_message_number);
        let change = self.receive(author);
        (message, change)
    }

    /// Lets a message by `author` do to the status what it does, and answers the change if there
    /// is one.
    ///
    /// This is for a storage that counts messages itself, because they may arrive concurrently. Who
    /// has the whole conversation in memory wants [`append`](Self::append).
    pub fn receive(&mut self, author: AuthorKind) -> Option<FieldChange> {
        let parts = &mut self.parts;
        let before = parts.status;
        let after = before.after_message_by(author);
        if after == before {
            return None;
        }
        parts.status = after;
        parts.revision = parts.revision.next();
        parts.closed_at = closed_at(after, parts.closed_at, parts.updated_at);
        Some(FieldChange::of_status(before, after))
    }

    /// Takes in the message that a conversation is opened with, and gives it its number. It is
    /// part of the making: no change, no history.
    #[must_use]
    pub fn open_with(&mut self, draft: MessageDraft) -> Message {
        let parts = &mut self.parts;
        parts.message_count += 1;
        parts.last_message_number += 1;
        parts.last_message_at = Some(draft.id().created_at());
        draft.numbered(parts.id, parts.last_message_number)
    }

    /// The author that `customer` stands for here: this conversation's customer, who may also be
    /// unknown. `None` when a customer is named who is not this conversation's.
    #[must_use]
    pub fn customer_as_author(&self, named: Option<CustomerId>) -> Option<Author> {
        match named {
            Some(named) if self.parts.customer != Some(named) => None,
            _ => Some(Author::Customer(self.parts.customer)),
        }
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> ConversationId {
        self.parts.id
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.parts.status
    }

    /// How urgent it is.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.parts.priority
    }

    /// The inbox it lies in.
    #[must_use]
    pub fn inbox(&self) -> InboxId {
        self.parts.inbox
    }

    /// Who it is with.
    #[must_use]
    pub fn customer(&self) -> Option<CustomerId> {
        self.parts.customer
    }

    /// Who takes care of it.
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

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.parts.subject
    }

    /// Words that people put on it.
    #[must_use]
    pub fn labels(&self) -> &Tags {
        &self.parts.labels
    }

    /// When it was closed, while it is.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.parts.closed_at
    }

    /// When it last changed.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.parts.updated_at
    }

    /// What it is counted by.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let ConversationParts { status, priority, inbox, assignee, .. } = self.parts;
        Standing { status, priority, inbox, assignee }
    }

    /// How often it changed.
    #[must_use]
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// How often its fields changed.
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
    fn moved_by(&mut self, changed: &[FieldChange], now: Timestamp) {
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
