//! A change of a conversation as callers see it.

use conversations_domain::{
    ConversationId, Field, FieldChange, FieldValue, HistoryEntry, HistoryId, Timestamp,
};
use serde::Serialize;

use crate::actor::ActorBody;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryBody {
    #[serde(rename = "_id")]
    id: HistoryId,
    conversation_id: ConversationId,
    field: Field,
    /// What was there: text or a list, as in the field itself.
    from: Option<FieldValue>,
    to: Option<FieldValue>,
    by: ActorBody,
    created_at: Timestamp,
}

impl From<HistoryEntry> for HistoryBody {
    fn from(entry: HistoryEntry) -> Self {
        let HistoryEntry { id, conversation, change, by } = entry;
        let FieldChange { field, from, to } = change;
        Self {
            id,
            conversation_id: conversation,
            field,
            from,
            to,
            by: by.into(),
            created_at: id.created_at(),
        }
    }
}
