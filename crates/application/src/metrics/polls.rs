//! How long polls block the threads that answer requests.
//!
//! Such a thread, a worker, works on many requests in turns. One turn is a poll of a future, and
//! nothing else happens on the thread meanwhile: no other request goes on, no deadline is kept. So
//! every poll is timed, and what takes long belongs on another thread.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::future::poll_fn;

use super::{Distribution, Histogram, TIMES};

thread_local! {
    /// The polls of this thread, if it is a worker.
    static OF_THIS_THREAD: RefCell<Option<Arc<Polls>>> = const { RefCell::new(None) };
}

/// The polls of one worker.
#[derive(Debug)]
struct Polls {
    times: Histogram,
    longest: AtomicU64,
}

/// The polls of one worker, as they were at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollTimes {
    /// How long they took, in nanoseconds.
    pub times: Distribution,
    /// How long the longest took.
    pub longest: Duration,
}

/// The polls of all workers of a server.
#[derive(Debug, Clone, Default)]
pub struct Watchdog(Arc<Mutex<Vec<Arc<Polls>>>>);

impl Watchdog {
    /// Makes this thread a worker whose polls are timed, unless it is one already.
    pub fn watch_this_thread(&self) {
        OF_THIS_THREAD.with_borrow_mut(|polls| {
            let polls = polls.get_or_insert_with(Arc::default);
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !all.iter().any(|known| Arc::ptr_eq(known, polls)) {
                all.push(Arc::clone(polls));
            }
        });
    }

    /// The polls of each worker, in the order in which they began.
    #[must_use]
    pub fn read(&self) -> Vec<PollTimes> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|polls| polls.read()).collect()
    }
}

impl Default for Polls {
    fn default() -> Self {
        Self { times: Histogram::new(&TIMES), longest: AtomicU64::new(0) }
    }
}

impl Polls {
    fn record(&self, time: Duration) {
        self.times.record_time(time);
        // No other thread writes to it, and mostly there is nothing to write.
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if nanos > self.longest.load(Ordering::Relaxed) {
            self.longest.store(nanos, Ordering::Relaxed);
        }
    }

    fn read(&self) -> PollTimes {
        let longest = Duration::from_nanos(self.longest.load(Ordering::Relaxed));
        PollTimes { times: self.times.read(), longest }
    }
}

/// Does some work, and times each of its polls where it is done on a worker. Everything that runs on
/// a worker as a task of its own is to go through here.
pub fn timed<F: Future>(work: F) -> impl Future<Output = F::Output> {
    // On the heap: a task moves its future several times before the first poll, and that of a query
    // has up to ten kilobytes.
    let mut work = Box::pin(work);
    poll_fn(move |context| {
        let began = Instant::now();
        let polled: Poll<F::Output> = work.as_mut().poll(context);
        let time = began.elapsed();
        OF_THIS_THREAD.with_borrow(|polls| {
            if let Some(polls) = polls {
                polls.record(time);
            }
        });
        polled
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use futures_util::future::pending;

    const LONG: Duration = Duration::from_millis(20);

    /// The outcome of some work on a thread of its own, and what its watchdog saw.
    fn observed_polls(watched: bool, work: impl Future<Output = ()> + Send) -> Vec<PollTimes> {
        let watchdog = Watchdog::default();
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                if watched {
                    watchdog.watch_this_thread();
                    watchdog.watch_this_thread();
                }
                timed(work).now_or_never();
            });
            worker.join().expect("it does not panic");
        });
        watchdog.read()
    }

    #[test]
    fn a_poll_of_a_worker_is_timed_whether_or_not_the_work_is_done_with_it() {
        let done = observed_polls(true, async { std::thread::sleep(LONG) });
        let waits = observed_polls(true, async {
            std::thread::sleep(LONG);
            pending::<()>().await;
        });

        for polls in [done, waits] {
            let [PollTimes { times, longest }] = &polls[..] else { panic!("{polls:?}") };
            assert_eq!(times.count(), 1);
            assert!(*longest >= LONG, "{longest:?}");
            assert!(u128::from(times.sum()) == longest.as_nanos(), "{times:?}");
        }
    }

    #[test]
    fn the_longest_of_many_is_kept() {
        let polls = observed_polls(true, async {
            timed(async { std::thread::sleep(LONG) }).await;
            timed(async {}).await;
        });

        assert_eq!(polls[0].times.count(), 3);
        assert!(polls[0].longest >= LONG && polls[0].longest < LONG * 100, "{polls:?}");
    }

    #[test]
    fn what_is_no_worker_is_not_timed() {
        assert_eq!(observed_polls(false, async {}), []);
    }
}
