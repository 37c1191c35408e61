//! An inbox as callers see it.

use conversations_domain::{Channel, Inbox, InboxId, InboxParts, Name, Timestamp};
use serde::Serialize;

use crate::disclosure::identified;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InboxBody {
    #[serde(rename = "_id")]
    id: InboxId,
    name: Name,
    channel: Channel,
    created_at: Timestamp,
    updated_at: Timestamp,
}

identified!(InboxBody);

impl From<Inbox> for InboxBody {
    fn from(inbox: Inbox) -> Self {
        let InboxParts { id, name, channel, updated_at, version: _ } = inbox.into_parts();
        Self { id, name, channel, created_at: id.created_at(), updated_at }
    }
}
