//! What happened to a conversation, change by change.

use crate::{Actor, ConversationId, FieldChange, HistoryId};

/// An entry of a conversation's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: HistoryId,
    /// The conversation that changed.
    pub conversation: ConversationId,
    /// What changed.
    pub change: FieldChange,
    /// Who changed it.
    pub by: Actor,
}
