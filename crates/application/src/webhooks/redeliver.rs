//! Sending an event again.

use conversations_domain::{Delivery, WebhookDeliveryId, WebhookId};

use super::WebhookService;
use crate::read_model::EventDetails;
use crate::read_model::WebhookDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, Conflict, Error};

impl WebhookService {
    /// Sends the event of a delivery again, also if the webhook is switched off, and returns the delivery
    /// with this attempt. A scheduled retry stays, unless the attempt succeeds.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such webhook, or it no such delivery;
    /// [`Error::Conflict`] when the event is no longer stored.
    pub async fn redeliver(
        &self,
        caller: &Caller,
        id: WebhookId,
        delivery: WebhookDeliveryId,
    ) -> Result<Delivery, Error> {
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
            let (workspace, stored) = (caller.workspace, changed.clone());
            self.ports.deliveries.update(workspace, id, loaded, stored).await?;
            Ok(changed)
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
