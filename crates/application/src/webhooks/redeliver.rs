//! Sending an event again.

use conversations_domain::{Delivery, WebhookDeliveryId, WebhookId};
use uuid::Uuid;

use super::WebhookService;
use crate::ports::DeliveryChange;
use crate::read_model::{EventDetails, WebhookDetails};
use crate::retry::retry_on_conflict;
use crate::{Caller, Conflict, Error, ResponseRecorder, ResponseSubjects};

/// A delivery whose event was sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelivered {
    /// Its webhook.
    pub webhook: WebhookId,
    /// The delivery, with this attempt.
    pub delivery: Delivery,
}

impl ResponseSubjects for Redelivered {
    fn subjects(&self) -> Vec<Uuid> {
        let Self { webhook, delivery: _ } = self;
        vec![webhook.as_uuid()]
    }
}

impl WebhookService {
    /// Sends the event of a delivery again, also if the webhook is switched off, and returns the delivery
    /// with this attempt. A scheduled retry stays, unless the attempt succeeds. The reply is kept when the
    /// attempt is over: the same request meanwhile sends the event too, with the same id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such webhook, or it no such delivery;
    /// [`Error::Conflict`] when the event is no longer stored.
    pub async fn redeliver(
        &self,
        caller: &Caller,
        id: WebhookId,
        delivery: WebhookDeliveryId,
        recorder: ResponseRecorder<Redelivered>,
    ) -> Result<Redelivered, Error> {
        let details = self.get(caller, id).await?;
        let found = self.find_delivery(caller, id, delivery).await?;
        let event = self.event_of(caller, &details, &found).await?;
        let permissions = &details.webhook.parts().permissions;
        let body = self.ports.renderer.render(&event, permissions);
        let attempt = self.send_now(caller.workspace, &details, (found.event, body)).await?;
        // Meanwhile a scheduled retry may have come.
        retry_on_conflict(async || {
            let loaded = self.find_delivery(caller, id, delivery).await?;
            let mut changed = loaded.clone();
            changed.add_attempt(attempt, loaded.next_attempt_at);
            let shown = details.shown(changed.clone());
            let redelivered = Redelivered { webhook: id, delivery: shown };
            let now = self.contexts.begin().now();
            let response = recorder.clone().with_outcome(now, &redelivered)?;
            let (workspace, change) = (caller.workspace, DeliveryChange { loaded, changed });
            self.ports.deliveries.update(workspace, id, change, response).await?;
            Ok(redelivered)
        })
        .await
    }

    async fn find_delivery(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        id: WebhookDeliveryId,
    ) -> Result<Delivery, Error> {
        let found = self.ports.deliveries.find(caller.workspace, webhook, id).await?;
        found.ok_or(Error::NotFound)
    }

    async fn event_of(
        &self,
        caller: &Caller,
        details: &WebhookDetails,
        delivery: &Delivery,
    ) -> Result<EventDetails, Error> {
        let (workspace, positions) = (caller.workspace, vec![delivery.sequence]);
        let found = self.events.find_for_webhook(workspace, &details.webhook, positions).await?;
        // After a restore another event may have the position.
        let found = found.into_iter().find(|details| details.event.id == delivery.event);
        Ok(found.ok_or(Conflict::EventExpired)?)
    }
}
