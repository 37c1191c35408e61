//! Finding a workspace by name, or making it.

use conversations_domain::{Name, Workspace, WorkspaceId};

use super::WorkspaceService;
use crate::Error;
use crate::ports::RepositoryError;
use crate::retry::until_settled;

impl WorkspaceService {
    /// The workspace of this name, made if it is not there.
    pub async fn ensure(&self, name: Name) -> Result<Workspace, Error> {
        until_settled(async || self.try_ensure(name.clone()).await).await
    }

    async fn try_ensure(&self, name: Name) -> Result<Workspace, Error> {
        if let Some(workspace) = self.workspaces.find_by_name(name.clone()).await? {
            return Ok(workspace);
        }
        let id = WorkspaceId::from_uuid(self.moments.begin().next_id());
        let workspace = Workspace { id, name };
        match self.workspaces.create(workspace.clone()).await {
            Ok(()) => Ok(workspace),
            // Somebody else made it meanwhile: the next attempt finds it.
            Err(RepositoryError::Duplicate) => Err(Error::Contended),
            Err(error) => Err(error.into()),
        }
    }
}
