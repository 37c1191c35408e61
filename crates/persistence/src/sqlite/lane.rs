//! A lane: a queue of work, and the threads with a connection each that do it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use tokio::sync::{mpsc, oneshot};

use super::Connection;
use crate::OpenError;

/// How much work may wait in a lane. Whoever comes later waits outside, where waiting can be
/// cancelled.
const QUEUE: usize = 128;

/// How long a request waits for a place in the queue before it is told to come back later.
const WAIT: Duration = Duration::from_secs(3);

/// How long work may lie in the queue and still be done: what stands before it takes too long, for
/// example because it waits for another process. Work that was begun is waited for to its end.
const PATIENCE: Duration = Duration::from_secs(4);

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Order {
    Do(Job),
    Stop,
}

/// A queue of work, and the threads that do it.
#[derive(Clone)]
pub(super) struct Lane {
    orders: mpsc::Sender<Order>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Lane {
    /// Starts a lane of `count` threads.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        name: &str,
        count: usize,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Clone + 'static,
    ) -> Result<Self, OpenError> {
        let (orders, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::with_capacity(count);
        for _ in 0..count {
            let connection = open()?;
            let (queue, open) = (Arc::clone(&queue), open.clone());
            let thread = std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(connection, &queue, &open))
                .map_err(|source| OpenError::File { path: name.to_owned(), source })?;
            threads.push(thread);
        }
        Ok(Self { orders, threads: Arc::new(Mutex::new(threads)) })
    }

    /// Has a piece of work done by one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        let (answer, mut answered) = oneshot::channel();
        // Taken once: by the thread that begins the work, or by who no longer waits for that.
        let taken = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&taken);
        let job: Job = Box::new(move |connection| {
            // A closed answer: the request was cut off while this lay in the queue.
            if answer.is_closed() || begun.swap(true, Ordering::SeqCst) {
                return;
            }
            let _nobody_waits_any_more = answer.send(work(connection));
        });
        let place = tokio::time::timeout(WAIT, self.orders.reserve())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| RepositoryError::Unavailable(Box::new(closed)))?;
        place.send(Order::Do(job));
        let answer = match tokio::time::timeout(PATIENCE, &mut answered).await {
            Ok(answer) => answer,
            Err(elapsed) if !taken.swap(true, Ordering::SeqCst) => {
                return Err(RepositoryError::Unavailable(Box::new(elapsed)));
            }
            Err(_) => answered.await,
        };
        answer.map_err(|gone| RepositoryError::Backend(Box::new(gone)))?
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

/// Does what the queue holds until it is told to stop.
fn work(
    mut connection: Connection,
    queue: &Mutex<mpsc::Receiver<Order>>,
    open: &impl Fn() -> Result<Connection, OpenError>,
) {
    loop {
        let order = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Order::Do(job)) = order else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_ok() {
            continue;
        }
        // Whoever waited learns of it. A transaction may be open: the connection is not used again.
        match open() {
            Ok(fresh) => connection = fresh,
            Err(error) => {
                tracing::error!(%error, "a database thread cannot go on after a panic");
                return;
            }
        }
    }
}
