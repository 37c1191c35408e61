//! Ids that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use conversations_application::ports::IdGenerator;
use conversations_domain::Timestamp;
use uuid::Uuid;

/// Ids of which only the time and a counter matter: the same number of calls at the same times gives
/// the same ids.
#[derive(Debug, Default)]
pub struct TestIds(AtomicU64);

impl TestIds {
    /// Ids counted from 1.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl IdGenerator for TestIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let mut counter = [0; 10];
        counter[2..].copy_from_slice(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let millis = u64::try_from(now.as_unix_millis()).expect("a time after 1970");
        uuid::Builder::from_unix_timestamp_millis(millis, &counter).into_uuid()
    }
}
