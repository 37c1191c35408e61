//! Listing inboxes.

use conversations_domain::Inbox;

use super::InboxService;
use crate::{Caller, Error, Page, PageRequest};

impl InboxService {
    /// A page of the workspace's inboxes, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Inbox>, Error> {
        Ok(self.inboxes.list(caller.workspace, page).await?)
    }
}
