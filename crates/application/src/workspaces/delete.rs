//! Erasing a workspace.

use conversations_domain::Name;

use super::WorkspaceService;
use crate::Error;

impl WorkspaceService {
    /// Erases the workspace of this name with all it has, for good.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no workspace of this name.
    pub async fn delete(&self, name: Name) -> Result<(), Error> {
        let workspace = self.workspaces.find_by_name(name).await?.ok_or(Error::NotFound)?;
        if self.workspaces.erase(workspace.id).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}
