//! The storage of inboxes.

use async_trait::async_trait;
use conversations_domain::{Inbox, InboxId, WorkspaceId};

use super::{Commit, RepositoryError};
use crate::{Page, PageRequest};

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

    /// A page of the inboxes, newest first, and how many there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Inbox>, RepositoryError>;

    /// Stores a new inbox.
    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Inbox>,
    ) -> Result<(), RepositoryError>;
}
