//! Erasing a workspace.

use conversations_domain::{Name, WorkspaceId};

use super::WorkspaceService;
use crate::Error;

impl WorkspaceService {
    /// Permanently erases the workspace of this name, and returns its id: no caller can reach it
    /// any longer. What it had is a pending deletion then, which
    /// [`carry_out`](crate::erasures::ErasureService::carry_out) finishes.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no workspace of this name.
    pub async fn delete(&self, name: Name) -> Result<WorkspaceId, Error> {
        let workspace = self.workspaces.find_by_name(name).await?.ok_or(Error::NotFound)?.id;
        let now = self.contexts.begin().now();
        let erased = self.workspaces.erase(workspace, now).await?;
        if erased { Ok(workspace) } else { Err(Error::NotFound) }
    }
}
