//! What can be wanted of a conversation, field by field, and how it comes about.

use crate::history::{Field, FieldChange};
use crate::{CustomerId, InboxId, Priority, Status, Subject, UserId};

/// What is wanted of one field: that it stays, or that it becomes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field becomes this.
    To(T),
}

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
    /// The customer, of a conversation that has none yet.
    pub customer: Change<CustomerId>,
}

/// Why a conversation refuses to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// It already has another customer, and keeps them.
    #[error("the conversation already has another customer")]
    CustomerIsSet,
}

impl<T> Change<T> {
    /// The same wish about a value made from this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::To(value) => Change::To(make(value)),
        }
    }

    /// The value that is wanted, if any.
    pub fn wanted(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }
}

/// Puts what is wanted in place of what is there, and notes it if it is something else.
pub(super) fn replace<T: PartialEq>(
    present: &mut T,
    wanted: Change<T>,
    field: Field,
    changed: &mut Vec<FieldChange>,
    text: impl Fn(&T) -> Option<String>,
) {
    if let Change::To(wanted) = wanted
        && *present != wanted
    {
        changed.push(FieldChange { field, from: text(present), to: text(&wanted) });
        *present = wanted;
    }
}
