//! The errors of repositories. Absence is an `Option`, never an error.

use std::error::Error as StdError;

use crate::PageTooLarge;
use crate::reply_budget::BudgetExhausted;

/// What has external ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalIdOwner {
    /// A customer.
    Customer,
    /// A user.
    User,
    /// A conversation.
    Conversation,
    /// A message.
    Message,
}

/// Why a repository did not do what it was asked for. Nothing was written; only with `Unavailable` and
/// `Backend` the outcome is unknown, because a storage may fail while it commits.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// What the write was based on has changed: another version, or something that it refers to
    /// is gone. Loading again tells what.
    #[error("the data changed since it was read")]
    Stale,
    /// Something that must be unique is there already.
    #[error("a unique value already exists")]
    Duplicate,
    /// Something else of this kind has the external id.
    #[error("the external id already exists")]
    ExternalIdTaken(ExternalIdOwner),
    /// The write's request was carried out before, or is being carried out: its reply is kept, or
    /// will be.
    #[error("the idempotency key was used before")]
    Repeated,
    /// A search would have to look at more than it may. Whether it does depends on what is asked and
    /// stored, and on nothing else.
    #[error("the search would read too much")]
    TooBroad,
    /// The storage cannot answer now; later it may.
    #[error("the storage is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The storage is full.
    #[error("the storage is full")]
    StorageFull,
    /// The window of a list that was asked for is larger than a page may be.
    #[error(transparent)]
    PageTooLarge(#[from] PageTooLarge),
    /// There is no room for what was to be read.
    #[error(transparent)]
    BudgetExhausted(#[from] BudgetExhausted),
    /// What is stored cannot be read as what it should be.
    #[error("{table}.{column} has an invalid value: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it; not the content.
        reason: String,
    },
    /// Anything else: a defect.
    #[error("the storage failed")]
    Backend(#[source] Box<dyn StdError + Send + Sync>),
}
