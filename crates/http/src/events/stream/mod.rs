//! Streams of events over Server-Sent Events.
//!
//! A stream is a position in the feed. Its next frame is made when its connection can take it, so a slow
//! reader costs a cursor and not a queue. Streams of a workspace whose keys may read the same share the
//! pages that one of them read, as long as these are new.

mod follower;
mod frame;
mod hub;
mod limits;
mod open;
mod pages;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use conversations_domain::{KeyId, WorkspaceId};
use tokio::sync::{Semaphore, watch};

pub(crate) use limits::StreamKind;
pub(crate) use open::{EventStreamReply, LAST_EVENT_ID, open};

use hub::{HubMembership, WorkspaceHub};
use limits::Places;
use pages::RecentPages;

/// How many streams that are behind may read from the database at once.
const CATCHING_UP: usize = 2;

/// The limits of streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSettings {
    /// The most streams and waiting requests of the process.
    pub streams: usize,
    /// The most streams and waiting requests with one key.
    pub key_streams: usize,
    /// About how long a stream lasts.
    pub lifetime: Duration,
    /// How long a stream sends nothing before it sends its position.
    pub heartbeat: Duration,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            streams: 10_000,
            key_streams: 100,
            lifetime: Duration::from_secs(600),
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// The streams of a process, and the requests that wait for events.
#[derive(Debug)]
pub struct EventStreams {
    settings: StreamSettings,
    started: Instant,
    places: Mutex<Places>,
    hubs: Mutex<HashMap<WorkspaceId, Arc<WorkspaceHub>>>,
    recent: RecentPages,
    catching_up: Semaphore,
    stop: watch::Sender<bool>,
    frames: AtomicU64,
    resets: AtomicU64,
}

/// What the streams of a process are doing, and did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamMetrics {
    /// The open streams.
    pub streams: usize,
    /// The requests that wait for an event.
    pub waiting: usize,
    /// How many frames streams sent.
    pub frames: u64,
    /// How many streams continued elsewhere, because the feed no longer contained their cursor.
    pub resets: u64,
    /// How many streams and waiting requests were refused because their key had too many.
    pub refused_by_key: u64,
    /// The same, because the process had too many.
    pub refused_by_process: u64,
}

impl EventStreams {
    /// No streams yet, and these limits.
    #[must_use]
    pub fn new(settings: StreamSettings) -> Self {
        Self {
            settings,
            started: Instant::now(),
            places: Mutex::default(),
            hubs: Mutex::default(),
            recent: RecentPages::default(),
            catching_up: Semaphore::new(CATCHING_UP),
            stop: watch::Sender::new(false),
            frames: AtomicU64::new(0),
            resets: AtomicU64::new(0),
        }
    }

    /// Ends all streams, also those that begin later.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// The number of open streams.
    #[must_use]
    pub fn open(&self) -> usize {
        self.places().count(StreamKind::Stream)
    }

    /// What they are doing, and did so far.
    #[must_use]
    pub fn metrics(&self) -> StreamMetrics {
        let places = self.places();
        let (refused_by_key, refused_by_process) = places.refused();
        StreamMetrics {
            streams: places.count(StreamKind::Stream),
            waiting: places.count(StreamKind::Wait),
            frames: self.frames.load(Ordering::Relaxed),
            resets: self.resets.load(Ordering::Relaxed),
            refused_by_key,
            refused_by_process,
        }
    }

    /// When a stream that sends nothing from now on sends its position, at the latest after a heartbeat:
    /// all streams of a key at the same time. Each asks whether the key is valid, and what was found a
    /// moment ago is remembered.
    fn heartbeat_after(&self, now: Instant, key: KeyId) -> Instant {
        let period = self.settings.heartbeat.as_nanos().max(1);
        // The end of an id is random.
        let phase = u128::from(key.as_uuid().as_u64_pair().1) % period;
        let since_beat = (now.duration_since(self.started).as_nanos() + period - phase) % period;
        let rest = u64::try_from(period - since_beat).unwrap_or(u64::MAX);
        now + Duration::from_nanos(rest)
    }

    /// Joins the streams of a workspace.
    fn join(self: &Arc<Self>, workspace: WorkspaceId) -> HubMembership {
        let hub = Arc::clone(self.hubs().entry(workspace).or_default());
        HubMembership::new(Arc::clone(self), workspace, hub)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hubs(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Arc<WorkspaceHub>>> {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A random time between these, so that clients do not come back all at once.
fn random_between(least: Duration, most: Duration) -> Duration {
    // The standard library has no other random numbers, and these need not be good ones.
    let random = RandomState::new().hash_one(0_u8) % 1024;
    let span = most.saturating_sub(least);
    least + span.mul_f64(f64::from(u32::try_from(random).unwrap_or_default()) / 1024.0)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn random_times_lie_within_their_bounds() {
        let (least, most) = (Duration::from_secs(2), Duration::from_secs(4));

        let times: Vec<_> = (0..50).map(|_| random_between(least, most)).collect();

        assert!(times.iter().all(|time| (least..most).contains(time)), "{times:?}");
        assert!(times.iter().any(|&time| time != times[0]), "{times:?}");
    }

    #[test]
    fn the_streams_of_a_key_have_their_heartbeats_at_the_same_time() {
        let heartbeat = Duration::from_secs(15);
        let streams = EventStreams::new(StreamSettings { heartbeat, ..StreamSettings::default() });
        let key = |number| KeyId::from_uuid(Uuid::from_u128(number));
        let after = |millis| streams.started + Duration::from_millis(millis);
        let next = |millis, number| streams.heartbeat_after(after(millis), key(number));

        // 4 and 7 seconds, in nanoseconds.
        for (number, beat) in [(0, 15_000), (4_000_000_000, 19_000), (22_000_000_000, 22_000)] {
            for millis in [beat - 15_000, beat - 14_999, beat - 7_000, beat - 1] {
                assert_eq!(next(millis, number), after(beat), "{number} after {millis} ms");
            }
            assert_eq!(next(beat, number), after(beat + 15_000));
        }
    }
}
