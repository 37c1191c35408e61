//! Listing users.

use conversations_domain::User;

use super::UserService;
use crate::page::Scope;
use crate::{Anchor, Caller, Error, Page, PageRequest};

impl UserService {
    /// A page of the workspace's users, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<User>, Error> {
        let asked = Scope::of(caller.workspace, "users").asked(page)?;
        let found = self.users.list(caller.workspace, asked.window).await?;
        Ok(asked.page(found, |user| Anchor::of_id(user.id())))
    }
}
