//! Giving webhooks a new secret.

use std::time::Duration;

use conversations_domain::{AuditAction, WebhookId};

use super::update::Rewrite;
use super::{WebhookService, WebhookWithSecret, new_secret};
use crate::retry::retry_on_conflict;
use crate::{Caller, Conflict, Error, ResponseRecorder};

/// Which webhook gets a new secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateWebhookSecret {
    /// Which one.
    pub id: WebhookId,
    /// How long the former secrets sign beside the new one.
    pub overlap: Duration,
}

impl WebhookService {
    /// Gives a webhook a new secret. The former ones sign as well until the overlap ends.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when too many secrets would sign at the same time.
    pub async fn rotate_secret(
        &self,
        caller: &Caller,
        command: RotateWebhookSecret,
        recorder: ResponseRecorder<WebhookWithSecret>,
    ) -> Result<WebhookWithSecret, Error> {
        retry_on_conflict(async || self.try_rotate(caller, command, recorder.clone()).await).await
    }

    async fn try_rotate(
        &self,
        caller: &Caller,
        RotateWebhookSecret { id, overlap }: RotateWebhookSecret,
        recorder: ResponseRecorder<WebhookWithSecret>,
    ) -> Result<WebhookWithSecret, Error> {
        let context = self.contexts.begin();
        let mut details = self.get(caller, id).await?;
        let secrets = self.ports.webhooks.secrets(caller.workspace, id).await?;
        let secret = new_secret()?;
        let secrets = secrets.ok_or(Error::NotFound)?;
        let secrets = secrets
            .rotate(secret.clone(), context.now(), overlap)
            .map_err(|_| Conflict::TooManySecrets)?;
        let loaded = details.webhook.version();
        details.webhook.touch(context.now());
        let rotated = WebhookWithSecret { details, secret };
        let rewrite = Rewrite {
            loaded,
            secrets: Some(secrets),
            is_moved: false,
            restarts: false,
            audit: vec![caller.audit(&context, AuditAction::WebhookSecretRotated, id, None)],
        };
        let response = recorder.with_outcome(context.now(), &rotated)?;
        self.rewrite(caller, &context, (&rotated.details, rewrite), response).await?;
        Ok(rotated)
    }
}
