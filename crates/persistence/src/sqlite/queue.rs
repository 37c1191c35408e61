//! A queue of work for threads with a connection each: who waits in it, and for how long.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use conversations_application::owner;
use conversations_application::ports::RepositoryError;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::Connection;
use super::files::DatabaseFiles;
use super::interrupt::Interrupt;
use crate::OpenError;
use crate::fair_queue::{FairQueue, Share, Turn};
use crate::metrics::{PoolMetrics, Traffic, Wait};
use crate::patience::Patience;
use crate::underway::{Going, Underway};

/// Opens a connection.
pub(super) type Open = Arc<dyn Fn() -> Result<Connection, OpenError> + Send + Sync>;

/// How many pieces of work of one workspace may wait in a queue.
const ROOM: usize = 512;

/// Where the threads of a queue get their work from.
pub(super) struct Orders<W> {
    state: Mutex<State<W>>,
    came: Condvar,
}

struct State<W> {
    queue: FairQueue<Entry<W>>,
    /// How many threads wait for work.
    idle: usize,
    /// How many of them have been woken and have not looked yet.
    woken: usize,
    stopped: bool,
}

impl<W> State<W> {
    /// Whether one more thread is to be woken: not for work that a woken one is on its way to, nor
    /// for work that has no place yet.
    fn wake_one(&mut self) -> bool {
        let needed = self.idle > self.woken && self.queue.ready() > self.woken;
        self.woken += usize::from(needed);
        needed
    }
}

/// Work that waits.
struct Entry<W> {
    work: W,
    /// Set when the caller has gone.
    gone: Arc<AtomicBool>,
}

impl<W> Orders<W> {
    fn new(share: Share) -> Self {
        let state = State { queue: FairQueue::new(share), idle: 0, woken: 0, stopped: false };
        Self { state: Mutex::new(state), came: Condvar::new() }
    }

    /// The next work, when there is some; `None` when no more will come. What was done before it is
    /// told along, and how long it took: each look at the queue takes its lock.
    pub(super) fn next(&self, done: Option<(Turn, Duration)>) -> Option<(Turn, W)> {
        let mut state = self.state();
        if let Some((turn, took)) = done {
            state.queue.finish(turn, took, Instant::now());
        }
        loop {
            if let Some((turn, entry)) = state.queue.pop(Instant::now()) {
                if state.wake_one() {
                    self.came.notify_one();
                }
                return Some((turn, entry.work));
            }
            if state.stopped {
                return None;
            }
            state.idle += 1;
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
            // A thread may wake up by itself: that only wakes another one too early.
            state.woken = state.woken.saturating_sub(1);
        }
    }

    /// All work that there is a place for now, up to the first that is not such.
    pub(super) fn next_while(&self, is_such: impl Fn(&W) -> bool) -> Vec<(Turn, W)> {
        let (mut state, now) = (self.state(), Instant::now());
        let next = || state.queue.pop_if(now, |entry| is_such(&entry.work));
        std::iter::from_fn(next).map(|(turn, entry)| (turn, entry.work)).collect()
    }

    /// Tells that work is done, or will not be, and how long it took.
    pub(super) fn finish(&self, done: impl IntoIterator<Item = (Turn, Duration)>) {
        let (mut state, now) = (self.state(), Instant::now());
        for (turn, took) in done {
            state.queue.finish(turn, took, now);
        }
    }

    /// Has work wait again that was not begun.
    pub(super) fn put_back(&self, turn: Turn, work: W) {
        // If the caller has gone, that is noticed when it is to begin.
        let gone = Arc::new(AtomicBool::new(false));
        self.state().queue.put_back(turn, Entry { work, gone });
    }

    /// Hands in work; it is refused when too much of its owner waits, or after the end.
    fn hand_in(&self, work: W, gone: Arc<AtomicBool>) -> Result<(), &'static str> {
        let mut state = self.state();
        if state.stopped {
            return Err("the database is closed");
        }
        let in_vain = |entry: &Entry<W>| entry.gone.load(Ordering::Relaxed);
        let pushed = state.queue.push(owner::current(), Entry { work, gone }, in_vain);
        let wake_one = state.wake_one();
        drop(state);
        if wake_one {
            self.came.notify_one();
        }
        pushed.map_err(|_| "too much work of the workspace is waiting")
    }

    fn stop(&self) {
        self.state().stopped = true;
        self.came.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side of the orders on which work is handed in. When the last handle is dropped, the threads
/// end.
struct Entrance<W>(Arc<Orders<W>>);

impl<W> Drop for Entrance<W> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A queue of work, and the threads that do it.
pub(super) struct Queue<W> {
    entrance: Arc<Entrance<W>>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    patience: Patience,
    underway: Underway,
    traffic: Arc<Traffic>,
    /// How many threads there are.
    count: usize,
}

impl<W> Clone for Queue<W> {
    fn clone(&self) -> Self {
        let Self { entrance, threads, patience, underway, traffic, count } = self;
        Self {
            entrance: Arc::clone(entrance),
            threads: Arc::clone(threads),
            patience: *patience,
            underway: underway.clone(),
            traffic: Arc::clone(traffic),
            count: *count,
        }
    }
}

/// What is the same for every queue of a database.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) patience: Patience,
    pub(super) underway: Underway,
    pub(super) files: Arc<DatabaseFiles>,
}

/// The threads of a queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threads {
    pub(super) name: &'static str,
    pub(super) count: usize,
    /// Whether one of them is kept for workspaces for which none works.
    pub(super) reserve: bool,
    /// How much work is taken out of the queue at once.
    pub(super) at_once: usize,
}

impl<W: Send + 'static> Queue<W> {
    /// Starts threads, each of which does with its connection and the orders what it is given.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        threads: Threads,
        rules: Rules,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
        work: fn(Desk, &Orders<W>),
    ) -> Result<Self, OpenError> {
        let Rules { patience, underway, files } = rules;
        let Threads { name, count, reserve, at_once } = threads;
        let open: Open = Arc::new(open);
        let share = Share { places: count * at_once, reserve, room: ROOM };
        let orders = Arc::new(Orders::new(share));
        let traffic = Traffic::new(name);
        let mut threads = Vec::with_capacity(count);
        for _ in 0..count {
            let (open, traffic) = (Arc::clone(&open), Arc::clone(&traffic));
            let files = Arc::clone(&files);
            let desk = Desk { connection: Some(open()?), open, traffic, files };
            let orders = Arc::clone(&orders);
            let thread = std::thread::Builder::new()
                .name(format!("sqlite-{name}"))
                .spawn(move || work(desk, &orders))
                .map_err(|source| OpenError::File { path: name.to_owned(), source })?;
            threads.push(thread);
        }
        let threads = Arc::new(Mutex::new(threads));
        let entrance = Arc::new(Entrance(orders));
        Ok(Self { entrance, threads, patience, underway, traffic, count })
    }

    /// What waits in it, and is done.
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.traffic.read(self.count)
    }

    /// Hands in what is made of a ticket, and waits for the answer. Whatever is not begun in time is
    /// refused: what stands before it takes too long, for example because it waits for another
    /// process. Work that was begun is waited for to its end.
    pub(super) async fn hand_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(Ticket<T>) -> W,
    ) -> Result<T, RepositoryError> {
        let now = Instant::now();
        let (end, wait) = (now + self.patience.begin(), self.traffic.wait(now));
        let (answer, mut answered) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        // Whatever ends this, no caller is waiting.
        let gone = Gone(Arc::default());
        let interrupt = Interrupt::new(now + self.patience.answer(), Arc::clone(&gone.0));
        let (going, wait) = (self.underway.begin(), Cell::new(Some(wait)));
        let ticket = Ticket { answer, taken: Arc::clone(&taken), interrupt, going, wait };
        let Entrance(orders) = &*self.entrance;
        orders
            .hand_in(work(ticket), Arc::clone(&gone.0))
            .map_err(|refused| RepositoryError::Unavailable(refused.into()))?;
        let answer = match timeout_at(end, &mut answered).await {
            Ok(answer) => answer,
            Err(elapsed) if !taken.swap(true, Ordering::SeqCst) => {
                return Err(RepositoryError::Unavailable(Box::new(elapsed)));
            }
            Err(_) => answered.await,
        };
        answer.unwrap_or_else(|gone| {
            // Work that panicked, or that no thread can begin, gets no answer.
            Err(if taken.load(Ordering::SeqCst) {
                RepositoryError::Backend(Box::new(gone))
            } else {
                RepositoryError::Unavailable(Box::new(gone))
            })
        })
    }

    /// Lets the threads finish what was queued, and waits for their end.
    pub(super) async fn stop(&self) {
        let threads: Vec<_> =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        self.entrance.0.stop();
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().filter_map(|thread| thread.join().err()).count()
        });
        if joined.await.is_ok_and(|panicked| panicked > 0) {
            tracing::error!("a database thread panicked");
        }
    }
}

/// Tells, when it is dropped, that no caller is waiting.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The right to answer a waiting caller.
pub(super) struct Ticket<T> {
    answer: oneshot::Sender<Result<T, RepositoryError>>,
    /// Taken once: by the thread that begins the work, or by who no longer waits for that.
    taken: Arc<AtomicBool>,
    /// When the work is to be stopped.
    interrupt: Interrupt,
    going: Going,
    /// Until it has begun.
    wait: Cell<Option<Wait>>,
}

impl<T> Ticket<T> {
    /// Whether the work may begin. Not when the request was cut off while this lay in the queue, nor
    /// when it lay there for too long.
    pub(super) fn begin(&self) -> bool {
        let begun = !self.answer.is_closed() && !self.taken.swap(true, Ordering::SeqCst);
        if begun && let Some(wait) = self.wait.take() {
            wait.over();
        }
        begun
    }

    /// When the work is to be stopped.
    pub(super) fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    pub(super) fn answer(self, outcome: Result<T, RepositoryError>) {
        let Self { answer, taken: _, interrupt: _, going, wait: _ } = self;
        let _nobody_waits_any_more = answer.send(outcome);
        drop(going);
    }
}

/// Where a thread works: it has a connection, and another one when that broke.
pub(super) struct Desk {
    connection: Option<Connection>,
    open: Open,
    traffic: Arc<Traffic>,
    files: Arc<DatabaseFiles>,
}

impl Desk {
    /// The connection. It cannot be had while the file cannot be opened, and later perhaps.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, OpenError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            // Where the file was, there may be another one, or none, which would be made.
            None if self.files.check().is_err() => return Err(self.files.gone()),
            None => (self.open)()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Works with the connection, which is not used again when that panics: a transaction may be
    /// open. `None` when it did, or when there is no connection.
    pub(super) fn work<T>(&mut self, work: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        let traffic = Arc::clone(&self.traffic);
        let _busy = traffic.work();
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(error) => {
                tracing::error!(%error, "a database thread waits until the file can be opened");
                return None;
            }
        };
        let done = catch_unwind(AssertUnwindSafe(|| work(connection))).ok();
        if done.is_none() {
            self.discard();
        }
        done
    }

    /// The files of the database.
    pub(super) fn files(&self) -> Arc<DatabaseFiles> {
        Arc::clone(&self.files)
    }

    /// So much work was done at once.
    pub(super) fn shared_by(&self, count: usize) {
        self.traffic.shared_by(count);
    }

    /// Closes the connection, with all that is open on it.
    pub(super) fn discard(&mut self) {
        self.connection = None;
    }
}
