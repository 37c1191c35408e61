//! A change of a conversation as a line.

use conversations_domain::{
    ConversationId, Field, FieldChange, FieldValue, HistoryEntry, HistoryId, Timestamp,
};

use super::ActorRecord;
use crate::field::Number;
use crate::object::object;

object! {
    /// A change in the history of the conversation before it.
    ChangeRecord as "change" {
        /// Unique id (UUIDv7).
        id: HistoryId = "_id",
        /// The conversation.
        conversation_id: ConversationId = "conversationId",
        /// The revision of the conversation that the change made.
        revision: Number = "revision",
        /// The field that changed.
        field: Field = "field",
        /// The value before.
        from: Option<FieldValue> = "from",
        /// The value after.
        to: Option<FieldValue> = "to",
        /// Who changed it.
        by: ActorRecord = "by",
        /// Time of the change: the time inside the id.
        created_at: Timestamp = "createdAt",
    }
}

impl From<(HistoryEntry, Number)> for ChangeRecord {
    fn from((entry, revision): (HistoryEntry, Number)) -> Self {
        let HistoryEntry { id, conversation, change, by } = entry;
        let FieldChange { field, from, to } = change;
        Self {
            id,
            conversation_id: conversation,
            revision,
            field,
            from,
            to,
            by: by.into(),
            created_at: id.created_at(),
        }
    }
}

impl From<ChangeRecord> for (HistoryEntry, Number) {
    fn from(record: ChangeRecord) -> Self {
        let ChangeRecord {
            id,
            conversation_id: conversation,
            revision,
            field,
            from,
            to,
            by,
            created_at: _,
        } = record;
        let change = FieldChange { field, from, to };
        (HistoryEntry { id, conversation, change, by: by.into() }, revision)
    }
}
