//! Listing workspaces.

use conversations_domain::Workspace;

use super::WorkspaceService;
use crate::Error;

impl WorkspaceService {
    /// Every workspace, oldest first.
    pub async fn list(&self) -> Result<Vec<Workspace>, Error> {
        Ok(self.workspaces.list().await?)
    }
}
