//! An event: a change in the feed of a workspace. It has the type of the change, its subject, the
//! version and the actor. Content is read together with the event, so that there is nothing to erase
//! in the feed.

mod cursor;
mod of_change;
mod pattern;

use uuid::Uuid;

pub use cursor::{EventCursor, InvalidEventCursor};
pub use pattern::{EventPattern, UnknownPattern};

use crate::vocabulary::vocabulary;
use crate::{
    Actor, ConversationId, CustomerId, EventField, EventId, InboxId, MessageId, Permission,
    Timestamp, UserId, Version, WebhookId,
};

vocabulary! {
    /// The type of an event. The events of one change are in this order.
    EventType {
        ConversationCreated = "conversation.created",
        ConversationUpdated = "conversation.updated",
        ConversationAssigned = "conversation.assigned",
        ConversationUnassigned = "conversation.unassigned",
        ConversationClosed = "conversation.closed",
        ConversationReopened = "conversation.reopened",
        MessageReceived = "message.received",
        MessageSent = "message.sent",
        MessageNoted = "message.noted",
        MessageDeleted = "message.deleted",
        ConversationDeleted = "conversation.deleted",
        CustomerCreated = "customer.created",
        CustomerUpdated = "customer.updated",
        CustomerDeleted = "customer.deleted",
        UserCreated = "user.created",
        UserUpdated = "user.updated",
        UserDeleted = "user.deleted",
        InboxCreated = "inbox.created",
        InboxUpdated = "inbox.updated",
        InboxDeleted = "inbox.deleted",
        WebhookDisabled = "webhook.disabled",
        FeedReset = "feed.reset",
    }
}

/// The position of an event in the feed of its workspace: 1, 2, 3 … without gaps. 0 is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(u64);

/// The subject of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSubject {
    /// A conversation.
    Conversation(ConversationId),
    /// A message of a conversation.
    Message {
        /// The conversation.
        conversation: ConversationId,
        /// The message.
        message: MessageId,
        /// Its position in the conversation.
        number: u64,
    },
    /// A customer.
    Customer(CustomerId),
    /// A user.
    User(UserId),
    /// An inbox.
    Inbox(InboxId),
    /// A webhook.
    Webhook(WebhookId),
    /// The feed itself.
    Feed,
}

/// An event that is not stored yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its type.
    pub kind: EventType,
    /// Its subject.
    pub subject: EventSubject,
    /// The version of the subject after the change, or its last; for a message that of the conversation.
    pub version: Version,
    /// For a change of a conversation, the revision of its history entries.
    pub revision: Option<Version>,
    /// The changed fields.
    pub fields: Vec<EventField>,
}

/// An event of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its position.
    pub sequence: Sequence,
    /// Unique id (`UUIDv7`, embeds the time).
    pub id: EventId,
    /// The change.
    pub change: NewEvent,
    /// Who made the change.
    pub by: Actor,
}

/// The common part of the events of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The id of the first of them. Those of the others follow it.
    pub first: EventId,
    /// Who writes.
    pub by: Actor,
}

impl EventType {
    /// The permission that a key needs to read it; `None` if any permission to read events is enough.
    #[must_use]
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::ConversationCreated
            | Self::ConversationUpdated
            | Self::ConversationAssigned
            | Self::ConversationUnassigned
            | Self::ConversationClosed
            | Self::ConversationReopened
            | Self::ConversationDeleted
            | Self::MessageReceived
            | Self::MessageSent
            | Self::MessageNoted
            | Self::MessageDeleted => Some(Permission::ReadConversations),
            Self::CustomerCreated | Self::CustomerUpdated | Self::CustomerDeleted => {
                Some(Permission::ReadCustomers)
            }
            Self::UserCreated | Self::UserUpdated | Self::UserDeleted => {
                Some(Permission::ReadUsers)
            }
            Self::InboxCreated | Self::InboxUpdated | Self::InboxDeleted => {
                Some(Permission::ReadInboxes)
            }
            Self::WebhookDisabled => Some(Permission::ReadWebhooks),
            Self::FeedReset => None,
        }
    }

    /// Whether it is the deletion of its subject.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::ConversationDeleted
                | Self::MessageDeleted
                | Self::CustomerDeleted
                | Self::UserDeleted
                | Self::InboxDeleted
        )
    }
}

impl Sequence {
    /// The position with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number of the position.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl EventId {
    /// This id with the fingerprint of a cursor: an event with it, at the number of the cursor, has that
    /// cursor.
    #[must_use]
    pub fn at_cursor(self, cursor: EventCursor) -> Self {
        let upper = self.as_uuid().as_u128() >> 32 << 32;
        Self::from_uuid(Uuid::from_u128(upper | u128::from(cursor.fingerprint())))
    }

    /// The id of an event this many events after this one in the same write: it has the same time, and
    /// a larger random part (RFC 9562, section 6.2).
    #[must_use]
    pub fn followed_by(self, events: u64) -> Self {
        const RANDOM: u128 = (1 << 62) - 1;

        let id = self.as_uuid().as_u128();
        let random = (id & RANDOM).wrapping_add(u128::from(events)) & RANDOM;
        Self::from_uuid(Uuid::from_u128(id & !RANDOM | random))
    }
}

impl Event {
    /// When the change was made.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.id.created_at()
    }

    /// The cursor that continues after it.
    #[must_use]
    pub fn cursor(&self) -> EventCursor {
        EventCursor::at(self.sequence, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_write_follow_each_other_and_keep_the_time() {
        for rest in [0_u128, 7, (1 << 62) - 2] {
            let first = Uuid::from_u128(1_000 << 80 | 7 << 76 | 2 << 62 | rest);
            let first = EventId::from_uuid(first);

            let ids: Vec<_> = (0..4).map(|place| first.followed_by(place)).collect();

            assert_eq!(ids[0], first);
            for (place, id) in ids.iter().enumerate() {
                assert_eq!(id.created_at(), first.created_at());
                assert_eq!(id.as_uuid().get_version_num(), 7);
                assert!(!ids[..place].contains(id));
            }
        }
    }

    #[test]
    fn every_word_reads_back() {
        for kind in EventType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
    }
}
