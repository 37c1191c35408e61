//! A queue of work for threads with a connection each: who waits in it, and for how long.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use conversations_application::ports::RepositoryError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::Connection;
use super::files::DatabaseFiles;
use crate::OpenError;
use crate::metrics::{PoolMetrics, Traffic, Wait};
use crate::patience::Patience;
use crate::underway::{Going, Underway};

/// Opens a connection.
pub(super) type Open = Arc<dyn Fn() -> Result<Connection, OpenError> + Send + Sync>;

/// What a thread is told.
pub(super) enum Order<W> {
    /// To do this.
    Do(W),
    /// To end.
    Stop,
}

/// Where the threads of a queue get their work from.
pub(super) type Orders<W> = Arc<Mutex<mpsc::Receiver<Order<W>>>>;

/// A queue of work, and the threads that do it.
pub(super) struct Queue<W> {
    orders: mpsc::Sender<Order<W>>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    patience: Patience,
    underway: Underway,
    traffic: Arc<Traffic>,
    /// How many threads there are.
    count: usize,
}

impl<W> Clone for Queue<W> {
    fn clone(&self) -> Self {
        let Self { orders, threads, patience, underway, traffic, count } = self;
        Self {
            orders: orders.clone(),
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

impl<W: Send + 'static> Queue<W> {
    /// Starts threads, each of which does with its connection and the orders what it is given.
    /// `places` is how much work may wait: whoever comes later waits outside, where waiting can be
    /// cancelled.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        name: &'static str,
        places: usize,
        count: usize,
        rules: Rules,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
        work: fn(Desk, &Orders<W>),
    ) -> Result<Self, OpenError> {
        let Rules { patience, underway, files } = rules;
        let open: Open = Arc::new(open);
        let (orders, queue) = mpsc::channel(places);
        let queue = Arc::new(Mutex::new(queue));
        let traffic = Traffic::new(name);
        let mut threads = Vec::with_capacity(count);
        for _ in 0..count {
            let (open, traffic) = (Arc::clone(&open), Arc::clone(&traffic));
            let files = Arc::clone(&files);
            let desk = Desk { connection: Some(open()?), open, traffic, files };
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new()
                .name(format!("sqlite-{name}"))
                .spawn(move || work(desk, &queue))
                .map_err(|source| OpenError::File { path: name.to_owned(), source })?;
            threads.push(thread);
        }
        let threads = Arc::new(Mutex::new(threads));
        Ok(Self { orders, threads, patience, underway, traffic, count })
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
        let place = timeout_at(end, self.orders.reserve())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| RepositoryError::Unavailable(Box::new(closed)))?;
        let (answer, mut answered) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let (going, wait) = (self.underway.begin(), Cell::new(Some(wait)));
        let ticket = Ticket { answer, taken: Arc::clone(&taken), going, wait };
        place.send(Order::Do(work(ticket)));
        let answer = match timeout_at(end, &mut answered).await {
            Ok(answer) => answer,
            Err(elapsed) if !taken.swap(true, Ordering::SeqCst) => {
                return Err(RepositoryError::Unavailable(Box::new(elapsed)));
            }
            Err(_) => answered.await,
        };
        answer.unwrap_or_else(|gone| {
            // Nobody answers what panicked, nor what no thread can begin.
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
        for _ in &threads {
            // An error means that the threads have stopped already.
            let _stopped = self.orders.send(Order::Stop).await;
        }
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().filter_map(|thread| thread.join().err()).count()
        });
        if joined.await.is_ok_and(|panicked| panicked > 0) {
            tracing::error!("a database thread had panicked");
        }
    }
}

/// The right to answer somebody who waits.
pub(super) struct Ticket<T> {
    answer: oneshot::Sender<Result<T, RepositoryError>>,
    /// Taken once: by the thread that begins the work, or by who no longer waits for that.
    taken: Arc<AtomicBool>,
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

    pub(super) fn answer(self, outcome: Result<T, RepositoryError>) {
        let Self { answer, taken: _, going, wait: _ } = self;
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
                tracing::error!(%error, "a database thread cannot go on until the file opens");
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
