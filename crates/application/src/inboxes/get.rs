//! Reading one inbox.

use conversations_domain::{Inbox, InboxId};

use super::InboxService;
use crate::{Caller, Error};

impl InboxService {
    /// The inbox with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such inbox.
    pub async fn get(&self, caller: &Caller, id: InboxId) -> Result<Inbox, Error> {
        self.inboxes.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}
