//! The time.

use conversations_domain::Timestamp;

/// Tells the time. A command reads it once.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// A clock that always shows this time.
#[cfg(any(test, feature = "mocks"))]
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

#[cfg(any(test, feature = "mocks"))]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
