//! What the deliveries of a process come to, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use conversations_domain::DeliveryError;

use crate::ports::{WebhookAttempt, WebhookCounts};

/// Counts attempts, and remembers what the storage counted last.
#[derive(Debug, Default)]
pub(super) struct DeliveryCounters {
    succeeded: AtomicU64,
    failed: [AtomicU64; DeliveryError::ALL.len()],
    webhooks: Mutex<WebhookCounts>,
}

/// The attempts of a process, and the webhooks of the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryMetrics {
    /// The attempts since the start, by outcome: `success`, or the error.
    pub attempts: Vec<(&'static str, u64)>,
    /// The webhooks, as they were counted last.
    pub webhooks: WebhookCounts,
}

impl DeliveryCounters {
    pub(super) fn count(&self, attempt: &WebhookAttempt) {
        let place = attempt
            .error
            .and_then(|error| DeliveryError::ALL.iter().position(|&other| other == error));
        let counter = place.and_then(|place| self.failed.get(place)).unwrap_or(&self.succeeded);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_webhooks(&self, counts: WebhookCounts) {
        *self.webhooks.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }

    pub(super) fn metrics(&self) -> DeliveryMetrics {
        let failed = DeliveryError::ALL.iter().zip(&self.failed);
        let failed = failed.map(|(error, count)| (error.as_str(), count));
        let attempts = std::iter::once(("success", &self.succeeded)).chain(failed);
        let attempts = attempts.map(|(name, count)| (name, count.load(Ordering::Relaxed)));
        DeliveryMetrics {
            attempts: attempts.collect(),
            webhooks: *self.webhooks.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
