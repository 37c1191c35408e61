//! A worker pool: threads that do one job after the other, each with its own connection.

use std::time::Instant;

use conversations_application::ports::RepositoryError;

use super::Connection;
use super::job_queue::{JobQueue, JobSource, PendingJob, QueueConfig, ThreadConfig, Worker};
use crate::OpenError;
use crate::metrics::PoolMetrics;

/// A piece of work that answers its caller.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A queue of work, and the threads that do it.
#[derive(Clone)]
pub(super) struct WorkerPool(JobQueue<Job>);

impl WorkerPool {
    /// Starts a worker pool of this many threads for one workspace, and one more that is reserved for
    /// workspaces without a thread.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        name: &'static str,
        count: usize,
        config: QueueConfig,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let threads = ThreadConfig { name, count: count + 1, reserve: true, at_once: 1 };
        JobQueue::start(threads, config, open, work).map(Self)
    }

    /// Starts a worker pool of one thread, for work that is over in a moment.
    ///
    /// # Errors
    /// When the connection cannot be opened or the thread cannot be started.
    pub(super) fn start_single(
        name: &'static str,
        config: QueueConfig,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let threads = ThreadConfig { name, count: 1, reserve: false, at_once: 1 };
        JobQueue::start(threads, config, open, work).map(Self)
    }

    /// Has a piece of work done by one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        self.0.submit(|pending| job(pending, work)).await
    }

    /// What waits in it, and is done.
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.0.metrics()
    }

    /// Lets the threads finish what was queued, and waits for their end.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

/// Work whose outcome the owner of the pending job waits for, and that is stopped when the owner has
/// gone.
fn job<T: Send + 'static>(
    pending: PendingJob<T>,
    work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
) -> Job {
    Box::new(move |connection| {
        if pending.begin() {
            let outcome = {
                let _until = pending.interrupt().watch();
                work(connection)
            };
            pending.answer(outcome);
        }
    })
}

/// Does what the queue holds until it is told to stop.
fn work(mut worker: Worker, jobs: &JobSource<Job>) {
    let mut done = None;
    while let Some((admission, job)) = jobs.next(done) {
        let begun = Instant::now();
        let _panicked = worker.work(job);
        done = Some((admission, begun.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use conversations_application::owner::{Owner, scope};
    use conversations_domain::{KeyId, WorkspaceId};
    use diesel::connection::SimpleConnection;
    use diesel::{Connection as _, SqliteConnection};
    use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
    use futures_util::FutureExt;
    use tokio::time::timeout;
    use uuid::Uuid;

    use super::*;
    use crate::sqlite::files::DatabaseFiles;
    use crate::sqlite::{InThread, errors, interrupt};
    use crate::task_tracker::TaskTracker;
    use crate::timeout_budget::TimeoutBudget;

    /// Longer than any test takes.
    const FOR_EVER: &str = "WITH RECURSIVE numbers (n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000000) \
        SELECT COUNT(*) FROM numbers WHERE while_awaited(n)";

    const SOON: Duration = Duration::from_secs(5);

    fn config(request: Duration) -> QueueConfig {
        let files = Arc::new(DatabaseFiles::of(Path::new(":memory:")));
        QueueConfig { timeouts: TimeoutBudget::of(request), tasks: TaskTracker::default(), files }
    }

    fn pool(count: usize, config: &QueueConfig) -> WorkerPool {
        let open = || {
            let mut connection = SqliteConnection::establish(":memory:").expect("a database");
            interrupt::register(&mut connection).expect("a function");
            Ok(SyncConnectionWrapper::with_runtime(connection, InThread))
        };
        WorkerPool::start("test", count, config.clone(), open).expect("a lane")
    }

    fn of(number: u128) -> Owner {
        let id = Uuid::from_u128(number);
        Owner { workspace: WorkspaceId::from_uuid(id), key: KeyId::from_uuid(id) }
    }

    async fn run(pool: WorkerPool, sql: &'static str) -> Result<(), RepositoryError> {
        pool.run(move |connection| {
            let done = connection.spawn_blocking(move |connection| connection.batch_execute(sql));
            done.now_or_never().expect("it is done in this thread").map_err(errors::classify)
        })
        .await
    }

    #[tokio::test]
    async fn abandoned_reads_are_stopped() {
        let config = config(Duration::from_secs(600));
        let reading = tokio::spawn(run(pool(1, &config), FOR_EVER));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(config.tasks.drained().now_or_never(), None);

        reading.abort();

        timeout(SOON, config.tasks.drained()).await.expect("it is over");
    }

    #[tokio::test]
    async fn slow_reads_are_stopped_in_time() {
        let config = config(Duration::from_millis(500));

        let stopped = timeout(SOON, run(pool(1, &config), FOR_EVER)).await.expect("an answer");

        assert!(matches!(stopped, Err(RepositoryError::Unavailable(_))), "{stopped:?}");
    }

    #[tokio::test]
    async fn no_workspace_takes_every_thread() {
        let config = config(Duration::from_secs(600));
        let pool = pool(2, &config);
        let greedy: Vec<_> =
            (0..8).map(|_| tokio::spawn(scope(of(1), run(pool.clone(), FOR_EVER)))).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;

        for _ in 0..20 {
            let modest = scope(of(2), run(pool.clone(), "SELECT 1"));
            let answered = timeout(SOON, modest).await.expect("a thread");
            assert!(answered.is_ok(), "{answered:?}");
        }

        for each in greedy {
            each.abort();
        }
        timeout(SOON, config.tasks.drained()).await.expect("it is over");
    }
}
