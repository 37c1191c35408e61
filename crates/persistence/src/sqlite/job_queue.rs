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
use crate::fair_queue::{Admission, FairQueue, QueueLimits};
use crate::metrics::{PoolCounters, PoolMetrics, Wait};
use crate::task_tracker::{TaskGuard, TaskTracker};
use crate::timeout_budget::TimeoutBudget;

/// Opens a connection.
pub(super) type Open = Arc<dyn Fn() -> Result<Connection, OpenError> + Send + Sync>;

/// How many pieces of work of one workspace may wait in a queue.
const ROOM: usize = 512;

/// Where the threads of a queue get their work from.
pub(super) struct JobSource<W> {
    state: Mutex<State<W>>,
    arrived: Condvar,
}

struct State<W> {
    queue: FairQueue<QueuedJob<W>>,
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
struct QueuedJob<W> {
    work: W,
    /// Set when the caller has gone.
    abandoned: Arc<AtomicBool>,
}

impl<W> JobSource<W> {
    fn new(limits: QueueLimits) -> Self {
        let state = State { queue: FairQueue::new(limits), idle: 0, woken: 0, stopped: false };
        Self { state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// The next work, when there is some; `None` when no more will come. What was done before it is
    /// told along, and how long it took: each look at the queue takes its lock.
    pub(super) fn next(&self, done: Option<(Admission, Duration)>) -> Option<(Admission, W)> {
        let mut state = self.state();
        if let Some((admission, took)) = done {
            state.queue.finish(admission, took, Instant::now());
        }
        loop {
            if let Some((admission, entry)) = state.queue.pop(Instant::now()) {
                if state.wake_one() {
                    self.arrived.notify_one();
                }
                return Some((admission, entry.work));
            }
            if state.stopped {
                return None;
            }
            state.idle += 1;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
            // A thread may wake up by itself: that only wakes another one too early.
            state.woken = state.woken.saturating_sub(1);
        }
    }

    /// All work that there is a place for now, up to the first that is not such.
    pub(super) fn next_while(&self, matches: impl Fn(&W) -> bool) -> Vec<(Admission, W)> {
        let (mut state, now) = (self.state(), Instant::now());
        let next = || state.queue.pop_if(now, |entry| matches(&entry.work));
        std::iter::from_fn(next).map(|(admission, entry)| (admission, entry.work)).collect()
    }

    /// Tells that work is done, or will not be, and how long it took.
    pub(super) fn finish(&self, done: impl IntoIterator<Item = (Admission, Duration)>) {
        let (mut state, now) = (self.state(), Instant::now());
        for (admission, took) in done {
            state.queue.finish(admission, took, now);
        }
    }

    /// Has work wait again that was not begun.
    pub(super) fn requeue(&self, admission: Admission, work: W) {
        // If the caller has gone, that is noticed when it is to begin.
        let abandoned = Arc::new(AtomicBool::new(false));
        self.state().queue.requeue(admission, QueuedJob { work, abandoned });
    }

    /// Hands in work; it is refused when too much of its owner waits, or after the end.
    fn submit(&self, work: W, abandoned: Arc<AtomicBool>) -> Result<(), &'static str> {
        let mut state = self.state();
        if state.stopped {
            return Err("the database is closed");
        }
        let is_abandoned = |entry: &QueuedJob<W>| entry.abandoned.load(Ordering::Relaxed);
        let pushed =
            state.queue.push(owner::current(), QueuedJob { work, abandoned }, is_abandoned);
        let wake_one = state.wake_one();
        drop(state);
        if wake_one {
            self.arrived.notify_one();
        }
        pushed.map_err(|_| "too much work of the workspace is waiting")
    }

    fn stop(&self) {
        self.state().stopped = true;
        self.arrived.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side on which jobs are submitted. When the last handle is dropped, the threads
/// end.
struct JobSender<W>(Arc<JobSource<W>>);

impl<W> Drop for JobSender<W> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A queue of work, and the threads that do it.
pub(super) struct JobQueue<W> {
    sender: Arc<JobSender<W>>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    timeouts: TimeoutBudget,
    tasks: TaskTracker,
    traffic: Arc<PoolCounters>,
    /// How many threads there are.
    count: usize,
}

impl<W> Clone for JobQueue<W> {
    fn clone(&self) -> Self {
        let Self { sender, threads, timeouts, tasks, traffic, count } = self;
        Self {
            sender: Arc::clone(sender),
            threads: Arc::clone(threads),
            timeouts: *timeouts,
            tasks: tasks.clone(),
            traffic: Arc::clone(traffic),
            count: *count,
        }
    }
}

/// What is the same for every queue of a database.
#[derive(Clone)]
pub(super) struct QueueConfig {
    pub(super) timeouts: TimeoutBudget,
    pub(super) tasks: TaskTracker,
    pub(super) files: Arc<DatabaseFiles>,
}

/// The threads of a queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct ThreadConfig {
    pub(super) name: &'static str,
    pub(super) count: usize,
    /// Whether one of them is kept for workspaces for which none works.
    pub(super) reserve: bool,
    /// How much work is taken out of the queue at once.
    pub(super) at_once: usize,
}

impl<W: Send + 'static> JobQueue<W> {
    /// Starts threads, each of which does with its connection and the jobs what it is given.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        threads: ThreadConfig,
        config: QueueConfig,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
        work: fn(Worker, &JobSource<W>),
    ) -> Result<Self, OpenError> {
        let QueueConfig { timeouts, tasks, files } = config;
        let ThreadConfig { name, count, reserve, at_once } = threads;
        let open: Open = Arc::new(open);
        let limits = QueueLimits { places: count * at_once, reserve, room: ROOM };
        let jobs = Arc::new(JobSource::new(limits));
        let traffic = PoolCounters::new(name);
        let mut threads = Vec::with_capacity(count);
        for _ in 0..count {
            let (open, traffic) = (Arc::clone(&open), Arc::clone(&traffic));
            let files = Arc::clone(&files);
            let worker = Worker { connection: Some(open()?), open, traffic, files };
            let jobs = Arc::clone(&jobs);
            let thread = std::thread::Builder::new()
                .name(format!("sqlite-{name}"))
                .spawn(move || work(worker, &jobs))
                .map_err(|source| OpenError::File { path: name.to_owned(), source })?;
            threads.push(thread);
        }
        let threads = Arc::new(Mutex::new(threads));
        let sender = Arc::new(JobSender(jobs));
        Ok(Self { sender, threads, timeouts, tasks, traffic, count })
    }

    /// What waits in it, and is done.
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.traffic.read(self.count)
    }

    /// Submits what is made of a pending job, and waits for the answer. Whatever is not begun in time is
    /// refused: what stands before it takes too long, for example because it waits for another
    /// process. Work that was begun is waited for to its end.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(PendingJob<T>) -> W,
    ) -> Result<T, RepositoryError> {
        let now = Instant::now();
        let (end, wait) = (now + self.timeouts.begin(), self.traffic.wait(now));
        let (answer, mut answered) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        // Whatever ends this, no caller is waiting.
        let abandoned = AbandonedOnDrop(Arc::default());
        let interrupt = Interrupt::new(now + self.timeouts.answer(), Arc::clone(&abandoned.0));
        let (guard, wait) = (self.tasks.begin(), Cell::new(Some(wait)));
        let pending = PendingJob { answer, taken: Arc::clone(&taken), interrupt, guard, wait };
        let JobSender(jobs) = &*self.sender;
        jobs.submit(work(pending), Arc::clone(&abandoned.0))
            .map_err(|refused| RepositoryError::Unavailable(refused.into()))?;
        let answer = match timeout_at(end, &mut answered).await {
            Ok(answer) => answer,
            Err(elapsed) if !taken.swap(true, Ordering::SeqCst) => {
                return Err(RepositoryError::Unavailable(Box::new(elapsed)));
            }
            Err(_) => answered.await,
        };
        answer.unwrap_or_else(|abandoned| {
            // Work that panicked, or that no thread can begin, gets no answer.
            Err(if taken.load(Ordering::SeqCst) {
                RepositoryError::Backend(Box::new(abandoned))
            } else {
                RepositoryError::Unavailable(Box::new(abandoned))
            })
        })
    }

    /// Lets the threads finish what was queued, and waits for their end.
    pub(super) async fn stop(&self) {
        let threads: Vec<_> =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        self.sender.0.stop();
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().filter_map(|thread| thread.join().err()).count()
        });
        if joined.await.is_ok_and(|panicked| panicked > 0) {
            tracing::error!("a database thread panicked");
        }
    }
}

/// Tells, when it is dropped, that no caller is waiting.
struct AbandonedOnDrop(Arc<AtomicBool>);

impl Drop for AbandonedOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The right to answer a waiting caller.
pub(super) struct PendingJob<T> {
    answer: oneshot::Sender<Result<T, RepositoryError>>,
    /// Taken once: by the thread that begins the work, or by who no longer waits for that.
    taken: Arc<AtomicBool>,
    /// When the work is to be stopped.
    interrupt: Interrupt,
    guard: TaskGuard,
    /// Until it has begun.
    wait: Cell<Option<Wait>>,
}

impl<T> PendingJob<T> {
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
        let Self { answer, taken: _, interrupt: _, guard, wait: _ } = self;
        let _nobody_waits_any_more = answer.send(outcome);
        drop(guard);
    }
}

/// Where a thread works: it has a connection, and another one when that broke.
pub(super) struct Worker {
    connection: Option<Connection>,
    open: Open,
    traffic: Arc<PoolCounters>,
    files: Arc<DatabaseFiles>,
}

impl Worker {
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
