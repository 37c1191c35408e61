//! What can be wanted of a conversation, field by field, and how it comes about.

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
    /// Another urgency.
    pub priority: Change<Priority>,
    /// Another inbox.
    pub inbox: Change<InboxId>,
    /// Another assignee, or nobody.
    pub assignee: Change<Option<UserId>>,
    /// Other labels, in place of all that are there, or some more and some less.
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
    /// Who takes care of it already.
    pub by: UserId,
}

/// Puts what is wanted in place of what is there, and notes it if it is something else.
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
