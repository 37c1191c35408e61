//! Listing users.

use conversations_domain::User;

use super::UserService;
use crate::page::ListScope;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl UserService {
    /// A page of the workspace's users, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<User>, Error> {
        let resolved = ListScope::of(caller.workspace, "users").resolve(page)?;
        let found = self.users.list(caller.workspace, resolved.window).await?;
        Ok(resolved.page(found, |user| SortKey::of_id(user.id())))
    }
}
