//! The time.

use conversations_domain::Timestamp;

/// Tells the time. A command reads it once.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}
