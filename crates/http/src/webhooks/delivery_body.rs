//! A delivery and its attempts as callers see them.

use std::time::Duration;

use conversations_domain::{
    Delivery, DeliveryAttempt, DeliveryError, DeliveryStatus, EventId, EventType, Sequence,
    Timestamp, WebhookDeliveryId,
};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::ResponseBody;

response_body! {
    /// The sending of one event to a webhook. Neither what was sent nor what came back is stored.
    #[body(name = "Delivery")]
    pub(crate) struct DeliveryBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: WebhookDeliveryId,
        /// The event.
        event_id: EventId,
        /// The position of the event in the feed.
        sequence: u64,
        /// The type of the event.
        #[serde(rename = "type")]
        kind: EventType,
        /// The state.
        status: DeliveryStatus,
        /// The attempts, oldest first.
        attempts: Vec<AttemptBody>,
        /// When it is attempted next; null unless it is pending, and while the webhook is paused or
        /// disabled.
        next_attempt_at: Option<Timestamp>,
    }
}

response_body! {
    /// One attempt to send a delivery.
    #[body(name = "Attempt")]
    pub(crate) struct AttemptBody {
        /// When it began.
        at: Timestamp,
        /// How many milliseconds it took.
        duration: u64,
        /// The status of the reply; null if there was none.
        status_code: Option<u64>,
        /// Why it failed; null if it succeeded.
        error: Option<DeliveryError>,
    }
}

identified!(DeliveryBody);

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, event, sequence, kind, status, attempts, next_attempt_at } = delivery;
        Self {
            id,
            event_id: event,
            sequence: sequence.number(),
            kind,
            status,
            attempts: attempts.into_iter().map(Into::into).collect(),
            next_attempt_at,
        }
    }
}

impl From<DeliveryAttempt> for AttemptBody {
    fn from(attempt: DeliveryAttempt) -> Self {
        let DeliveryAttempt { at, duration, status_code, error } = attempt;
        let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { at, duration, status_code: status_code.map(u64::from), error }
    }
}

impl ResponseBody for DeliveryBody {
    const HAS_ETAG: bool = false;

    fn example() -> Option<Self> {
        let delivery = Delivery {
            id: WebhookDeliveryId::parse(examples::DELIVERY).ok()?,
            event: EventId::parse(examples::MESSAGE).ok()?,
            sequence: Sequence::new(1042),
            kind: EventType::ConversationClosed,
            status: DeliveryStatus::Success,
            attempts: vec![example_attempt()?],
            next_attempt_at: None,
        };
        Some(delivery.into())
    }
}

impl ResponseBody for AttemptBody {
    const HAS_ETAG: bool = false;

    fn example() -> Option<Self> {
        example_attempt().map(Into::into)
    }
}

fn example_attempt() -> Option<DeliveryAttempt> {
    Some(DeliveryAttempt {
        at: examples::time()?,
        duration: Duration::from_millis(84),
        status_code: Some(204),
        error: None,
    })
}
