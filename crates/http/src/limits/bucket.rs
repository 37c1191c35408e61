//! A rate limit in use: a token bucket that fills evenly; each request takes one token.
//!
//! Its only state is the time at which it is full again: the rest follows from that (the generic
//! cell rate algorithm). Time is an argument, counted from any fixed moment.

use std::time::Duration;

use conversations_domain::RateLimit;

/// A bucket that holds the requests of one period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    /// The limit by which `full_at` is to be read.
    limit: RateLimit,
    full_at: Duration,
}

/// How a caller stands with a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimitState {
    /// The limit.
    pub(crate) limit: RateLimit,
    /// How many more requests it allows at once.
    pub(crate) remaining: u32,
    /// How long it takes until it allows all of them again.
    pub(crate) full_in: Duration,
    /// How long it takes until it allows one, if it did not allow this one.
    pub(crate) wait: Option<Duration>,
}

impl Bucket {
    /// A bucket of which nothing was taken.
    pub(super) fn full(limit: RateLimit) -> Self {
        Self { limit, full_at: Duration::ZERO }
    }

    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }

    /// Takes a token, if there is one. Under another limit than before, what was taken counts all
    /// the same, so that a change holds at once and is no way to a full bucket.
    pub(super) fn take(&mut self, limit: RateLimit, now: Duration) -> RateLimitState {
        let (interval, capacity) = (interval(limit), capacity(limit));
        let missing = self.missing(limit, now);
        let after = missing + interval;
        let Some(left) = capacity.checked_sub(after) else {
            let wait = Some(after.saturating_sub(capacity));
            return RateLimitState { limit, remaining: 0, full_in: missing, wait };
        };
        *self = Self { limit, full_at: now + after };
        let remaining = u32::try_from(left.as_nanos() / interval.as_nanos()).unwrap_or(u32::MAX);
        RateLimitState { limit, remaining, full_in: after, wait: None }
    }

    /// How long it takes to fill under this limit.
    fn missing(&self, limit: RateLimit, now: Duration) -> Duration {
        let missing = self.full_at.saturating_sub(now);
        if self.limit == limit {
            return missing;
        }
        let (before, after) = (interval(self.limit).as_nanos(), interval(limit).as_nanos());
        let nanos = (missing.as_nanos() * after).div_ceil(before);
        u64::try_from(nanos).map_or(capacity(limit), Duration::from_nanos).min(capacity(limit))
    }
}

/// How long it takes until one more request is allowed; rounded up, so that no more are allowed.
fn interval(limit: RateLimit) -> Duration {
    limit.period().duration().saturating_add(Duration::from_nanos(u64::from(limit.requests()) - 1))
        / limit.requests()
}

/// How long an empty bucket takes to fill.
fn capacity(limit: RateLimit) -> Duration {
    interval(limit) * limit.requests()
}

#[cfg(test)]
mod tests {
    use super::*;
    use conversations_domain::RatePeriod;
    use proptest::prelude::*;

    fn limit(text: &str) -> RateLimit {
        text.parse().expect("a limit")
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Whether each request at these times is allowed.
    fn allowed(bucket: &mut Bucket, limit: RateLimit, millis: &[u64]) -> Vec<bool> {
        millis.iter().map(|&now| bucket.take(limit, at(now)).wait.is_none()).collect()
    }

    #[test]
    fn a_bucket_allows_all_at_once_and_then_one_at_a_time() {
        let (limit, mut bucket) = (limit("2/s"), Bucket::full(limit("2/s")));

        let allowed = allowed(&mut bucket, limit, &[0, 0, 0, 499, 500, 500, 999, 1000, 3000, 3000]);

        let (yes, no) = (true, false);
        assert_eq!(allowed, [yes, yes, no, no, yes, no, no, yes, yes, yes]);
    }

    #[test]
    fn the_state_tells_what_is_left_and_when_it_is_full_again() {
        let (limit, mut bucket) = (limit("60/min"), Bucket::full(limit("60/min")));
        let mut take = |millis| bucket.take(limit, at(millis));

        let first = take(0);
        assert_eq!((first.remaining, first.full_in, first.wait), (59, at(1000), None));
        let later = take(400);
        assert_eq!((later.remaining, later.full_in), (58, at(1600)));
        for _ in 0..58 {
            assert_eq!(take(400).wait, None);
        }
        let refused = take(400);
        assert_eq!((refused.remaining, refused.full_in), (0, at(59_600)));
        assert_eq!(refused.wait, Some(at(600)));
    }

    #[test]
    fn what_was_taken_counts_under_another_limit_too() {
        let mut bucket = Bucket::full(limit("3/h"));
        for _ in 0..3 {
            bucket.take(limit("3/h"), at(0));
        }

        assert_eq!(bucket.take(limit("2/h"), at(0)).wait, Some(at(1_800_000)));
        assert_eq!(bucket.take(limit("10/s"), at(0)).remaining, 6);
        assert_eq!(bucket.take(limit("5/min"), at(0)).remaining, 0);
        assert_eq!(bucket.take(limit("10/s"), at(0)).remaining, 4);
    }

    /// A count of tokens in nanoseconds, as one would write it down without cleverness.
    struct Oracle {
        tokens: u128,
        seen: Duration,
    }

    impl Oracle {
        fn take(&mut self, limit: RateLimit, now: Duration) -> Option<u128> {
            let period = limit.period().duration().as_nanos();
            let requests = u128::from(limit.requests());
            let each = period.div_ceil(requests);
            let passed = now.saturating_sub(self.seen).as_nanos();
            self.tokens = (self.tokens + passed).min(each * requests);
            self.seen = now;
            self.tokens = self.tokens.checked_sub(each)?;
            Some(self.tokens / each)
        }
    }

    fn any_limit() -> impl Strategy<Value = RateLimit> {
        let requests = prop_oneof![1..10_u32, 1..=RateLimit::MAX_REQUESTS];
        (requests, prop::sample::select(RatePeriod::ALL))
            .prop_map(|(requests, period)| RateLimit::new(requests, period).expect("within bounds"))
    }

    proptest! {
        #[test]
        fn it_allows_what_counted_tokens_allow(
            limit in any_limit(),
            // In hundredths of the time of one token.
            pauses in prop::collection::vec(prop_oneof![Just(0), 0..300_u32], 1..200),
        ) {
            let mut bucket = Bucket::full(limit);
            let mut now = Duration::from_secs(1);
            let mut oracle = Oracle { tokens: u128::MAX / 2, seen: now };

            for pause in pauses {
                now += interval(limit) * pause / 100;
                let limit_state = bucket.take(limit, now);
                let left = oracle.take(limit, now);

                prop_assert_eq!(limit_state.wait.is_none(), left.is_some());
                prop_assert_eq!(u128::from(limit_state.remaining), left.unwrap_or(0));
                let full = Bucket { limit, full_at: now + limit_state.full_in };
                prop_assert!(full.is_full(now + limit_state.full_in));
                if let Some(wait) = limit_state.wait {
                    // Waiting that long is enough, and less is not.
                    let mut waited = bucket;
                    prop_assert_eq!(waited.take(limit, now + wait).wait, None);
                    let mut hasty = bucket;
                    let too_soon = now + wait.saturating_sub(Duration::from_nanos(1));
                    prop_assert!(hasty.take(limit, too_soon).wait.is_some());
                }
            }
        }

        #[test]
        fn a_change_of_the_limit_never_allows_more_than_the_new_one(
            limits in prop::collection::vec(any_limit(), 2..50),
        ) {
            let mut bucket = Bucket::full(limits[0]);
            for limit in limits {
                let limit_state = bucket.take(limit, Duration::ZERO);
                prop_assert!(limit_state.remaining < limit.requests());
                prop_assert!(limit_state.full_in <= capacity(limit));
            }
        }
    }
}
