//! Exporting a workspace as records.

use async_trait::async_trait;
use conversations_domain::{WorkspaceId, WorkspaceRecord};

use super::RepositoryError;

/// The other side of a transfer cannot go on. It keeps the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the transfer of records was stopped")]
pub struct TransferStopped;

/// Takes the records of an export. It may block: it is called where no request waits for the thread.
pub trait RecordSink: Send + 'static {
    /// Takes the next record.
    ///
    /// # Errors
    /// When no more are wanted.
    fn write(&mut self, record: WorkspaceRecord) -> Result<(), TransferStopped>;
}

/// Reads whole workspaces. Operators use it, beside a running server too.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ExportRepository: Send + Sync {
    /// Writes all records of a workspace as they were at one moment, in the order of
    /// [`WorkspaceRecord`]. What is being erased is none of them.
    ///
    /// # Errors
    /// [`RepositoryError::Backend`] with [`TransferStopped`] when the sink takes no more.
    async fn export(
        &self,
        workspace: WorkspaceId,
        sink: Box<dyn RecordSink>,
    ) -> Result<(), RepositoryError>;
}
