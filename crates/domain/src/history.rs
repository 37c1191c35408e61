//! What happened to a conversation, change by change.

use crate::vocabulary::vocabulary;
use crate::{Actor, ConversationId, HistoryId, Status};

vocabulary! {
    /// The fields of a conversation whose changes are kept, by the names that callers know.
    Field {
        Subject = "subject",
        Status = "status",
        Priority = "priority",
        Inbox = "inboxId",
        Assignee = "assignedTo",
        Customer = "customerId",
    }
}

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which field.
    pub field: Field,
    /// What it was; `None` when it was empty.
    pub from: Option<String>,
    /// What it became; `None` when it was cleared.
    pub to: Option<String>,
}

/// An entry of a conversation's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its name, which carries the time of the change.
    pub id: HistoryId,
    /// The conversation that changed.
    pub conversation: ConversationId,
    /// What changed.
    pub change: FieldChange,
    /// Who changed it.
    pub by: Actor,
}

impl FieldChange {
    /// The change of a status.
    #[must_use]
    pub fn of_status(from: Status, to: Status) -> Self {
        Self {
            field: Field::Status,
            from: Some(from.as_str().to_owned()),
            to: Some(to.as_str().to_owned()),
        }
    }
}
