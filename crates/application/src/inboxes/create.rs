//! Making inboxes.

use conversations_domain::{Inbox, InboxId, NewInbox};

use super::InboxService;
use crate::ports::Commit;
use crate::{Caller, Error};

impl InboxService {
    /// Makes a new inbox in the caller's workspace.
    pub async fn create(&self, caller: &Caller, new: NewInbox) -> Result<Inbox, Error> {
        let moment = self.moments.begin();
        let inbox = Inbox::new(InboxId::from_uuid(moment.next_id()), new);

        self.inboxes.create(caller.workspace, Commit::of(inbox.clone())).await?;
        Ok(inbox)
    }
}
