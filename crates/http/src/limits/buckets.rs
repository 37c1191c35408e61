//! The buckets of all who are limited, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use conversations_domain::RateLimit;

use super::bucket::{Bucket, RateLimitState};

/// How many have a bucket of their own.
const MOST: usize = 10_000;

/// How often buckets that are full again are dropped, and how often while there is no room.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_EVERY_WITHOUT_ROOM: Duration = Duration::from_secs(1);

/// A bucket for each client that took something lately. When there are [`MOST`], all further clients
/// share one bucket: a limit cannot be evaded with many addresses.
#[derive(Debug)]
pub(super) struct Buckets<K>(Mutex<State<K>>);

#[derive(Debug)]
struct State<K> {
    own: HashMap<K, Bucket>,
    shared: Option<Bucket>,
    swept_at: Duration,
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        let (own, shared, swept_at) = (HashMap::new(), None, Duration::ZERO);
        Self(Mutex::new(State { own, shared, swept_at }))
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes a token for a key or an address.
    pub(super) fn take(&self, whom: K, limit: RateLimit, now: Duration) -> RateLimitState {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.sweep(now);
        let bucket = if state.own.len() < MOST || state.own.contains_key(&whom) {
            state.own.entry(whom).or_insert_with(|| Bucket::full(limit))
        } else {
            state.shared.get_or_insert_with(|| Bucket::full(limit))
        };
        bucket.take(limit, now)
    }
}

impl<K> State<K> {
    /// Drops the buckets that are full again: a new one is the same.
    fn sweep(&mut self, now: Duration) {
        let room = self.own.len() < MOST;
        let pause = if room { SWEEP_EVERY } else { SWEEP_EVERY_WITHOUT_ROOM };
        if now >= self.swept_at + pause {
            self.own.retain(|_, bucket| !bucket.is_full(now));
            self.swept_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn limit() -> RateLimit {
        "2/min".parse().expect("a limit")
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn kept<K>(buckets: &Buckets<K>) -> usize {
        buckets.0.lock().expect("no panic").own.len()
    }

    #[test]
    fn each_has_its_own_bucket() {
        let buckets = Buckets::default();

        for whom in ["one", "other"] {
            for left in [1, 0] {
                assert_eq!(buckets.take(whom, limit(), at(0)).remaining, left);
            }
            assert_eq!(buckets.take(whom, limit(), at(0)).wait, Some(at(30)));
        }
    }

    #[test]
    fn fifty_thousand_addresses_take_bounded_room_and_share_what_is_left() {
        let buckets = Buckets::default();
        let address = |number: u32| Ipv4Addr::from_bits(number);

        let allowed = (0..50_000)
            .filter(|&number| buckets.take(address(number), limit(), at(1)).wait.is_none())
            .count();

        assert_eq!(kept(&buckets), MOST);
        assert_eq!(allowed, MOST + 2, "all others together had one bucket");
        assert!(buckets.take(address(0), limit(), at(1)).wait.is_none(), "it has its own");
        assert!(buckets.take(address(50_000), limit(), at(1)).wait.is_some());
    }

    #[test]
    fn what_is_full_again_makes_room() {
        let buckets = Buckets::default();
        for number in 0..u32::try_from(MOST).expect("a number") {
            buckets.take(number, limit(), at(100));
        }

        let shared = buckets.take(u32::MAX, limit(), at(101));
        assert_eq!((kept(&buckets), shared.remaining), (MOST, 1));
        let shared = buckets.take(u32::MAX - 1, limit(), at(102));
        assert_eq!((kept(&buckets), shared.remaining), (MOST, 0));
        let own = buckets.take(u32::MAX, limit(), at(130));
        assert_eq!((kept(&buckets), own.remaining), (1, 1));
    }

    #[test]
    fn nobody_is_remembered_for_long_after_their_bucket_is_full() {
        let buckets = Buckets::default();
        buckets.take(0, limit(), at(59));
        buckets.take(1, limit(), at(60));
        assert_eq!(kept(&buckets), 2);

        buckets.take(2, limit(), at(120));

        assert_eq!(kept(&buckets), 1);
    }
}
