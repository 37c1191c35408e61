//! The events of a change: each part of it is in exactly one.

use super::{EventSubject, EventType, NewEvent};
use crate::message::{Author, Message};
use crate::{
    Conversation, ConversationId, Customer, CustomerId, EventField, Field, FieldChange, FieldValue,
    Inbox, InboxId, MessageId, Status, User, UserId, Version, WebhookId,
};

impl NewEvent {
    /// A conversation was opened, together with these.
    #[must_use]
    pub fn of_opening(
        conversation: &Conversation,
        message: Option<&Message>,
        customer: Option<&Customer>,
    ) -> Vec<Self> {
        let (subject, version) =
            (EventSubject::Conversation(conversation.id()), conversation.version());
        let mut events = vec![Self::plain(EventType::ConversationCreated, subject, version)];
        events.extend(message.map(|message| Self::of_message(message, version)));
        events.extend(customer.map(Self::of_new_customer));
        events
    }

    /// The changes of a conversation, in the order of [`EventType`].
    #[must_use]
    pub fn of_change(
        id: ConversationId,
        (version, revision): (Version, Version),
        changes: &[FieldChange],
    ) -> Vec<Self> {
        let mut events: Vec<Self> = Vec::new();
        for change in changes {
            let (kind, field) = (kind_of(change), EventField::from(change.field));
            let is_assignee = change.field == Field::Assignee;
            // A change of the assignee may come in two steps, of which the last one counts.
            let earlier = events
                .iter_mut()
                .find(|event| event.kind == kind || (is_assignee && event.fields == [field]));
            match earlier {
                Some(event) if is_assignee => event.kind = kind,
                Some(event) => event.fields.push(field),
                None => events.push(Self {
                    kind,
                    subject: EventSubject::Conversation(id),
                    version,
                    revision: Some(revision),
                    fields: vec![field],
                }),
            }
        }
        events.sort_by_key(|event| event.kind);
        events
    }

    /// A message was added to a conversation, which has this version now.
    #[must_use]
    pub fn of_message(message: &Message, version: Version) -> Self {
        let kind = match (message.author(), message.is_internal()) {
            (Author::Customer(_), _) => EventType::MessageReceived,
            (Author::Agent(_) | Author::System, true) => EventType::MessageNoted,
            (Author::Agent(_) | Author::System, false) => EventType::MessageSent,
        };
        let (conversation, number) = (message.conversation(), message.number());
        let subject = EventSubject::Message { conversation, message: message.id(), number };
        Self::plain(kind, subject, version)
    }

    /// The message with this number was deleted from a conversation, which has this version now.
    #[must_use]
    pub fn of_deleted_message(
        conversation: ConversationId,
        message: MessageId,
        number: u64,
        version: Version,
    ) -> Self {
        let subject = EventSubject::Message { conversation, message, number };
        Self::plain(EventType::MessageDeleted, subject, version)
    }

    /// A conversation was deleted in this version.
    #[must_use]
    pub fn of_deleted_conversation(id: ConversationId, version: Version) -> Self {
        Self::plain(EventType::ConversationDeleted, EventSubject::Conversation(id), version)
    }

    /// A customer was created.
    #[must_use]
    pub fn of_new_customer(customer: &Customer) -> Self {
        let subject = EventSubject::Customer(customer.id());
        Self::plain(EventType::CustomerCreated, subject, customer.version())
    }

    /// These fields of a customer changed.
    #[must_use]
    pub fn of_changed_customer(customer: &Customer, fields: Vec<EventField>) -> Self {
        let subject = EventSubject::Customer(customer.id());
        let kind = EventType::CustomerUpdated;
        Self { fields, ..Self::plain(kind, subject, customer.version()) }
    }

    /// A customer was deleted in this version.
    #[must_use]
    pub fn of_deleted_customer(id: CustomerId, version: Version) -> Self {
        Self::plain(EventType::CustomerDeleted, EventSubject::Customer(id), version)
    }

    /// A user was created.
    #[must_use]
    pub fn of_new_user(user: &User) -> Self {
        Self::plain(EventType::UserCreated, EventSubject::User(user.id()), user.version())
    }

    /// These fields of a user changed.
    #[must_use]
    pub fn of_changed_user(user: &User, fields: Vec<EventField>) -> Self {
        let subject = EventSubject::User(user.id());
        Self { fields, ..Self::plain(EventType::UserUpdated, subject, user.version()) }
    }

    /// A user was deleted in this version.
    #[must_use]
    pub fn of_deleted_user(id: UserId, version: Version) -> Self {
        Self::plain(EventType::UserDeleted, EventSubject::User(id), version)
    }

    /// An inbox was created.
    #[must_use]
    pub fn of_new_inbox(inbox: &Inbox) -> Self {
        Self::plain(EventType::InboxCreated, EventSubject::Inbox(inbox.id()), inbox.version())
    }

    /// These fields of an inbox changed.
    #[must_use]
    pub fn of_changed_inbox(inbox: &Inbox, fields: Vec<EventField>) -> Self {
        let subject = EventSubject::Inbox(inbox.id());
        Self { fields, ..Self::plain(EventType::InboxUpdated, subject, inbox.version()) }
    }

    /// An inbox was deleted in this version.
    #[must_use]
    pub fn of_deleted_inbox(id: InboxId, version: Version) -> Self {
        Self::plain(EventType::InboxDeleted, EventSubject::Inbox(id), version)
    }

    /// The service disabled a webhook, which has this version.
    #[must_use]
    pub fn of_disabled_webhook(id: WebhookId, version: Version) -> Self {
        Self::plain(EventType::WebhookDisabled, EventSubject::Webhook(id), version)
    }

    /// Many resources changed without events of their own: readers of the feed have to read all
    /// resources again.
    #[must_use]
    pub fn of_reset() -> Self {
        Self::plain(EventType::FeedReset, EventSubject::Feed, Version::FIRST)
    }

    fn plain(kind: EventType, subject: EventSubject, version: Version) -> Self {
        Self { kind, subject, version, revision: None, fields: Vec::new() }
    }
}

/// The type of event for a change of a field.
fn kind_of(change: &FieldChange) -> EventType {
    let is_closed = |value: &Option<FieldValue>| *value == Some(Status::Closed.as_str().into());
    match change.field {
        Field::Assignee if change.to.is_some() => EventType::ConversationAssigned,
        Field::Assignee => EventType::ConversationUnassigned,
        Field::Status if is_closed(&change.to) => EventType::ConversationClosed,
        Field::Status if is_closed(&change.from) => EventType::ConversationReopened,
        // Whatever has no type of its own.
        _ => EventType::ConversationUpdated,
    }
}

#[cfg(test)]
mod tests;
