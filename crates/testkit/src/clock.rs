//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use conversations_application::ports::Clock;
use conversations_domain::Timestamp;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that shows `2026-11-22T15:04:05.123Z`.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicI64::new(1_795_359_845_123))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("less than 292 million years");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl TestClock {
    /// Moves the clock back.
    pub fn set_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("less than 292 million years");
        self.0.fetch_sub(millis, Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::SeqCst)).expect("a time on the calendar")
    }
}
