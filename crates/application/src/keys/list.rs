//! Listing API keys.

use conversations_domain::{ApiKey, WorkspaceId};

use super::KeyService;
use crate::{Error, Page, PageRequest};

impl KeyService {
    /// A page of the workspace's keys, newest first, with the exact total; never their secrets.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<ApiKey>, Error> {
        Ok(self.keys.list(workspace, page).await?)
    }
}
