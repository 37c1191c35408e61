//! Listing users.

use conversations_domain::User;

use super::UserService;
use crate::{Caller, Error, Page, PageRequest};

impl UserService {
    /// A page of the workspace's users, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<User>, Error> {
        Ok(self.users.list(caller.workspace, page).await?)
    }
}
