//! Making inboxes.

use conversations_domain::{Inbox, InboxId, NewInbox};

use super::InboxService;
use crate::ports::Commit;
use crate::retry::until_settled;
use crate::{Caller, Error, Remember};

impl InboxService {
    /// Makes a new inbox in the caller's workspace.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewInbox,
        remember: Remember<Inbox>,
    ) -> Result<Inbox, Error> {
        until_settled(async || self.try_create(caller, new.clone(), remember.clone()).await).await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        new: NewInbox,
        remember: Remember<Inbox>,
    ) -> Result<Inbox, Error> {
        let moment = self.moments.begin();
        let inbox = Inbox::new(InboxId::from_uuid(moment.next_id()), new);
        let reply = remember.known(moment.now(), &inbox)?;
        let commit = Commit { reply, ..Commit::of(caller.origin(&moment), inbox.clone()) };
        self.inboxes.create(caller.workspace, commit).await?;
        Ok(inbox)
    }
}
