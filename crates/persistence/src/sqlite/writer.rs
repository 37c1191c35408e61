//! The writer: one thread, and one commit for all who wait.
//!
//! A commit waits for the disk, and nearly all of a small write is that wait. So the writer takes all
//! the writes that wait when it becomes free into one transaction. Each has a savepoint of its own
//! there, so that one that fails is undone alone. Nobody is answered before the commit: a success
//! is not one before it, and a failure may rest on what a neighbour wrote. If the commit fails, or
//! if SQLite undoes the transaction by itself, as it does when a disk is full, it fails for all.
//! Nothing is waited for to make a batch larger.

use std::num::NonZero;
use std::sync::PoisonError;

use conversations_application::ports::RepositoryError;
use diesel::QueryResult;
use diesel::connection::AnsiTransactionManager;
use diesel_async::{AsyncConnection, TransactionManager};
use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::lane::{self, job};
use super::queue::{Desk, Order, Orders, Queue, Rules, Ticket};
use super::{Connection, errors, finished};
use crate::OpenError;
use crate::error::Failure;
use crate::metrics::PoolMetrics;
use crate::work::{Work, conclude};

/// How many writes share a commit at most, and how many may wait for the next.
const BATCH: usize = 256;

/// The queue of what is to be written, and the thread that writes.
#[derive(Clone)]
pub(super) struct Writer(Queue<Job>);

enum Job {
    /// May share a commit with others.
    Shared(Box<dyn Unit>),
    /// Needs the connection for itself, outside of any transaction.
    Alone(lane::Job),
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the connection cannot be opened or the thread cannot be started.
    pub(super) fn start(
        name: &'static str,
        rules: Rules,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        Queue::start(name, BATCH, 1, rules, open, work).map(Self)
    }

    /// Has a unit of work done in a transaction: all of it lands, or nothing. What landed is looked at
    /// before it is answered, whether or not anybody still waits for it.
    pub(super) async fn share<T, F, L>(&self, work: F, landed: L) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
        L: FnOnce(&T) + Send + 'static,
    {
        let shared = |ticket| {
            let (begun, outcome) = (false, None);
            Job::Shared(Box::new(Waiting { ticket, work: Some(work), begun, outcome, landed }))
        };
        self.0.hand_in(shared).await
    }

    /// Has work done between two transactions: such as takes long, or makes its own.
    pub(super) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        self.0.hand_in(|ticket| Job::Alone(job(ticket, work))).await
    }

    /// What waits in the queue, and is done.
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.0.metrics()
    }

    /// Lets the thread finish what was queued, and waits for its end.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

/// A unit of work in a batch.
trait Unit: Send {
    /// Whether it may begin: not when nobody waits for it any more.
    fn begin(&mut self) -> bool;

    /// Does the work in a savepoint.
    fn perform(&mut self, connection: &mut Connection);

    /// Why it failed, if it was performed and did.
    fn failure(&self) -> Option<&RepositoryError>;

    /// Answers whoever waits, now that it is known what became of the batch.
    fn answer(self: Box<Self>, batch: &Result<(), Lost>);
}

struct Waiting<T, F, L> {
    ticket: Ticket<T>,
    /// Until it is done.
    work: Option<F>,
    begun: bool,
    outcome: Option<Result<T, RepositoryError>>,
    /// Looks at what landed.
    landed: L,
}

impl<T, F, L> Unit for Waiting<T, F, L>
where
    T: Send + 'static,
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    L: FnOnce(&T) + Send + 'static,
{
    fn begin(&mut self) -> bool {
        self.begun = self.ticket.begin();
        self.begun
    }

    fn perform(&mut self, connection: &mut Connection) {
        if let Some(work) = self.work.take() {
            self.outcome = Some(finished(in_savepoint(connection, work)));
        }
    }

    fn failure(&self) -> Option<&RepositoryError> {
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err())
    }

    fn answer(self: Box<Self>, batch: &Result<(), Lost>) {
        let Self { ticket, work, begun, outcome, landed } = *self;
        // Whoever stopped waiting before the work began knows that it never will.
        if !begun && !ticket.begin() {
            return;
        }
        let panicked = work.is_none() && outcome.is_none();
        if let (Ok(()), Some(Ok(outcome))) = (batch, &outcome) {
            landed(outcome);
        }
        ticket.answer(match (batch, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(lost), _) if !panicked => Err(lost.failure()),
            _ => Err(RepositoryError::Backend("the work panicked".into())),
        });
    }
}

/// Why nothing of a batch was written.
enum Lost {
    Full,
    Unavailable(String),
    Backend(String),
}

impl Lost {
    /// What each of the batch is told.
    fn failure(&self) -> RepositoryError {
        match self {
            Self::Full => RepositoryError::StorageFull,
            Self::Unavailable(reason) => RepositoryError::Unavailable(reason.as_str().into()),
            Self::Backend(reason) => RepositoryError::Backend(reason.as_str().into()),
        }
    }

    /// SQLite undid the whole transaction when this failed.
    fn undone_by(failure: Option<&RepositoryError>) -> Self {
        match failure {
            Some(RepositoryError::StorageFull) => Self::Full,
            Some(other) => Self::Unavailable(format!("SQLite undid the transaction: {other}")),
            None => Self::Unavailable("SQLite undid the transaction".to_owned()),
        }
    }
}

impl From<diesel::result::Error> for Lost {
    fn from(error: diesel::result::Error) -> Self {
        match errors::classify(error) {
            RepositoryError::StorageFull => Self::Full,
            RepositoryError::Unavailable(source) => Self::Unavailable(source.to_string()),
            other => Self::Backend(format!("{other:?}")),
        }
    }
}

/// Does what the queue holds until it is told to stop.
fn work(mut desk: Desk, orders: &Orders<Job>) {
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    let mut next = orders.blocking_recv();
    loop {
        next = match next {
            Some(Order::Do(Job::Alone(job))) => {
                let at_rest = desk.work(|connection| {
                    job(connection);
                    is_at_rest(connection)
                });
                if at_rest == Some(false) {
                    desk.discard();
                }
                orders.blocking_recv()
            }
            Some(Order::Do(Job::Shared(first))) => {
                let (batch, next) = gather(first, &mut orders);
                write(&mut desk, batch);
                match next {
                    None => orders.blocking_recv(),
                    next => next,
                }
            }
            Some(Order::Stop) | None => return,
        };
    }
}

/// The units that wait now, and what follows them if that is something else.
fn gather(
    first: Box<dyn Unit>,
    orders: &mut mpsc::Receiver<Order<Job>>,
) -> (Vec<Box<dyn Unit>>, Option<Order<Job>>) {
    let mut batch = vec![first];
    while batch.len() < BATCH {
        match orders.try_recv() {
            Ok(Order::Do(Job::Shared(unit))) => batch.push(unit),
            Ok(other) => return (batch, Some(other)),
            Err(_empty_or_closed) => break,
        }
    }
    (batch, None)
}

/// Writes a batch and answers everybody in it. What was committed to a file that has lost its name
/// is not acknowledged.
fn write(desk: &mut Desk, mut batch: Vec<Box<dyn Unit>>) {
    let files = desk.files();
    let written = match files.lost() {
        Some(reason) => Err(Lost::Unavailable(reason.to_owned())),
        None => write_all(desk, &mut batch),
    };
    let written = written.and_then(|count| match files.check() {
        Ok(()) => Ok(count),
        Err(error) => Err(Lost::Unavailable(error.to_string())),
    });
    match written {
        Ok(0) | Err(Lost::Unavailable(_) | Lost::Backend(_)) => {}
        Ok(_) => files.note_full(false),
        Err(Lost::Full) => files.note_full(true),
    }
    let written = written.map(|count| {
        if count > 0 {
            desk.shared_by(count);
        }
    });
    for unit in batch {
        unit.answer(&written);
    }
}

/// Writes a batch: so many.
fn write_all(desk: &mut Desk, batch: &mut [Box<dyn Unit>]) -> Result<usize, Lost> {
    let written = desk.work(|connection| {
        let written = in_one_commit(connection, batch);
        (written, is_at_rest(connection))
    });
    match written {
        Some((written, at_rest)) => {
            if !at_rest {
                desk.discard();
            }
            written
        }
        None => Err(Lost::Unavailable("the writer lost its connection".to_owned())),
    }
}

/// Performs what is still waited for, and commits it: so many.
fn in_one_commit(connection: &mut Connection, batch: &mut [Box<dyn Unit>]) -> Result<usize, Lost> {
    let mut begun = 0;
    for unit in batch {
        if !unit.begin() {
            continue;
        }
        if begun == 0 {
            begin(connection)?;
        }
        begun += 1;
        unit.perform(connection);
        if depth(connection) != Some(1) {
            return Err(Lost::undone_by(unit.failure()));
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

/// In how many transactions, one in the other, the connection is; `None` also when that is unknown.
fn depth(connection: &mut Connection) -> Option<u32> {
    let status =
        <Connection as AsyncConnection>::TransactionManager::transaction_manager_status_mut(
            connection,
        );
    Some(status.transaction_depth().ok()?.map_or(0, NonZero::get))
}

/// Whether the connection is in no transaction. One that is open undoes what was not committed.
fn is_at_rest(connection: &mut Connection) -> bool {
    if depth(connection) == Some(1) {
        // What became of it, the next line finds out.
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
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send>,
{
    // Inside of a transaction, what begins is a savepoint.
    <Connection as AsyncConnection>::TransactionManager::begin_transaction(connection).await?;
    conclude(connection, work).await
}

#[cfg(test)]
mod tests;
