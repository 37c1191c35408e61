//! A webhook as it is shown.

use conversations_domain::{Delivery, EventCursor, ReceiverHealth, Webhook, WebhookStatus};

/// A webhook with its deliveries' progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDetails {
    /// The webhook.
    pub webhook: Webhook,
    /// The position in the feed up to which first attempts were made.
    pub position: EventCursor,
    /// The health of its receiver.
    pub health: ReceiverHealth,
    /// The number of numbered events after the position, of all types.
    pub behind: u64,
}

impl WebhookDetails {
    /// Whether the webhook delivers.
    #[must_use]
    pub fn status(&self) -> WebhookStatus {
        self.health.status(self.webhook.parts().is_active)
    }

    /// A delivery of it as it is shown: with the time at which it is in fact attempted next.
    #[must_use]
    pub fn shown(&self, delivery: Delivery) -> Delivery {
        let is_active = self.webhook.parts().is_active;
        let scheduled = delivery.next_attempt_at;
        let next_attempt_at = scheduled.and_then(|at| self.health.next_attempt(is_active, at));
        Delivery { next_attempt_at, ..delivery }
    }
}
