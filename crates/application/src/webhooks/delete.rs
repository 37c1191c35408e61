//! Deleting webhooks.

use conversations_domain::{AuditAction, Reason, WebhookId};

use super::WebhookService;
use crate::ports::{Commit, Deletion};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which webhook to delete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteWebhook {
    /// Which one.
    pub id: WebhookId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl WebhookService {
    /// Deletes a webhook with its secrets and its deliveries.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such webhook; [`Error::PreconditionFailed`].
    pub async fn delete(&self, caller: &Caller, command: DeleteWebhook) -> Result<(), Error> {
        retry_on_conflict(async || self.try_delete(caller, command.clone()).await).await
    }

    async fn try_delete(&self, caller: &Caller, command: DeleteWebhook) -> Result<(), Error> {
        let DeleteWebhook { id, reason, precondition } = command;
        let context = self.contexts.begin();
        let audit = vec![caller.audit(&context, AuditAction::WebhookDeleted, id, reason)];
        let present = async { Ok(self.get(caller, id).await?.webhook) };
        let observed =
            precondition.of_settings().compare(present).await?.map(|webhook| webhook.version());
        let commit = Commit {
            write: Deletion { id, observed },
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        self.ports.webhooks.delete(caller.workspace, commit).await?.into_result()
    }
}
