//! Time and ids as the operating system gives them.

use std::sync::{Mutex, PoisonError};

use conversations_application::ports::{Clock, IdGenerator};
use conversations_domain::Timestamp;
use uuid::{ContextV7, Uuid};

/// The clock of the operating system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one source of time")]
        let now = chrono::Utc::now();
        Timestamp::from(now)
    }
}

/// Ids with random bits of the operating system, strictly increasing within the process: within a
/// millisecond, and while the clock stands back, a counter goes on (RFC 9562, section 6.2).
#[derive(Debug)]
pub struct RandomIds(Mutex<ContextV7>);

impl Default for RandomIds {
    fn default() -> Self {
        Self(Mutex::new(ContextV7::new()))
    }
}

impl IdGenerator for RandomIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let time = now.as_date_time();
        // A clock before 1970 counts as 1970.
        let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
        let context = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*context, seconds, time.timestamp_subsec_nanos()))
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
}
