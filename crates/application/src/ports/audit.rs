//! The storage of the audit. Every write that deletes or changes a key adds its entry, in its
//! [`Commit`](super::Commit).

use async_trait::async_trait;
use conversations_domain::{AuditEntry, WorkspaceId};

use super::RepositoryError;
use crate::{PageSlice, PageWindow};

/// Reads the audit of a workspace.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditRepository: Send + Sync {
    /// A window of the audit, newest first, and how many entries there are.
    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<AuditEntry>, RepositoryError>;
}
