//! Writes that share a transaction: whoever writes while one is on its way waits for the next one,
//! which takes all of them along.
//!
//! There is no timer, and nobody is answered before the commit. A transaction that somebody stands
//! in the way of, or that one of the writes breaks, is undone, and each of them is tried alone. What
//! nobody knows the outcome of is not tried again.

use std::sync::Arc;

use conversations_application::ports::RepositoryError;
use futures_util::future::{BoxFuture, join_all};

use super::finder::same;
use super::queue::{Queue, Waiting};
use super::{Connection, Database, errors, waited_in_vain};
use crate::error::Failure;

/// Does several writes, of which none touches what another one does.
pub(crate) type WriteAll<W> =
    for<'c> fn(&'c mut Connection, Vec<W>, i16) -> BoxFuture<'c, Result<(), Failure>>;

/// The most writes of one transaction.
const MOST: usize = 64;

/// How a transaction begins on which others wait: for what somebody else holds, which only one of
/// its writes may need, it does not wait for long.
const BEGIN_SHARED: &str = "BEGIN; SET LOCAL lock_timeout = 50";

/// How the transaction of one write begins.
const BEGIN: &str = "BEGIN";

/// Has writes done, together where they come at once.
pub(crate) struct Together<W> {
    database: Database,
    write: WriteAll<W>,
    queue: Arc<Queue<W, ()>>,
}

impl<W> Clone for Together<W> {
    fn clone(&self) -> Self {
        let Self { database, write, queue } = self;
        Self { database: database.clone(), write: *write, queue: Arc::clone(queue) }
    }
}

impl<W: Clone + Send + 'static> Together<W> {
    pub(crate) fn new(database: &Database, write: WriteAll<W>) -> Self {
        Self { database: database.clone(), write, queue: Arc::default() }
    }

    /// Does a write; it has landed when this is over without an error.
    pub(crate) async fn write(&self, write: W) -> Result<(), RepositoryError> {
        let (answered, idle) = self.queue.join(write, self.database.changes.patience());
        if let Some(mut turn) = idle {
            // In a task of its own, which goes on for the others when this request is cut off.
            let (together, going) = (self.clone(), self.database.changes.begin());
            tokio::spawn(async move {
                while let Some(batch) = turn.take(MOST) {
                    together.write_all(batch).await;
                }
                drop(going);
            });
        }
        answered.wait().await.map(|_landed| ())
    }

    async fn write_all(&self, batch: Vec<Waiting<W, ()>>) {
        let writes = batch.iter().map(|each| each.key().clone()).collect();
        match self.perform(BEGIN_SHARED, writes).await {
            Ok(()) => {
                for each in batch {
                    each.tell(Ok(Some(())));
                }
            }
            // What stands in the way of one of them is not to hold up the next ones.
            Err(RepositoryError::Stale) => self.write_apart(batch),
            Err(error) => {
                for each in batch {
                    each.tell(Err(same(&error)));
                }
            }
        }
    }

    /// Does each write in a transaction of its own.
    fn write_apart(&self, batch: Vec<Waiting<W, ()>>) {
        let (together, going) = (self.clone(), self.database.changes.begin());
        tokio::spawn(async move {
            join_all(batch.into_iter().map(|each| together.write_one(each))).await;
            drop(going);
        });
    }

    async fn write_one(&self, waiting: Waiting<W, ()>) {
        let outcome = self.perform(BEGIN, vec![waiting.key().clone()]).await;
        waiting.tell(outcome.map(Some));
    }

    /// Does writes in one transaction. A shared one is stale when it was undone because of one of them.
    async fn perform(&self, begin: &'static str, writes: Vec<W>) -> Result<(), RepositoryError> {
        let (write, slot, shared) = (self.write, self.database.slot(), begin == BEGIN_SHARED);
        let work = async move |connection: &mut Connection| {
            let written = write(connection, writes, slot).await;
            written.map_err(|failure| if shared { undone(failure) } else { failure })
        };
        self.database.changes.run(Some(begin.into()), work).await
    }
}

/// What a failure before the commit means to those who share the transaction: each can try alone,
/// unless the database is at fault.
fn undone(failure: Failure) -> Failure {
    let error = match failure {
        Failure::Database(error) if waited_in_vain(&error) => RepositoryError::Stale,
        Failure::Database(error) => errors::classify(error),
        Failure::Repository(error) => error,
    };
    match error {
        RepositoryError::Unavailable(_) | RepositoryError::StorageFull => error.into(),
        _ => RepositoryError::Stale.into(),
    }
}
