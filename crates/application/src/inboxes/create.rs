//! Creating inboxes.

use conversations_domain::{Inbox, InboxId, NewInbox};

use super::InboxService;
use crate::ports::Commit;
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, ResponseRecorder};

impl InboxService {
    /// Makes a new inbox in the caller's workspace.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewInbox,
        recorder: ResponseRecorder<Inbox>,
    ) -> Result<Inbox, Error> {
        retry_on_conflict(async || self.try_create(caller, new.clone(), recorder.clone()).await)
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        new: NewInbox,
        recorder: ResponseRecorder<Inbox>,
    ) -> Result<Inbox, Error> {
        let context = self.contexts.begin();
        let inbox = Inbox::new(InboxId::from_uuid(context.next_id()), new);
        let response = recorder.with_outcome(context.now(), &inbox)?;
        let commit = Commit { response, ..Commit::of(caller.origin(&context), inbox.clone()) };
        self.inboxes.create(caller.workspace, commit).await?;
        Ok(inbox)
    }
}
