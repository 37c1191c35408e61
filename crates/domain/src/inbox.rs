//! An inbox: where conversations of one kind arrive.

use crate::change::apply_all;
use crate::event_field::differing;
use crate::{Change, Channel, EventField, InboxId, Name, Timestamp, Version};

/// An inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    parts: InboxParts,
}

/// Everything that an inbox consists of: the door for storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: InboxId,
    /// What the inbox is called.
    pub name: Name,
    /// The medium it serves.
    pub channel: Channel,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The version: counts all changes.
    pub version: Version,
}

/// What an inbox starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInbox {
    /// What the inbox is called.
    pub name: Name,
    /// The medium it serves; by default `email`.
    pub channel: Option<Channel>,
}

/// What is wanted of an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InboxChanges {
    /// Another name.
    pub name: Change<Name>,
    /// Another medium.
    pub channel: Change<Channel>,
}

impl Inbox {
    /// Makes an inbox.
    #[must_use]
    pub fn new(id: InboxId, new: NewInbox) -> Self {
        let NewInbox { name, channel } = new;
        let updated_at = id.created_at();
        let channel = channel.unwrap_or_default();
        Self { parts: InboxParts { id, name, channel, updated_at, version: Version::FIRST } }
    }

    /// Makes the inbox from what was stored.
    #[must_use]
    pub fn restore(parts: InboxParts) -> Self {
        Self { parts }
    }

    /// Takes the inbox apart.
    #[must_use]
    pub fn into_parts(self) -> InboxParts {
        self.parts
    }

    /// Applies the changes, and returns whether anything changed: if not, the version and the time
    /// of the last change stay as well.
    #[must_use]
    pub fn change(&mut self, changes: InboxChanges, now: Timestamp) -> bool {
        let InboxChanges { name, channel } = changes;
        let parts = &mut self.parts;
        let changed = apply_all! { name => parts.name, channel => parts.channel };
        if changed {
            parts.updated_at = now.following(parts.updated_at);
            parts.version = parts.version.next();
        }
        changed
    }

    /// The fields that differ from an earlier state.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<EventField> {
        let InboxParts { id: _, name, channel, updated_at: _, version: _ } = &self.parts;
        let before = &before.parts;
        differing! {
            *name, before.name => Name,
            *channel, before.channel => Channel,
        }
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> InboxId {
        self.parts.id
    }

    /// The version: counts all changes.
    #[must_use]
    pub fn version(&self) -> Version {
        self.parts.version
    }
}
