//! Listing inboxes.

use conversations_domain::Inbox;

use super::InboxService;
use crate::page::ListScope;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl InboxService {
    /// A page of the workspace's inboxes, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Inbox>, Error> {
        let resolved = ListScope::of(caller.workspace, "inboxes").resolve(page)?;
        let found = self.inboxes.list(caller.workspace, resolved.window).await?;
        Ok(resolved.page(found, |inbox| SortKey::of_id(inbox.id())))
    }
}
