//! Writes that share a transaction: writes that arrive while some are on their way wait for the next
//! one, which takes all of them along.
//!
//! There is no timer, and no caller is answered before the commit. A transaction that is blocked by
//! another one, or that one of its writes breaks, is rolled back, and each write is tried alone. A
//! write whose outcome is unknown is not tried again. Where workspaces lie on several machines, a
//! transaction is about one workspace.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::metrics::timed;
use conversations_application::ports::RepositoryError;
use futures_util::future::join_all;

use super::batch_loader::clone_error;
use super::batch_queue::{BatchQueue, PendingRequest};
use super::{Connection, Database, errors, is_lock_timeout_error};
use crate::error::Failure;
use crate::work::{BatchWrite, InWorkspace};

/// The most writes of one transaction.
const MOST: usize = 64;

/// How many transactions may be on their way at once: while one waits for its commit to reach the
/// disk, the next one does its work.
const AT_ONCE: usize = 2;

/// How many when each is about one workspace.
const AT_ONCE_WHEN_SHARDED: usize = 4;

/// How a transaction begins on which others wait: it does not wait long for a lock of another
/// transaction, which only one of its writes may need.
const BEGIN_SHARED: &str = "BEGIN; SET LOCAL lock_timeout = 50";

/// How the transaction of one write begins.
const BEGIN: &str = "BEGIN";

/// Has writes done, together where they come at once.
pub(crate) struct WriteBatcher<W, O> {
    database: Database,
    write: BatchWrite<Connection, W, O>,
    queue: Arc<BatchQueue<W, O>>,
}

impl<W, O> Clone for WriteBatcher<W, O> {
    fn clone(&self) -> Self {
        let Self { database, write, queue } = self;
        Self { database: database.clone(), write: *write, queue: Arc::clone(queue) }
    }
}

impl<W: InWorkspace + Clone + Send + 'static, O: Send + 'static> WriteBatcher<W, O> {
    pub(crate) fn new(database: &Database, write: BatchWrite<Connection, W, O>) -> Self {
        Self { database: database.clone(), write, queue: Arc::default() }
    }

    /// Does a write; it has landed when this is over without an error.
    pub(crate) async fn write(&self, write: W) -> Result<O, RepositoryError> {
        let is_sharded = self.database.is_sharded();
        let most = if is_sharded { AT_ONCE_WHEN_SHARDED } else { AT_ONCE };
        let (pending, idle) = self.queue.join(write, self.database.writers.permit_timeout(), most);
        if let Some(mut leader) = idle {
            // In a task of its own, which goes on for the others when this request is cut off.
            let (batcher, guard) = (self.clone(), self.database.writers.begin());
            tokio::spawn(timed(async move {
                while let Some(batch) = leader.next_batch(MOST, |one, other| {
                    !is_sharded || one.workspace() == other.workspace()
                }) {
                    batcher.write_all(batch).await;
                }
                drop(guard);
            }));
        }
        let nothing = || RepositoryError::Backend("a write without an outcome".into());
        pending.wait().await?.ok_or_else(nothing)
    }

    async fn write_all(&self, batch: Vec<PendingRequest<W, O>>) {
        let writes = batch.iter().map(|each| each.key().clone()).collect();
        match self.run_in_transaction(BEGIN_SHARED, writes).await {
            Ok(outcomes) => {
                self.database.writers.shared_by(batch.len());
                for (each, outcome) in batch.into_iter().zip(outcomes) {
                    each.respond(outcome.map(Some));
                }
            }
            // What stands in the way of one of them is not to hold up the next ones.
            Err(RepositoryError::Stale) => self.write_separately(batch),
            Err(error) => {
                for each in batch {
                    each.respond(Err(clone_error(&error)));
                }
            }
        }
    }

    /// Does each write in a transaction of its own.
    fn write_separately(&self, batch: Vec<PendingRequest<W, O>>) {
        let (batcher, guard) = (self.clone(), self.database.writers.begin());
        tokio::spawn(timed(async move {
            join_all(batch.into_iter().map(|each| batcher.write_one(each))).await;
            drop(guard);
        }));
    }

    async fn write_one(&self, waiting: PendingRequest<W, O>) {
        let outcomes = self.run_in_transaction(BEGIN, vec![waiting.key().clone()]).await;
        if outcomes.is_ok() {
            self.database.writers.shared_by(1);
        }
        waiting.respond(outcomes.and_then(|mut outcomes| outcomes.pop().transpose()));
    }

    /// Does writes in one transaction. A shared one is stale when it was undone because of one of them.
    async fn run_in_transaction(
        &self,
        begin: &'static str,
        writes: Vec<W>,
    ) -> Result<Vec<Result<O, RepositoryError>>, RepositoryError> {
        let (write, slot, shared) = (self.write, self.database.slot(), begin == BEGIN_SHARED);
        let work = async move |connection: &mut Connection| {
            let written = write(connection, writes, slot).await;
            written.map_err(|failure| if shared { retryable_separately(failure) } else { failure })
        };
        let begin = Some(begin.into());
        self.database.writers.run_with_policy(Some(Duration::ZERO), begin, work, |_| {}).await
    }
}

/// What a failure before the commit means to those who share the transaction: each can try alone,
/// unless the database is at fault.
fn retryable_separately(failure: Failure) -> Failure {
    let error = match failure {
        Failure::Database(error) if is_lock_timeout_error(&error) => RepositoryError::Stale,
        Failure::Database(error) => errors::classify(error),
        Failure::Repository(error) => error,
    };
    match error {
        RepositoryError::Unavailable(_) | RepositoryError::StorageFull => error.into(),
        _ => RepositoryError::Stale.into(),
    }
}
