//! What happened to a conversation, change by change.

use crate::vocabulary::vocabulary;
use crate::{Actor, ConversationId, HistoryId, Status, Tags};

vocabulary! {
    /// The fields of a conversation whose changes are kept, by the names that callers know.
    Field {
        Subject = "subject",
        Status = "status",
        Priority = "priority",
        Inbox = "inboxId",
        Assignee = "assignedTo",
        Labels = "labels",
        Customer = "customerId",
    }
}

/// The value of a field, as callers see it in the field itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// A word, a text or an id.
    Text(String),
    /// A list of words.
    List(Vec<String>),
}

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which field.
    pub field: Field,
    /// What it was; `None` when it was empty.
    pub from: Option<FieldValue>,
    /// What it became; `None` when it was cleared.
    pub to: Option<FieldValue>,
}

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

impl FieldChange {
    /// The change of a status.
    #[must_use]
    pub fn of_status(from: Status, to: Status) -> Self {
        Self {
            field: Field::Status,
            from: Some(from.as_str().into()),
            to: Some(to.as_str().into()),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&Tags> for FieldValue {
    fn from(tags: &Tags) -> Self {
        Self::List(tags.iter().map(str::to_owned).collect())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FieldValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(words) => serializer.collect_seq(words),
        }
    }
}
