//! Changes to a conversation, field by field, and how they are applied.

use crate::history::{Field, FieldChange, FieldValue};
use crate::{
    Change, CustomerId, InboxId, Priority, Status, Subject, TagsChange, TagsError, UserId,
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
pub struct Taken {
    /// The present assignee.
    pub by: UserId,
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
