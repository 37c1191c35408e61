//! Importing records into a workspace.

use async_trait::async_trait;
use conversations_domain::{Origin, Workspace, WorkspaceRecord};

use super::{RepositoryError, TransferStopped};

/// Gives the records of an import. It may block: it is called where no request waits for the thread.
pub trait RecordSource: Send + 'static {
    /// The next record; `None` after the last one.
    ///
    /// # Errors
    /// When there is no valid record where one should be.
    fn next(&mut self) -> Result<Option<WorkspaceRecord>, TransferStopped>;
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// All records are stored.
    Imported,
    /// The workspace has customers, users or conversations. Nothing was stored.
    NotEmpty,
}

/// Fills empty workspaces with records. Operators use it, beside a running server too.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ImportRepository: Send + Sync {
    /// Stores all records in the workspace of this name, which is created with this id if there is none:
    /// all of them or nothing. They are counted and found as any others. One event tells readers of the
    /// feed to read all resources again.
    ///
    /// # Errors
    /// [`RepositoryError::Backend`] with [`TransferStopped`] when the source has no valid record;
    /// [`RepositoryError::Duplicate`] when something that must be unique is not;
    /// [`RepositoryError::Stale`] when a record refers to what is not in the workspace.
    async fn import(
        &self,
        workspace: Workspace,
        source: Box<dyn RecordSource>,
        origin: Origin,
    ) -> Result<ImportOutcome, RepositoryError>;
}
