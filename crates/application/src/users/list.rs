//! Listing users.

use conversations_domain::User;

use super::UserService;
use crate::page::ListScope;
use crate::read_model::UserFilter;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl UserService {
    /// A page of the users that the filter allows, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<User>, Error> {
        let UserFilter { external_id } = &filter;
        let mut scope = ListScope::of(caller.workspace, "users");
        // Only where it is given: cursors from before there were filters stay valid.
        if let Some(external_id) = external_id {
            scope = scope.with("externalId").with_any_of(external_id.values());
        }
        let resolved = scope.resolve(page)?;
        let found = self.users.list(caller.workspace, filter, resolved.window).await?;
        Ok(resolved.page(found, |user| SortKey::of_id(user.id())))
    }
}
