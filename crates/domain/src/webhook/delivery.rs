//! Deliveries: the sending of one event to one webhook, with all its attempts.

use std::time::Duration;

use crate::vocabulary::vocabulary;
use crate::{EventId, EventType, Sequence, Timestamp, WebhookDeliveryId};

vocabulary! {
    /// The state of a delivery.
    DeliveryStatus {
        Pending = "pending",
        Success = "success",
        Failed = "failed",
    }
}

vocabulary! {
    /// Why an attempt failed.
    DeliveryError {
        /// The host name has no address.
        Dns = "dns",
        /// The server does not send to the address.
        Blocked = "blocked",
        /// The connection failed.
        Connect = "connect",
        /// The TLS handshake failed.
        Tls = "tls",
        /// The receiver did not reply in time.
        Timeout = "timeout",
        /// The reply was a redirect, which is not followed.
        Redirect = "redirect",
        /// The reply had another status than 2xx.
        Status = "status",
        /// The reply was not valid HTTP.
        Protocol = "protocol",
    }
}

/// One attempt to send a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The status of the reply, if there was one.
    pub status_code: Option<u16>,
    /// Why it failed, if it did.
    pub error: Option<DeliveryError>,
}

/// The sending of one event to one webhook. Neither the sent nor the received content is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Unique id (`UUIDv7`, embeds the time of the first attempt).
    pub id: WebhookDeliveryId,
    /// The event.
    pub event: EventId,
    /// The position of the event in the feed.
    pub sequence: Sequence,
    /// The type of the event.
    pub kind: EventType,
    /// Its state.
    pub status: DeliveryStatus,
    /// The attempts, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// When it is retried; none unless it is pending.
    pub next_attempt_at: Option<Timestamp>,
}

impl DeliveryAttempt {
    /// Whether the receiver accepted the delivery.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.error.is_none()
    }
}

impl Delivery {
    /// The most stored attempts: the first one, its retries, and some that callers asked for. Later ones
    /// replace the last.
    pub const MAX_ATTEMPTS: usize = 30;

    /// Adds an attempt, after which the delivery is retried at `retry_at`, if it failed. What the receiver
    /// has accepted once remains a success.
    pub fn add_attempt(&mut self, attempt: DeliveryAttempt, retry_at: Option<Timestamp>) {
        self.attempts.truncate(Self::MAX_ATTEMPTS - 1);
        self.attempts.push(attempt);
        let is_accepted = attempt.is_success() || self.status == DeliveryStatus::Success;
        self.next_attempt_at = retry_at.filter(|_| !is_accepted);
        self.status = match self.next_attempt_at {
            _ if is_accepted => DeliveryStatus::Success,
            Some(_) => DeliveryStatus::Pending,
            None => DeliveryStatus::Failed,
        };
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis).expect("a time")
    }

    fn attempt(error: Option<DeliveryError>) -> DeliveryAttempt {
        DeliveryAttempt { at: at(0), duration: Duration::ZERO, status_code: None, error }
    }

    fn delivery() -> Delivery {
        Delivery {
            id: WebhookDeliveryId::from_uuid(Uuid::from_u128(1)),
            event: EventId::from_uuid(Uuid::from_u128(2)),
            sequence: Sequence::new(1),
            kind: EventType::UserCreated,
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            next_attempt_at: None,
        }
    }

    #[test]
    fn what_was_accepted_once_remains_a_success() {
        let (accepted, failed) = (attempt(None), attempt(Some(DeliveryError::Timeout)));
        let mut delivery = delivery();

        delivery.add_attempt(failed, Some(at(5)));
        assert_eq!(delivery.status, DeliveryStatus::Pending);
        assert_eq!(delivery.next_attempt_at, Some(at(5)));
        delivery.add_attempt(accepted, Some(at(6)));
        delivery.add_attempt(failed, Some(at(7)));

        assert_eq!(delivery.status, DeliveryStatus::Success);
        assert_eq!(delivery.next_attempt_at, None);
        assert_eq!(delivery.attempts, [failed, accepted, failed]);
    }

    #[test]
    fn attempts_that_are_not_stored_replace_the_last() {
        let mut delivery = delivery();
        for _ in 0..=Delivery::MAX_ATTEMPTS {
            delivery.add_attempt(attempt(Some(DeliveryError::Status)), None);
        }

        assert_eq!(delivery.status, DeliveryStatus::Failed);
        assert_eq!(delivery.attempts.len(), Delivery::MAX_ATTEMPTS);
    }
}
