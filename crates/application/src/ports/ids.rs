//! New ids.

#[cfg(any(test, feature = "mocks"))]
use std::sync::atomic::{AtomicU64, Ordering};

use conversations_domain::Timestamp;
use uuid::Uuid;

/// Makes ids.
pub trait IdGenerator: Send + Sync {
    /// A new `UUIDv7` that carries `now`, or, when the clock went back, the latest time there was:
    /// ids of a process are strictly increasing.
    fn next(&self, now: Timestamp) -> Uuid;
}

/// Ids that carry their time and a number, which counts from 0.
#[cfg(any(test, feature = "mocks"))]
#[derive(Debug, Default)]
pub struct CountedIds(AtomicU64);

#[cfg(any(test, feature = "mocks"))]
impl IdGenerator for CountedIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let millis = u128::try_from(now.as_unix_millis()).unwrap_or_default();
        Uuid::from_u128(millis << 80 | u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}
