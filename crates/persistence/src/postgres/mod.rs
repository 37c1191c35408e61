//! PostgreSQL: the dialect, and how work reaches a connection.
//!
//! A request that is cut off must neither leave a query running on a pooled connection nor queue
//! work that nobody waits for. So the permit to use a connection is taken first, while waiting
//! for it can still be cancelled; then the work runs in a task of its own, which a dropped request
//! does not stop, to the end of its transaction.

mod errors;
mod store;

use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection};
use tokio::sync::Semaphore;

pub(crate) use store::open;

use crate::error::Failure;
use crate::work::{Work, conclude};

// The queries are written once and compiled once per database: diesel's types differ per backend,
// and being generic over them needs its unstable features. `super` is the dialect they see.
#[path = "../repositories/mod.rs"]
pub(crate) mod repositories;

pub(crate) type Backend = diesel::pg::Pg;
pub(crate) type Connection = AsyncPgConnection;

/// How long a request waits for a connection before it is told to come back later.
const WAIT: Duration = Duration::from_secs(3);

/// How long a request waits for an answer: a little longer than any statement may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to PostgreSQL of one worker.
#[derive(Clone)]
pub(crate) struct Database {
    pool: Pool<AsyncPgConnection>,
    permits: Arc<Semaphore>,
}

impl Database {
    fn new(pool: Pool<AsyncPgConnection>) -> Self {
        let permits = Arc::new(Semaphore::new(pool.status().max_size));
        Self { pool, permits }
    }

    /// Runs one query.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        self.run(None, PATIENCE, work).await
    }

    /// Runs queries that see the database as it was at one moment.
    pub(crate) async fn snapshot<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        self.run(Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), PATIENCE, work).await
    }

    /// Runs a write: all of it lands, or nothing.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        self.run(Some("BEGIN"), PATIENCE, work).await
    }

    /// Runs a write of an operator, which takes as long as there is data.
    pub(crate) async fn write_at_length<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        let begin = "BEGIN; SET LOCAL statement_timeout = 0";
        self.run(Some(begin), Duration::MAX, work).await
    }

    /// Runs work in a task of its own, once a connection is free. A server that does not even stop
    /// a statement in time is not waited for, and its connection is thrown away: it may have died
    /// without a word.
    async fn run<T, F>(
        &self,
        begin: Option<&'static str>,
        patience: Duration,
        work: F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| RepositoryError::Unavailable(Box::new(closed)))?;
        let pool = self.pool.clone();
        let task = tokio::spawn(async move {
            let _permit = permit;
            let mut connection = pool.get().await.map_err(errors::no_connection)?;
            match tokio::time::timeout(patience, perform(&mut connection, begin, work)).await {
                Ok(Ok(done)) => Ok(done),
                Ok(Err(Failure::Database(error))) => Err(errors::classify(error)),
                Ok(Err(Failure::Repository(error))) => Err(error),
                Err(elapsed) => {
                    drop(Object::take(connection));
                    Err(RepositoryError::Unavailable(Box::new(elapsed)))
                }
            }
        });
        task.await.map_err(|panicked| RepositoryError::Backend(Box::new(panicked)))?
    }
}

/// Runs work on a connection, in a transaction if one is to begin.
async fn perform<T, F>(
    connection: &mut Connection,
    begin: Option<&'static str>,
    work: F,
) -> Result<T, Failure>
where
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send>,
{
    let Some(begin) = begin else { return work(connection).await };
    AnsiTransactionManager::begin_transaction_sql(connection, begin).await?;
    conclude(connection, work).await
}
