//! The storage of deletions that take several transactions.

use async_trait::async_trait;
use conversations_domain::{EventId, Timestamp, WorkspaceId};
use uuid::Uuid;

use super::RepositoryError;

/// What a pending deletion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureKind {
    /// A conversation.
    Conversation,
    /// A customer, with every conversation with them.
    Customer,
    /// A user, who is unassigned from their conversations.
    User,
    /// A workspace with all it has.
    Workspace,
}

impl ErasureKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Conversation, Self::Customer, Self::User, Self::Workspace];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Customer => "customer",
            Self::User => "user",
            Self::Workspace => "workspace",
        }
    }

    /// What this word stands for.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A deletion that is not over: its target is invisible already, and some of it is still stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingErasure {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The id of what goes.
    pub target: Uuid,
    /// What that is.
    pub kind: ErasureKind,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// How far a deletion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureProgress {
    /// Some of it is still stored.
    Pending,
    /// All of it is gone, or there was nothing to do.
    Complete,
}

/// Carries out the deletions that are larger than one short transaction. A repository that is asked
/// to delete something makes it invisible, with its audit, in one transaction. What is left it notes
/// as pending.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ErasureRepository: Send + Sync {
    /// Every pending deletion, oldest first.
    async fn pending(&self) -> Result<Vec<PendingErasure>, RepositoryError>;

    /// Does the next short step of a deletion, in a transaction of its own, and leaves room for the
    /// writes of others afterwards. Several processes may do so at once: each step is done by one of
    /// them. Its events have ids that start with this one.
    ///
    /// # Errors
    /// When the step could not be done; then nothing of it was, and it can be tried again.
    async fn step(
        &self,
        workspace: WorkspaceId,
        target: Uuid,
        first: EventId,
    ) -> Result<ErasureProgress, RepositoryError>;
}
