//! The deadline of a request. The clock stops while the body arrives, which has its own limit, and
//! a handler may ask for more time if its work depends on the amount of data.

use std::cell::Cell;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep_until;
use futures_util::future::poll_fn;

/// How much time a request has left.
pub(crate) struct RequestClock(Cell<State>);

#[derive(Clone, Copy)]
enum State {
    Running { end: Instant },
    Paused { left: Duration },
}

impl RequestClock {
    /// A clock that runs, with this much time.
    pub(crate) fn starting(allowance: Duration) -> Self {
        Self(Cell::new(State::Running { end: Instant::now() + allowance }))
    }

    /// Stops it for a while.
    pub(crate) fn suspend(&self) {
        if let State::Running { end } = self.0.get() {
            self.0.set(State::Paused { left: end.saturating_duration_since(Instant::now()) });
        }
    }

    /// Lets it run again.
    pub(crate) fn resume(&self) {
        if let State::Paused { left } = self.0.get() {
            self.0.set(State::Running { end: Instant::now() + left });
        }
    }

    /// Gives it more time.
    pub(crate) fn extend(&self, more: Duration) {
        self.0.set(match self.0.get() {
            State::Running { end } => State::Running { end: end + more },
            State::Paused { left } => State::Paused { left: left + more },
        });
    }

    /// The outcome of some work, or nothing once the time is over: then the work is dropped.
    pub(crate) async fn limit<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        let mut alarm = pin!(None);
        poll_fn(move |context| {
            if let Poll::Ready(outcome) = work.as_mut().poll(context) {
                return Poll::Ready(Some(outcome));
            }
            // The clock is read after the poll, because the work moves it. While it is paused nothing
            // needs to wake this: only the work starts it again.
            let State::Running { end } = self.0.get() else { return Poll::Pending };
            let end = end.into();
            if alarm.is_none() {
                alarm.set(Some(sleep_until(end)));
            }
            let Some(mut alarm) = alarm.as_mut().as_pin_mut() else { return Poll::Pending };
            if alarm.deadline() != end {
                alarm.as_mut().reset(end);
            }
            alarm.poll(context).map(|()| None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::rt::time::sleep;

    const MOMENT: Duration = Duration::from_millis(50);

    #[actix_web::test]
    async fn work_within_its_time_has_its_outcome() {
        let clock = RequestClock::starting(MOMENT * 100);

        assert_eq!(clock.limit(async { 1 }).await, Some(1));
        assert_eq!(clock.limit(sleep(MOMENT)).await, Some(()));
    }

    #[actix_web::test]
    async fn work_that_takes_too_long_is_dropped() {
        let clock = RequestClock::starting(MOMENT);
        let began = Instant::now();

        assert_eq!(clock.limit(sleep(MOMENT * 100)).await, None);
        assert!(began.elapsed() < MOMENT * 50);
    }

    #[actix_web::test]
    async fn a_paused_clock_takes_no_time() {
        let clock = RequestClock::starting(MOMENT * 2);

        let waited = clock.limit(async {
            clock.suspend();
            sleep(MOMENT * 4).await;
            clock.resume();
            sleep(MOMENT).await;
        });
        assert_eq!(waited.await, Some(()));
        assert_eq!(clock.limit(sleep(MOMENT * 100)).await, None);
    }

    #[actix_web::test]
    async fn more_time_counts_from_the_beginning() {
        let clock = RequestClock::starting(MOMENT);

        let waited = clock.limit(async {
            clock.extend(MOMENT * 3);
            sleep(MOMENT * 2).await;
        });
        assert_eq!(waited.await, Some(()));
        assert_eq!(clock.limit(sleep(MOMENT * 100)).await, None);
    }
}
