//! The storage of workspaces.

use async_trait::async_trait;
use conversations_domain::{AuditEntry, Inbox, Name, Timestamp, Workspace, WorkspaceId};

use super::{KeyRecord, RepositoryError};

/// The first workspace of an empty database, with what it needs to be of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap {
    /// The workspace.
    pub workspace: Workspace,
    /// An inbox, without which no conversation can be opened.
    pub inbox: Inbox,
    /// A key that may do everything.
    pub key: KeyRecord,
    /// What the audit says of the key.
    pub audit: AuditEntry,
}

/// Stores workspaces. Operators use it; callers of the API never do.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait WorkspaceRepository: Send + Sync {
    /// Founds the first workspace, all of it or nothing; `false` when there is one already, also
    /// when another process founds it at the same time.
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<bool, RepositoryError>;

    /// Stores a new workspace.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when the name is taken.
    async fn create(&self, workspace: Workspace) -> Result<(), RepositoryError>;

    /// Stores a new workspace and its first inbox, both or neither.
    ///
    /// # Errors
    /// [`RepositoryError::Duplicate`] when the name is taken.
    async fn create_with_inbox(
        &self,
        workspace: Workspace,
        inbox: Inbox,
    ) -> Result<(), RepositoryError>;

    /// The workspace of this name.
    async fn find_by_name(&self, name: Name) -> Result<Option<Workspace>, RepositoryError>;

    /// Every workspace, oldest first.
    async fn list(&self) -> Result<Vec<Workspace>, RepositoryError>;

    /// Erases a workspace with all it has; `false` when it is not there. Its name and its keys are
    /// gone then; the rest is noted as [pending](super::ErasureRepository).
    async fn erase(&self, workspace: WorkspaceId, at: Timestamp) -> Result<bool, RepositoryError>;
}
