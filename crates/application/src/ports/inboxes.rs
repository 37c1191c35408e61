//! The storage of inboxes.

use async_trait::async_trait;
use conversations_domain::{Inbox, InboxId, WorkspaceId};

use super::{Commit, Deletion, DeletionOutcome, OptionalResponse, RepositoryError, Updated};
use crate::{PageSlice, PageWindow};

/// Stores inboxes.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait InboxRepository: Send + Sync {
    /// The inbox with this id.
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: InboxId,
    ) -> Result<Option<Inbox>, RepositoryError>;

    /// A window of the inboxes, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<Inbox>, RepositoryError>;

    /// Stores a new inbox.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Inbox, OptionalResponse>,
    ) -> Result<(), RepositoryError>;

    /// Stores a changed inbox.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when another version is stored.
    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<Inbox>>,
    ) -> Result<(), RepositoryError>;

    /// Deletes an inbox to which no conversation refers. What is not deleted is not audited.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when a conversation began to refer to it meanwhile, or it is in
    /// another version than it must be.
    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<InboxId>>,
    ) -> Result<DeletionOutcome, RepositoryError>;
}
