//! The writer: one thread, and one commit for all waiting writes (group commit).
//!
//! A commit waits for the disk, and that is most of the time of a small write. So the writer puts
//! all waiting writes into one transaction when it becomes free. Each has a savepoint of its own
//! there, so that one that fails is undone alone. No caller is answered before the commit: until then a
//! success can still be undone, and a failure may be due to what a neighbour wrote. If the commit
//! fails, or if SQLite undoes the transaction by itself, as it does when a disk is full, all its writes
//! fail. The writer never waits to make a batch larger.

use std::num::NonZero;
use std::time::{Duration, Instant};

use conversations_application::ports::RepositoryError;
use diesel::QueryResult;
use diesel::connection::AnsiTransactionManager;
use diesel_async::{AsyncConnection, TransactionManager};
use futures_util::FutureExt;

use super::job_queue::{JobQueue, JobSource, PendingJob, QueueConfig, ThreadConfig, Worker};
use super::{Connection, errors, finished};
use crate::OpenError;
use crate::error::Failure;
use crate::fair_queue::Admission;
use crate::metrics::PoolMetrics;
use crate::work::{Query, Work, commit_or_roll_back};

/// How many writes share a commit at most.
const MAX_BATCH_WRITES: usize = 256;

/// A batch that took this long is committed; those of its writes that have not begun wait for their turn again.
const MAX_BATCH_TIME: Duration = Duration::from_millis(50);

/// The queue of what is to be written, and the thread that writes.
#[derive(Clone)]
pub(super) struct Writer(JobQueue<Job>);

enum Job {
    /// May share a commit with others.
    Shared(Box<dyn BatchedWrite>),
    /// Needs the connection for itself, outside of any transaction.
    Alone(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// Writes that share a commit.
type Batch = Vec<(Admission, Box<dyn BatchedWrite>)>;

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the connection cannot be opened or the thread cannot be started.
    pub(super) fn start(
        name: &'static str,
        config: QueueConfig,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let threads = ThreadConfig { name, count: 1, reserve: false, at_once: MAX_BATCH_WRITES };
        JobQueue::start(threads, config, open, work).map(Self)
    }

    /// Does a unit of work in a transaction: all of it is stored, or nothing. `on_commit` sees what was
    /// stored before the caller does, and also if the caller has gone.
    pub(super) async fn write_shared<T, F, L>(
        &self,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        let shared = |pending| {
            let (begun, took, outcome) = (false, Duration::ZERO, None);
            let work = Some(work);
            Job::Shared(Box::new(SharedWrite { pending, work, begun, took, outcome, on_commit }))
        };
        self.0.submit(shared).await
    }

    /// Does work between two transactions: work that takes long, or makes transactions of its own.
    pub(super) async fn write_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        let alone = |pending: PendingJob<T>| {
            Job::Alone(Box::new(move |connection| {
                if pending.begin() {
                    let outcome = work(connection);
                    pending.answer(outcome);
                }
            }))
        };
        self.0.submit(alone).await
    }

    /// How much waits in the queue, and how long it takes.
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.0.metrics()
    }

    /// Lets the thread finish what was queued, and waits for its end.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

/// A unit of work in a batch.
trait BatchedWrite: Send {
    /// Begins the work, unless the caller has gone; returns whether it did.
    fn begin(&mut self) -> bool;

    /// Does the work in a savepoint.
    fn perform(&mut self, connection: &mut Connection);

    /// How long that took.
    fn took(&self) -> Duration;

    /// Why it failed, if it was performed and did.
    fn failure(&self) -> Option<&RepositoryError>;

    /// Answers the caller, now that it is known what became of the batch.
    fn answer(self: Box<Self>, batch: &Result<(), BatchFailure>);
}

struct SharedWrite<T, F, L> {
    pending: PendingJob<T>,
    /// Until it is done.
    work: Option<F>,
    begun: bool,
    took: Duration,
    outcome: Option<Result<T, RepositoryError>>,
    /// Is called with what was stored.
    on_commit: L,
}

impl<T, F, L> BatchedWrite for SharedWrite<T, F, L>
where
    T: Send + 'static,
    F: Query<Connection, T>,
    L: FnOnce(&T) + Send + 'static,
{
    fn begin(&mut self) -> bool {
        self.begun = self.pending.begin();
        self.begun
    }

    fn perform(&mut self, connection: &mut Connection) {
        let start = Instant::now();
        if let Some(work) = self.work.take() {
            self.outcome = Some(finished(in_savepoint(connection, work)));
        }
        self.took = start.elapsed();
    }

    fn took(&self) -> Duration {
        self.took
    }

    fn failure(&self) -> Option<&RepositoryError> {
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err())
    }

    fn answer(self: Box<Self>, batch: &Result<(), BatchFailure>) {
        let Self { pending, work, begun, took: _, outcome, on_commit } = *self;
        // A caller that stopped waiting before the work began was told that it will not be done.
        if !begun && !pending.begin() {
            return;
        }
        let panicked = work.is_none() && outcome.is_none();
        if let (Ok(()), Some(Ok(outcome))) = (batch, &outcome) {
            on_commit(outcome);
        }
        pending.answer(match (batch, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(lost), _) if !panicked => Err(lost.failure()),
            _ => Err(RepositoryError::Backend("the work panicked".into())),
        });
    }
}

/// Why nothing of a batch was written.
enum BatchFailure {
    Full,
    Unavailable(String),
    Backend(String),
}

impl BatchFailure {
    /// The error of each write of the batch.
    fn failure(&self) -> RepositoryError {
        match self {
            Self::Full => RepositoryError::StorageFull,
            Self::Unavailable(reason) => RepositoryError::Unavailable(reason.as_str().into()),
            Self::Backend(reason) => RepositoryError::Backend(reason.as_str().into()),
        }
    }

    /// SQLite undid the whole transaction when this failed.
    fn from_rollback(failure: Option<&RepositoryError>) -> Self {
        match failure {
            Some(RepositoryError::StorageFull) => Self::Full,
            Some(other) => {
                Self::Unavailable(format!("SQLite rolled back the transaction: {other}"))
            }
            None => Self::Unavailable("SQLite rolled back the transaction".to_owned()),
        }
    }
}

impl From<diesel::result::Error> for BatchFailure {
    fn from(error: diesel::result::Error) -> Self {
        match errors::classify(error) {
            RepositoryError::StorageFull => Self::Full,
            RepositoryError::Unavailable(source) => Self::Unavailable(source.to_string()),
            other => Self::Backend(format!("{other:?}")),
        }
    }
}

/// Does what the queue holds until it is told to stop.
fn work(mut worker: Worker, jobs: &JobSource<Job>) {
    while let Some((admission, job)) = jobs.next(None) {
        match job {
            Job::Alone(job) => {
                let begun = Instant::now();
                let at_rest = worker.work(|connection| {
                    job(connection);
                    ensure_no_transaction(connection)
                });
                if at_rest == Some(false) {
                    worker.discard();
                }
                jobs.finish([(admission, begun.elapsed())]);
            }
            Job::Shared(first) => write(&mut worker, jobs, collect_batch((admission, first), jobs)),
        }
    }
}

/// The shared writes at the head of the queue, up to a job that needs the connection alone.
fn collect_batch(first: (Admission, Box<dyn BatchedWrite>), jobs: &JobSource<Job>) -> Batch {
    let more = jobs.next_while(|job| matches!(job, Job::Shared(_))).into_iter();
    let more = more.filter_map(|(admission, job)| match job {
        Job::Shared(unit) => Some((admission, unit)),
        Job::Alone(_) => None,
    });
    std::iter::once(first).chain(more).collect()
}

/// Writes a batch and answers all its callers. What was committed to a file that has lost its name
/// is not acknowledged.
fn write(worker: &mut Worker, jobs: &JobSource<Job>, mut batch: Batch) {
    let files = worker.files();
    let written = match files.lost() {
        Some(reason) => Err(BatchFailure::Unavailable(reason.to_owned())),
        None => write_all(worker, jobs, &mut batch),
    };
    let written = written.and_then(|count| match files.check() {
        Ok(()) => Ok(count),
        Err(error) => Err(BatchFailure::Unavailable(error.to_string())),
    });
    match written {
        Ok(0) | Err(BatchFailure::Unavailable(_) | BatchFailure::Backend(_)) => {}
        Ok(_) => files.note_full(false),
        Err(BatchFailure::Full) => files.note_full(true),
    }
    let written = written.map(|count| {
        if count > 0 {
            worker.shared_by(count);
        }
    });
    jobs.finish(batch.iter().map(|(admission, unit)| (*admission, unit.took())));
    for (_, unit) in batch {
        unit.answer(&written);
    }
}

/// Writes a batch, and returns how many writes it was.
fn write_all(
    worker: &mut Worker,
    jobs: &JobSource<Job>,
    batch: &mut Batch,
) -> Result<usize, BatchFailure> {
    let written = worker.work(|connection| {
        let written = commit_batch(connection, jobs, batch);
        (written, ensure_no_transaction(connection))
    });
    match written {
        Some((written, at_rest)) => {
            if !at_rest {
                worker.discard();
            }
            written
        }
        None => Err(BatchFailure::Unavailable("the writer lost its connection".to_owned())),
    }
}

/// Performs the writes that are still waited for, commits them, and returns how many they were.
/// What would take the batch too long is taken out of it.
fn commit_batch(
    connection: &mut Connection,
    jobs: &JobSource<Job>,
    batch: &mut Batch,
) -> Result<usize, BatchFailure> {
    // Only the time of the units counts, not that spent waiting for other processes.
    let (mut begun, mut place, mut took) = (0, 0, Duration::ZERO);
    while let Some((_, unit)) = batch.get_mut(place) {
        if took >= MAX_BATCH_TIME {
            for (admission, unit) in batch.split_off(place) {
                jobs.requeue(admission, Job::Shared(unit));
            }
            break;
        }
        place += 1;
        if !unit.begin() {
            continue;
        }
        if begun == 0 {
            begin(connection)?;
        }
        begun += 1;
        unit.perform(connection);
        took += unit.took();
        if depth(connection) != Some(1) {
            return Err(BatchFailure::from_rollback(unit.failure()));
        }
    }
    if begun > 0 {
        commit(connection)?;
    }
    Ok(begun)
}

fn begin(connection: &mut Connection) -> QueryResult<()> {
    // A deferred transaction that reads first cannot be sure of becoming a writer.
    let begin = connection.spawn_blocking(|connection| {
        AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
    });
    at_once(begin)
}

fn commit(connection: &mut Connection) -> QueryResult<()> {
    at_once(<Connection as AsyncConnection>::TransactionManager::commit_transaction(connection))
}

/// How many nested transactions the connection is in; `None` when that is unknown.
fn depth(connection: &mut Connection) -> Option<u32> {
    let status =
        <Connection as AsyncConnection>::TransactionManager::transaction_manager_status_mut(
            connection,
        );
    Some(status.transaction_depth().ok()?.map_or(0, NonZero::get))
}

/// Whether the connection is in no transaction. One that is open undoes what was not committed.
fn ensure_no_transaction(connection: &mut Connection) -> bool {
    if depth(connection) == Some(1) {
        // The next line checks whether that succeeded.
        let _undone = at_once(
            <Connection as AsyncConnection>::TransactionManager::rollback_transaction(connection),
        );
    }
    depth(connection) == Some(0)
}

/// The outcome of a statement that runs in this thread.
fn at_once(statement: impl Future<Output = QueryResult<()>>) -> QueryResult<()> {
    statement.now_or_never().unwrap_or(Err(diesel::result::Error::BrokenTransactionManager))
}

async fn in_savepoint<T, F>(connection: &mut Connection, work: F) -> Result<T, Failure>
where
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, WorkFuture: Send>,
{
    // Inside of a transaction, what begins is a savepoint.
    <Connection as AsyncConnection>::TransactionManager::begin_transaction(connection).await?;
    commit_or_roll_back(connection, work).await
}

#[cfg(test)]
mod tests;
