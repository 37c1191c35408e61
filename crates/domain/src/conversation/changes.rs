//! Changes to a conversation, field by field, and how they are applied.

use crate::vocabulary::vocabulary;
use crate::{
    Change, CustomerId, InboxId, Priority, Status, Subject, Tags, TagsChange, TagsError, UserId,
};

/// The changes that one command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Another subject.
    pub subject: Change<Subject>,
    /// Another status; any may follow any.
    pub status: Change<Status>,
    /// Another priority.
    pub priority: Change<Priority>,
    /// Another inbox.
    pub inbox: Change<InboxId>,
    /// Another assignee, or none.
    pub assignee: Change<Option<UserId>>,
    /// Other labels, which replace the present ones, or labels to add and remove.
    pub labels: TagsChange,
    /// The customer, of a conversation that has none yet.
    pub customer: Change<CustomerId>,
}

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

/// Why a conversation refuses to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// It already has another customer, and keeps them.
    #[error("the conversation already has another customer")]
    CustomerIsSet,
    /// It would have labels that it cannot have.
    #[error("labels {0}")]
    Labels(TagsError),
}

/// Why a conversation cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the conversation is assigned to another user")]
pub struct AlreadyAssigned {
    /// The present assignee.
    pub by: UserId,
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

/// Replaces the current value, and notes the change if they differ.
pub(super) fn replace<T: PartialEq>(
    present: &mut T,
    wanted: Change<T>,
    field: Field,
    changed: &mut Vec<FieldChange>,
    value: impl Fn(&T) -> Option<FieldValue>,
) {
    if let Some(before) = wanted.apply(present) {
        changed.push(FieldChange { field, from: value(&before), to: value(present) });
    }
}
