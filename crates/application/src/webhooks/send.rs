//! Sending one request now, outside of the schedule.

use conversations_domain::{DeliveryAttempt, EventId, WebhookId, WorkspaceId};
use uuid::Uuid;

use super::WebhookService;
use crate::ports::{RenderError, RepositoryError, WebhookAttempt, WebhookRequest};
use crate::read_model::WebhookDetails;
use crate::{Caller, Error, ResponseRecorder, ResponseSubjects};

/// A webhook that a test was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The webhook.
    pub webhook: WebhookId,
    /// The attempt.
    pub attempt: DeliveryAttempt,
}

impl ResponseSubjects for Tested {
    fn subjects(&self) -> Vec<Uuid> {
        let Self { webhook, attempt: _ } = self;
        vec![webhook.as_uuid()]
    }
}

impl WebhookService {
    /// Sends a `webhook.test` to the receiver of a webhook, also if the webhook is switched off, and
    /// returns the attempt, whether or not it succeeded. It changes nothing. The reply is kept when the
    /// attempt is over: the same request meanwhile sends a test too.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such webhook.
    pub async fn test(
        &self,
        caller: &Caller,
        id: WebhookId,
        recorder: ResponseRecorder<Tested>,
    ) -> Result<Tested, Error> {
        let details = self.get(caller, id).await?;
        let event = EventId::from_uuid(self.contexts.begin().next_id());
        let body = self.ports.renderer.render_test(event, &details.webhook);
        let attempt = self.send_now(caller.workspace, &details, (event, body)).await?;
        let tested = Tested { webhook: id, attempt };
        if let Some(response) = recorder.with_outcome(self.contexts.begin().now(), &tested)? {
            let stored = self.ports.webhooks.store_response(caller.workspace, id, response).await;
            match stored {
                // It was deleted meanwhile, and nothing of it is to be kept.
                Err(RepositoryError::Stale) => return Err(Error::NotFound),
                stored => stored?,
            }
        }
        Ok(tested)
    }

    /// Sends a body to the receiver of a webhook.
    pub(super) async fn send_now(
        &self,
        workspace: WorkspaceId,
        details: &WebhookDetails,
        (id, body): (EventId, Result<Vec<u8>, RenderError>),
    ) -> Result<DeliveryAttempt, Error> {
        let body = body.map_err(Error::Internal)?;
        let webhook = details.webhook.parts();
        let secrets = self.ports.webhooks.secrets(workspace, webhook.id).await?;
        let (secrets, now) = (secrets.ok_or(Error::NotFound)?, self.contexts.begin().now());
        let request = WebhookRequest {
            url: webhook.url.clone(),
            headers: webhook.headers.clone(),
            secrets: secrets.valid(now).cloned().collect(),
            id,
            timestamp: now,
            body,
        };
        let attempt = self.ports.sender.send(request).await;
        let WebhookAttempt { duration, status_code, error, retry_after: _ } = attempt;
        Ok(DeliveryAttempt { at: now, duration, status_code, error })
    }
}
