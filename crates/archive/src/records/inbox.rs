//! An inbox as a line.

use conversations_domain::{Channel, Inbox, InboxId, InboxParts, Name, Timestamp};

use crate::field::Number;
use crate::object::object;

object! {
    /// An inbox.
    InboxRecord as "inbox" {
        /// Unique id (UUIDv7).
        id: InboxId = "_id",
        /// The name.
        name: Name = "name",
        /// The medium it serves.
        channel: Channel = "channel",
        /// Creation time: the time inside the id.
        created_at: Timestamp = "createdAt",
        /// Time of the last change.
        updated_at: Timestamp = "updatedAt",
        /// Counts all changes.
        version: Number = "version",
    }
}

impl From<Inbox> for InboxRecord {
    fn from(inbox: Inbox) -> Self {
        let InboxParts { id, name, channel, updated_at, version } = inbox.into_parts();
        let (created_at, version) = (id.created_at(), version.into());
        Self { id, name, channel, created_at, updated_at, version }
    }
}

impl From<InboxRecord> for Inbox {
    fn from(record: InboxRecord) -> Self {
        let InboxRecord { id, name, channel, created_at: _, updated_at, version } = record;
        Self::restore(InboxParts { id, name, channel, updated_at, version: version.into() })
    }
}
