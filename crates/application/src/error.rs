//! The errors of use cases: exactly those that a caller can act on.

use std::error::Error as StdError;

use conversations_domain::{
    AlreadyAssigned, ChangeRefused, CustomFieldError, CustomerChangeRefused, EmptyProfile,
    EventField, IncompleteConversation, Permission, Permissions, TagsError, UserId,
};

use crate::ports::{DeletionOutcome, FeedEnds, GoneReason, RefusedAddress, RepositoryError};
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
    #[error("the caller cannot grant permissions that it lacks")]
    CannotGrant {
        /// The permissions.
        missing: Permissions,
    },
    /// The command breaks a rule that depends on the stored state or on the clock.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The command would create something, and lacks fields that this needs.
    #[error("required fields are missing")]
    Incomplete(Vec<EventField>),
    /// The command refers to things that do not exist in the workspace, or do not fit.
    #[error("invalid references")]
    InvalidReferences(Vec<InvalidReference>),
    /// The cursor does not belong to the list, with its filter and its order.
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// The feed cannot continue after the cursor.
    #[error("the feed cannot continue after the cursor")]
    CursorGone {
        /// Why.
        reason: GoneReason,
        /// The ends of the stored events.
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
    /// The command conflicts with the current state.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The same request is being carried out.
    #[error("the same request is still running")]
    InProgress,
    /// Another request had the same idempotency key.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Others changed the same thing so often that the command never came through.
    #[error("too many concurrent changes of the same resource")]
    WriteConflict,
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

/// A rule that depends on the stored state or on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nothing in the profile would say who the customer is.
    #[error(transparent)]
    EmptyProfile(#[from] EmptyProfile),
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
    #[error("would search too much")]
    WordsTooBroad,
    /// The fields by which conversations are counted have too many values.
    #[error("has more than {most} values")]
    TooManyCounts {
        /// How many are answered at most.
        most: u32,
    },
    /// The server does not send to the URL of a webhook.
    #[error("the URL {0}")]
    WebhookAddress(RefusedAddress),
    /// There are too many customers to look through for a part of a text.
    #[error("would search too much")]
    TextTooBroad,
}

/// A state that a command contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The conversation already has another customer.
    #[error("the conversation already has another customer")]
    CustomerIsSet,
    /// The conversation is assigned to another user.
    #[error("the conversation is assigned to another user")]
    AlreadyAssigned {
        /// To whom.
        by: UserId,
    },
    /// Another customer or user of the workspace has this e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Something else of the same kind has this external id.
    #[error("the external id is taken")]
    ExternalIdTaken,
    /// Another message has the external id of the message that a conversation is opened with.
    #[error("the external id of the first message is taken")]
    FirstMessageExternalIdTaken,
    /// The workspace has as many webhooks as it may have.
    #[error("the workspace has as many webhooks as it may have")]
    TooManyWebhooks,
    /// As many secrets of a webhook as allowed sign at the same time.
    #[error("as many secrets as allowed sign at the same time")]
    TooManySecrets,
    /// The event of a delivery is no longer stored.
    #[error("the event is no longer stored")]
    EventExpired,
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
    /// The user whom a key speaks for.
    KeyUser,
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

impl From<IncompleteConversation> for Error {
    fn from(refused: IncompleteConversation) -> Self {
        match refused {
            IncompleteConversation::Missing(fields) => {
                Self::Incomplete(fields.into_iter().map(EventField::from).collect())
            }
            IncompleteConversation::Labels(error) => Invalid::Labels(error).into(),
        }
    }
}

impl From<AlreadyAssigned> for Error {
    fn from(AlreadyAssigned { by }: AlreadyAssigned) -> Self {
        Conflict::AlreadyAssigned { by }.into()
    }
}

impl From<CustomerChangeRefused> for Error {
    fn from(refused: CustomerChangeRefused) -> Self {
        Self::Invalid(match refused {
            CustomerChangeRefused::EmptyProfile(refused) => refused.into(),
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
            RepositoryError::Stale => Self::WriteConflict,
            RepositoryError::Repeated => Self::InProgress,
            RepositoryError::Unavailable(source) => Self::Unavailable(source),
            RepositoryError::StorageFull => Self::StorageFull,
            RepositoryError::PageTooLarge(refused) => Self::PageTooLarge(refused),
            RepositoryError::BudgetExhausted(refused) => Self::BudgetExhausted(refused),
            RepositoryError::ExternalIdTaken(_) => Conflict::ExternalIdTaken.into(),
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

impl DeletionOutcome {
    /// What a deletion answers, by what became of it.
    pub(crate) fn into_result(self) -> Result<(), Error> {
        match self {
            Self::Done => Ok(()),
            Self::Absent => Err(Error::NotFound),
            Self::InUse { conversations } => Err(Conflict::InUse { conversations }.into()),
        }
    }
}
