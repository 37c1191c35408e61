//! How the timeout of a request is divided among the steps that it waits for.

use std::time::Duration;

/// The timeouts that follow from how long a request may take. Each is shorter, so that the caller
/// learns the reason before the request is over, and no work goes on for long after that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeoutBudget(Duration);

/// The longest time to wait: clocks can count to it.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A server that is only busy pauses for less.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);

impl TimeoutBudget {
    pub(crate) fn of(request: Duration) -> Self {
        Self(request.min(LONGEST))
    }

    /// Of this many hundredths of the request's time, but of some: 0 means without end to databases.
    fn share(self, hundredths: u32) -> Duration {
        (self.0 * hundredths / 100).max(Duration::from_millis(1))
    }

    /// Until when work has to be begun; later there would be no time left to do it.
    pub(crate) fn begin(self) -> Duration {
        self.place() + self.connect()
    }

    /// For a connection to become free.
    pub(crate) fn place(self) -> Duration {
        self.share(40)
    }

    /// For a connection to be made.
    pub(crate) fn connect(self) -> Duration {
        self.share(20)
    }

    /// For a connection that was used before to be made ready.
    pub(crate) fn recycle(self) -> Duration {
        self.share(5)
    }

    /// For a lock of another transaction.
    pub(crate) fn lock(self) -> Duration {
        self.share(30)
    }

    /// For one statement, and for the pause between two of a transaction that only reads.
    pub(crate) fn statement(self) -> Duration {
        self.share(80)
    }

    /// For the pause between two statements of a write. A server that is frozen then holds locks, and
    /// the writes of other servers that wait for them are not to give up before.
    pub(crate) fn pause(self) -> Duration {
        self.share(10).max(SHORTEST_PAUSE)
    }

    /// For the answer to all that is asked on a connection: longer than a statement may take, so
    /// that a server that is well says itself that it was too slow.
    pub(crate) fn answer(self) -> Duration {
        self.share(90)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timeout_is_shorter_than_the_request() {
        for request in [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(300)] {
            let timeouts = TimeoutBudget::of(request);

            assert!(timeouts.begin() + timeouts.lock() < request);
            assert!(timeouts.statement() < timeouts.answer());
            assert!(timeouts.answer() < request);
            assert!(timeouts.recycle() < timeouts.begin());
            assert!(timeouts.pause() < timeouts.lock());
        }
    }

    #[test]
    fn extreme_request_times_are_accepted() {
        assert!(TimeoutBudget::of(Duration::ZERO).statement() > Duration::ZERO);
        assert!(TimeoutBudget::of(Duration::MAX).answer() < Duration::MAX);
    }
}
