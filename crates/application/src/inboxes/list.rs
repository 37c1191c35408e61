//! Listing inboxes.

use conversations_domain::Inbox;

use super::InboxService;
use crate::page::Scope;
use crate::{Anchor, Caller, Error, Page, PageRequest};

impl InboxService {
    /// A page of the workspace's inboxes, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Inbox>, Error> {
        let asked = Scope::of(caller.workspace, "inboxes").asked(page)?;
        let found = self.inboxes.list(caller.workspace, asked.window).await?;
        Ok(asked.page(found, |inbox| Anchor::of_id(inbox.id())))
    }
}
