//! Changing webhooks.

use conversations_domain::{
    AuditAction, AuditEntry, Change, ReceiverHealth, SigningSecrets, Version, WebhookChanges,
    WebhookId,
};

use super::WebhookService;
use crate::ports::{Commit, OptionalResponse, Updated, WebhookUpdate};
use crate::read_model::WebhookDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, CommandContext, Error, Invalid, Precondition};

/// Changes to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateWebhook {
    /// Which one.
    pub id: WebhookId,
    /// The changes.
    pub changes: WebhookChanges,
    /// The precondition, so that the caller does not change an unseen state.
    pub precondition: Precondition,
}

/// What changes of a webhook besides its settings.
pub(super) struct Rewrite {
    pub(super) loaded: Version,
    pub(super) secrets: Option<SigningSecrets>,
    pub(super) is_moved: bool,
    pub(super) restarts: bool,
    pub(super) audit: Vec<AuditEntry>,
}

impl WebhookService {
    /// Changes a webhook, and returns the result. Switching on a disabled one, and another URL, also start
    /// the health of its receiver anew. Setting a field to its current value changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`]; [`Error::CannotGrant`] when the caller lacks a
    /// permission that the receiver would get; [`Error::Invalid`] when the server does not send to the
    /// URL; [`Error::WriteConflict`] when others keep changing it.
    pub async fn update(
        &self,
        caller: &Caller,
        command: UpdateWebhook,
    ) -> Result<WebhookDetails, Error> {
        retry_on_conflict(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(
        &self,
        caller: &Caller,
        command: UpdateWebhook,
    ) -> Result<WebhookDetails, Error> {
        let UpdateWebhook { id, changes, precondition } = command;
        let context = self.contexts.begin();
        let mut details = self.get(caller, id).await?;
        precondition.of_settings().check(&details.webhook)?;
        let before = details.webhook.clone();
        let enables = changes.is_active == Change::To(true) && details.health.disabled.is_some();
        let changed = details.webhook.change(changes, context.now());
        if !changed && !enables {
            return Ok(details);
        }
        if !changed {
            details.webhook.touch(context.now());
        }
        let is_moved = details.webhook.parts().url != before.parts().url;
        if is_moved {
            let url = &details.webhook.parts().url;
            self.ports.addresses.check(url).map_err(Invalid::WebhookAddress)?;
        }
        caller.require_to_grant(&details.webhook.granted_since(&before))?;
        let restarts = enables || is_moved;
        if restarts {
            // Only its owner enables a disabled one.
            let disabled = if enables { None } else { details.health.disabled };
            details.health = ReceiverHealth { disabled, ..ReceiverHealth::default() };
        }
        let rewrite = Rewrite {
            loaded: before.version(),
            secrets: None,
            is_moved: false,
            restarts,
            audit: vec![caller.audit(&context, AuditAction::WebhookUpdated, id, None)],
        };
        self.rewrite(caller, &context, (&details, rewrite), None).await?;
        Ok(details)
    }

    /// Stores a changed webhook.
    pub(super) async fn rewrite(
        &self,
        caller: &Caller,
        context: &CommandContext<'_>,
        (details, rewrite): (&WebhookDetails, Rewrite),
        response: OptionalResponse,
    ) -> Result<(), Error> {
        let Rewrite { loaded, secrets, is_moved, restarts, audit } = rewrite;
        let WebhookDetails { webhook, position, health, behind: _ } = details;
        let revision = Updated { changed: webhook.clone(), loaded, fields: Vec::new() };
        let commit = Commit {
            write: WebhookUpdate {
                revision,
                secrets,
                position: is_moved.then_some(*position),
                health: restarts.then_some(*health),
            },
            origin: caller.origin(context),
            history: Vec::new(),
            audit,
            response,
        };
        Ok(self.ports.webhooks.update(caller.workspace, commit).await?)
    }
}
