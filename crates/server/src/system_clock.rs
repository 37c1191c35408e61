//! Time and ids as the operating system gives them.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use conversations_application::ports::{Clock, IdGenerator};
use conversations_domain::Timestamp;
use uuid::{ContextV7, Uuid};

/// How far ids may be ahead of the clock, in milliseconds. When the clock goes back further, it was
/// wrong before, and is followed.
const MOST_AHEAD: i64 = 60_000;

/// The clock of the operating system. A clock before 1970 counts as 1970.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl SystemClock {
    /// Makes sure that the clock can be worked with: HTTP has no dates before 1970.
    #[cfg(feature = "program")]
    pub(crate) fn check() -> anyhow::Result<()> {
        use anyhow::Context as _;

        read().context("the clock of this machine is before 1970; set it and restart")?;
        Ok(())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from(read().unwrap_or(DateTime::UNIX_EPOCH))
    }
}

/// What the clock says, unless that is before 1970.
fn read() -> Option<DateTime<Utc>> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(since.as_secs().try_into().ok()?, since.subsec_nanos())
}

/// Ids with random bits of the operating system, increasing within the process: within a
/// millisecond, and while the clock stands back, a counter goes on (RFC 9562, section 6.2). A clock that
/// goes back by more than a minute is followed, or a moment in which it was wrong would stay in the
/// ids, and the times in them, until it has caught up.
#[derive(Debug)]
pub struct RandomIds(Mutex<Sequence>);

/// The ids so far.
#[derive(Debug)]
struct Sequence {
    context: ContextV7,
    /// The latest time that they carry, in Unix milliseconds.
    latest: i64,
}

impl Sequence {
    const fn starting() -> Self {
        Self { context: ContextV7::new(), latest: 0 }
    }
}

impl Default for RandomIds {
    fn default() -> Self {
        Self(Mutex::new(Sequence::starting()))
    }
}

impl IdGenerator for RandomIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let (time, millis) = (now.as_date_time(), now.as_unix_millis());
        // A clock before 1970 counts as 1970.
        let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
        let mut sequence = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if millis.saturating_add(MOST_AHEAD) < sequence.latest {
            *sequence = Sequence::starting();
        }
        sequence.latest = sequence.latest.max(millis);
        let nanos = time.timestamp_subsec_nanos();
        Uuid::new_v7(uuid::Timestamp::from_unix(&sequence.context, seconds, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis).expect("a time")
    }

    fn millis(id: Uuid) -> u128 {
        id.as_u128() >> 80
    }

    #[test]
    fn ids_carry_the_time_and_increase_within_it() {
        let ids = RandomIds::default();
        let made: Vec<_> = (0..10_000).map(|_| ids.next(at(1_000))).collect();

        assert!(made.is_sorted_by(|one, other| one < other));
        assert!(made.iter().all(|&id| millis(id) == 1_000 && id.get_version_num() == 7));
    }

    #[test]
    fn ids_increase_when_the_clock_goes_back() {
        let ids = RandomIds::default();
        let before = ids.next(at(5_000));

        let after = ids.next(at(4_000));

        assert!(after > before);
        assert_eq!(millis(after), 5_000);
        assert_eq!(millis(ids.next(at(6_000))), 6_000);
    }

    #[test]
    fn a_clock_that_was_far_ahead_for_a_moment_is_forgotten() {
        let ids = RandomIds::default();
        let (now, year) = (1_795_359_845_123, 365 * 86_400_000);
        let _ahead = ids.next(at(now + year));

        let back = ids.next(at(now));
        let next = ids.next(at(now));

        assert_eq!(millis(back), 1_795_359_845_123);
        assert!(next > back);
        assert_eq!(millis(ids.next(at(now - MOST_AHEAD))), millis(next), "it is believed");
    }
}
