//! An inbox as callers see it.

use conversations_domain::{Channel, Inbox, InboxId, InboxParts, Name, Timestamp};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::Shown;

response_body! {
    /// What conversations lie in.
    #[body(name = "Inbox")]
    pub(crate) struct InboxBody {
        /// Its id.
        #[serde(rename = "_id")]
        id: InboxId,
        /// What it is called.
        name: Name,
        /// The medium it is for.
        channel: Channel,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
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

impl Shown for InboxBody {
    fn example() -> Option<Self> {
        examples::inbox().map(Into::into)
    }
}
