//! A change of a conversation as callers see it.

use conversations_domain::{
    ConversationId, Field, FieldChange, FieldValue, HistoryEntry, HistoryId, Status, Timestamp,
};
use serde_json::{Value, json};

use crate::actor::ActorBody;
use crate::body::response_body;
use crate::examples;
use crate::external_id::ExternalIdBody;
use crate::schema::{ResponseBody, Schema, Schemas};

response_body! {
    /// A change of a field of a conversation.
    #[body(name = "HistoryEntry")]
    pub(crate) struct HistoryBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: HistoryId,
        /// The id of the conversation.
        conversation_id: ConversationId,
        /// The field that changed.
        field: Field,
        /// The value before: text, or a list of words.
        from: Option<FieldValue>,
        /// The value after.
        to: Option<FieldValue>,
        /// The key or the operator that changed it.
        by: ActorBody,
        /// Creation time.
        created_at: Timestamp,
    }
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

impl ResponseBody for HistoryBody {
    fn example() -> Option<Self> {
        let entry = HistoryEntry {
            id: HistoryId::parse(examples::MESSAGE).ok()?,
            conversation: ConversationId::parse(examples::CONVERSATION).ok()?,
            change: FieldChange::of_status(Status::Open, Status::Pending),
            by: examples::actor(),
        };
        Some(entry.into())
    }
}

impl Schema for FieldValue {
    fn schema(schemas: &mut Schemas) -> Value {
        let words = json!({ "type": "array", "items": { "type": "string" } });
        // Alternatives that exclude each other: many generators make nothing of a list of types.
        json!({ "oneOf": [{ "type": "string" }, words, ExternalIdBody::schema(schemas)] })
    }
}
