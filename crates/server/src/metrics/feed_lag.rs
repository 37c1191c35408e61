//! How far the numbers of events are behind the writes, as the task that numbers them last saw it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use conversations_application::ports::WaitingEvents;
use conversations_domain::Timestamp;

/// The events that waited for numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeedLag(Arc<Last>);

#[derive(Debug, Default)]
struct Last {
    waiting: AtomicU64,
    oldest_millis: AtomicU32,
}

impl FeedLag {
    /// Keeps what was seen at this time.
    pub(crate) fn record(&self, WaitingEvents { count, oldest }: WaitingEvents, now: Timestamp) {
        let age = oldest.map_or(0, |oldest| now.as_unix_millis() - oldest.as_unix_millis());
        self.0.waiting.store(count, Ordering::Relaxed);
        let age = u32::try_from(age.max(0)).unwrap_or(u32::MAX);
        self.0.oldest_millis.store(age, Ordering::Relaxed);
    }

    /// How many events waited, and for how many seconds the first one.
    pub(super) fn read(&self) -> (u64, f64) {
        let Last { waiting, oldest_millis } = &*self.0;
        let seconds = f64::from(oldest_millis.load(Ordering::Relaxed)) / 1_000.0;
        (waiting.load(Ordering::Relaxed), seconds)
    }
}
