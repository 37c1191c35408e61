//! One attempt of one delivery.

use std::sync::Arc;

use conversations_domain::{
    Delivery, DeliveryAttempt, DeliveryStatus, SigningSecrets, Timestamp, Webhook,
    WebhookDeliveryId, WorkspaceId,
};

use super::DeliveryService;
use super::first_attempts::Upcoming;
use crate::Error;
use crate::ports::{WebhookAttempt, WebhookRequest};
use crate::read_model::EventDetails;

/// The webhook of an attempt.
pub(super) struct Receiver {
    pub(super) workspace: WorkspaceId,
    pub(super) webhook: Webhook,
    pub(super) secrets: SigningSecrets,
}

/// Which of a webhook's attempts it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first one of an event.
    First,
    /// The first one, which finds out whether the receiver works again.
    Probe,
    /// A retry.
    Retry,
}

/// An attempt that is over.
pub(super) struct Finished {
    pub(super) kind: Kind,
    pub(super) delivery: Delivery,
    pub(super) result: Result<Outcome, Error>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// A request was sent, or could not be.
    Sent(WebhookAttempt, DeliveryAttempt),
    /// The event is no longer stored.
    Expired,
    /// The server stops.
    NotStarted,
}

impl DeliveryService {
    /// A delivery without attempts.
    pub(super) fn new_delivery(&self, upcoming: Upcoming) -> Delivery {
        let Upcoming { cursor, id, kind } = upcoming;
        Delivery {
            id: WebhookDeliveryId::from_uuid(self.next_id()),
            event: id,
            sequence: cursor.sequence(),
            kind,
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            next_attempt_at: None,
        }
    }

    /// Makes an attempt, as soon as it is this webhook's turn.
    pub(super) async fn attempt(
        self,
        receiver: Arc<Receiver>,
        kind: Kind,
        delivery: Delivery,
    ) -> Finished {
        let result = self.try_attempt(&receiver, &delivery).await;
        Finished { kind, delivery, result }
    }

    async fn try_attempt(
        &self,
        receiver: &Receiver,
        delivery: &Delivery,
    ) -> Result<Outcome, Error> {
        let Receiver { workspace, webhook, .. } = receiver;
        let _turn = self.turns.take(webhook.id()).await;
        if self.is_stopping() {
            return Ok(Outcome::NotStarted);
        }
        // Not before, so that it contains nothing that was deleted meanwhile.
        let found =
            self.events.find_for_webhook(*workspace, webhook, vec![delivery.sequence]).await?;
        let of_it = |found: &EventDetails| found.event.id == delivery.event;
        let Some(event) = found.into_iter().find(of_it) else { return Ok(Outcome::Expired) };
        let (sent, attempt) = self.send(receiver, &event).await?;
        Ok(Outcome::Sent(sent, attempt))
    }

    /// Sends an event.
    pub(super) async fn send(
        &self,
        receiver: &Receiver,
        event: &EventDetails,
    ) -> Result<(WebhookAttempt, DeliveryAttempt), Error> {
        let webhook = receiver.webhook.parts();
        let body = self.renderer.render(event, &webhook.permissions);
        let body = body.map_err(Error::Internal)?;
        let at = self.clock.now();
        let request = WebhookRequest {
            url: webhook.url.clone(),
            headers: webhook.headers.clone(),
            secrets: receiver.secrets.valid(at).cloned().collect(),
            id: event.event.id,
            timestamp: at,
            body,
        };
        let sent = self.sender.send(request).await;
        self.counters.count(&sent);
        Ok((sent, logged(at, sent)))
    }
}

/// An attempt as it is stored.
fn logged(at: Timestamp, sent: WebhookAttempt) -> DeliveryAttempt {
    let WebhookAttempt { duration, status_code, error, retry_after: _ } = sent;
    DeliveryAttempt { at, duration, status_code, error }
}
