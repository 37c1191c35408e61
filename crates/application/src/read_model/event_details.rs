//! Events as callers see them.

use conversations_domain::{Customer, Event, EventField, FieldValue, Inbox, Message, User};

use super::{ConversationDetails, WebhookDetails};

/// An event with the current state of its subject.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDetails {
    /// The event.
    pub event: Event,
    /// The changed fields; for a conversation that exists also the old and new values.
    pub changes: Vec<EventChange>,
    /// The current state of its subject.
    pub state: EventState,
}

/// A changed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventChange {
    /// The field.
    pub field: EventField,
    /// The old and the new value, if the history has them.
    pub values: Option<(Option<FieldValue>, Option<FieldValue>)>,
}

/// The current state of the subject of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventState {
    /// It was deleted, or the event is its deletion.
    Gone,
    /// A conversation with its people.
    Conversation(Box<ConversationDetails>),
    /// A message, unless it was deleted, and its conversation.
    Message {
        /// The message.
        message: Option<Message>,
        /// Its conversation.
        conversation: Box<ConversationDetails>,
    },
    /// A customer.
    Customer(Box<Customer>),
    /// A user.
    User(User),
    /// An inbox.
    Inbox(Inbox),
    /// A webhook.
    Webhook(Box<WebhookDetails>),
    /// The feed itself, which is reset.
    Feed(ResetReason),
}

/// Why a reader has to read all resources again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetReason {
    /// Many resources changed without events of their own.
    Rewritten,
    /// The events after the reader's position are no longer stored.
    Expired,
    /// The feed does not have the reader's position: the database was restored.
    Unknown,
}
