//! What a use case may answer instead of a result: exactly what a caller can act on.

use std::error::Error as StdError;

use conversations_domain::{
    ChangeRefused, CustomFieldError, CustomerChangeRefused, NamesNobody, Permission, Permissions,
    TagsError, Taken, UserId,
};

use crate::ports::{FeedEnds, GoneReason, Removal, RepositoryError};
use crate::reply_budget::BudgetExhausted;
use crate::{InvalidCursor, PageTooLarge};

/// Why a use case did not do what it was asked for. Nothing was written; only with `Unavailable` and
/// `Internal` the outcome is unknown, because a storage may fail while it commits.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the command is about does not exist in the workspace.
    #[error("not found")]
    NotFound,
    /// What was sent needs a permission that the caller does not have.
    #[error("the permission {missing} is missing")]
    Forbidden {
        /// The permission.
        missing: Permission,
    },
    /// The command needs one of these permissions, and the caller has none of them.
    #[error("one of several permissions is missing")]
    ForbiddenAll {
        /// The permissions.
        any_of: Permissions,
    },
    /// The command would grant permissions that the caller does not have.
    #[error("permissions that the caller does not have cannot be granted")]
    CannotGrant {
        /// The permissions.
        missing: Permissions,
    },
    /// The command breaks a rule that shows only against what is there, or against the clock.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The command refers to things that do not exist in the workspace, or do not fit.
    #[error("invalid references")]
    InvalidReferences(Vec<InvalidReference>),
    /// The cursor does not belong to the list, with its filter and its order.
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// The feed does not know the place after which it was to go on.
    #[error("the feed does not know the place")]
    CursorGone {
        /// Why.
        reason: GoneReason,
        /// What it knows.
        ends: FeedEnds,
    },
    /// The page would be larger than a page may be.
    #[error(transparent)]
    PageTooLarge(#[from] PageTooLarge),
    /// There is no room for the reply.
    #[error(transparent)]
    BudgetExhausted(#[from] BudgetExhausted),
    /// What the command is about is not in the state that the caller demands.
    #[error("the precondition does not hold")]
    PreconditionFailed,
    /// The command contradicts what is there.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The same request is being carried out.
    #[error("the same request is being carried out")]
    InProgress,
    /// Another request had the same idempotency key.
    #[error("another request had the same idempotency key")]
    KeyReused,
    /// Others changed the same thing so often that the command never came through.
    #[error("others keep changing the same thing")]
    Contended,
    /// The storage cannot answer now.
    #[error("the storage is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The storage is full.
    #[error("the storage is full")]
    StorageFull,
    /// A defect.
    #[error("a defect")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

/// A rule that shows only against what is there, or against the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nothing in the profile would say who the customer is.
    #[error(transparent)]
    NamesNobody(#[from] NamesNobody),
    /// A conversation would have labels that it cannot have.
    #[error("labels {0}")]
    Labels(TagsError),
    /// A customer would have tags that they cannot have.
    #[error("tags {0}")]
    Tags(TagsError),
    /// A customer would have custom fields that they cannot have.
    #[error("custom fields {0}")]
    CustomFields(CustomFieldError),
    /// A key would end before it begins.
    #[error("must be in the future")]
    EndIsPast,
    /// Too many texts have the words that are looked for in conversations.
    #[error("finds too much to look through")]
    WordsTooBroad,
    /// There are too many customers to look through for a part of a text.
    #[error("finds too much to look through")]
    TextTooBroad,
}

/// A state that a command contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The conversation already has another customer.
    #[error("the conversation already has another customer")]
    CustomerIsSet,
    /// The conversation is assigned to somebody else.
    #[error("the conversation is assigned to somebody else")]
    Taken {
        /// To whom.
        by: UserId,
    },
    /// Another customer or user of the workspace has this e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Conversations refer to what was to be deleted.
    #[error("{conversations} conversations refer to it")]
    InUse {
        /// How many.
        conversations: u64,
    },
}

/// A reference of a command that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidReference {
    /// Which one.
    pub reference: Reference,
    /// What is wrong with it.
    pub problem: ReferenceProblem,
}

/// The places of a command that refer to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// The inbox of a conversation.
    Inbox,
    /// The customer of a conversation.
    Customer,
    /// The user whom a conversation is assigned to.
    Assignee,
    /// The author of a message.
    Author,
    /// The author of the message that a conversation is opened with.
    FirstMessageAuthor,
}

/// What is wrong with a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceProblem {
    /// Nothing in the workspace has this id.
    Unknown,
    /// A customer who writes must be the conversation's own.
    NotTheCustomer,
}

impl Error {
    /// The error that names one reference.
    pub(crate) fn invalid(reference: Reference, problem: ReferenceProblem) -> Self {
        Self::InvalidReferences(vec![InvalidReference { reference, problem }])
    }
}

impl From<ChangeRefused> for Error {
    fn from(refused: ChangeRefused) -> Self {
        match refused {
            ChangeRefused::CustomerIsSet => Conflict::CustomerIsSet.into(),
            ChangeRefused::Labels(error) => Invalid::Labels(error).into(),
        }
    }
}

impl From<Taken> for Error {
    fn from(Taken { by }: Taken) -> Self {
        Conflict::Taken { by }.into()
    }
}

impl From<CustomerChangeRefused> for Error {
    fn from(refused: CustomerChangeRefused) -> Self {
        Self::Invalid(match refused {
            CustomerChangeRefused::NamesNobody(refused) => refused.into(),
            CustomerChangeRefused::Tags(error) => Invalid::Tags(error),
            CustomerChangeRefused::CustomFields(error) => Invalid::CustomFields(error),
        })
    }
}

impl From<RepositoryError> for Error {
    /// A duplicate is a defect here, and so is a search that is too broad: use cases that can cause one
    /// say what it means before.
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Contended,
            RepositoryError::Repeated => Self::InProgress,
            RepositoryError::Unavailable(source) => Self::Unavailable(source),
            RepositoryError::StorageFull => Self::StorageFull,
            RepositoryError::PageTooLarge(refused) => Self::PageTooLarge(refused),
            RepositoryError::BudgetExhausted(refused) => Self::BudgetExhausted(refused),
            RepositoryError::Duplicate
            | RepositoryError::TooBroad
            | RepositoryError::Corrupt { .. }
            | RepositoryError::Backend(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl Error {
    /// Why a search failed, and what it is when it was too broad.
    pub(crate) fn of_search(error: RepositoryError, too_broad: Invalid) -> Self {
        match error {
            RepositoryError::TooBroad => too_broad.into(),
            error => error.into(),
        }
    }
}

impl Removal {
    /// What a deletion answers, by what became of it.
    pub(crate) fn into_result(self) -> Result<(), Error> {
        match self {
            Self::Done => Ok(()),
            Self::Absent => Err(Error::NotFound),
            Self::InUse { conversations } => Err(Conflict::InUse { conversations }.into()),
        }
    }
}
