//! New ids.

use conversations_domain::Timestamp;
use uuid::Uuid;

/// Makes ids.
pub trait IdGenerator: Send + Sync {
    /// A new `UUIDv7` that carries `now`, or, when the clock went back, the latest time there was:
    /// ids of a process are strictly increasing.
    fn next(&self, now: Timestamp) -> Uuid;
}
