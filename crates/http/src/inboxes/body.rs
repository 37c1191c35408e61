//! An inbox as callers see it.

use conversations_domain::{Channel, Inbox, InboxId, InboxParts, Name, Timestamp};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::ResponseBody;

response_body! {
    /// A group of conversations, such as those of one team.
    #[body(name = "Inbox")]
    pub(crate) struct InboxBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: InboxId,
        /// The name.
        name: Name,
        /// The medium.
        channel: Channel,
        /// Creation time.
        created_at: Timestamp,
        /// Time of the last change.
        updated_at: Timestamp,
    }
}

identified!(InboxBody);

impl From<Inbox> for InboxBody {
    fn from(inbox: Inbox) -> Self {
        let InboxParts { id, name, channel, updated_at, version: _ } = inbox.into_parts();
        Self { id, name, channel, created_at: id.created_at(), updated_at }
    }
}

impl ResponseBody for InboxBody {
    fn example() -> Option<Self> {
        examples::inbox().map(Into::into)
    }
}
