//! Erasing a workspace.

use conversations_domain::Name;

use super::WorkspaceService;
use crate::Error;
use crate::retry::until_settled;

impl WorkspaceService {
    /// Erases the workspace of this name with all it has, for good.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no workspace of this name.
    pub async fn delete(&self, name: Name) -> Result<(), Error> {
        let workspace = self.workspaces.find_by_name(name).await?.ok_or(Error::NotFound)?;
        // Requests that were under way may still write; they end in a moment.
        let erased = until_settled(async || Ok(self.workspaces.erase(workspace.id).await?)).await?;
        if erased { Ok(()) } else { Err(Error::NotFound) }
    }
}
