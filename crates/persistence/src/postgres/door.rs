//! A door to PostgreSQL: some connections, and as many permits to use one.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use diesel_async::AnsiTransactionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Connection, errors};
use crate::error::Failure;
use crate::underway::{Going, Underway};
use crate::work::{Work, conclude};

/// How long what is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// A permit.
    pub(super) place: Duration,
    /// A new connection.
    pub(super) connect: Duration,
    /// A used connection to be made ready.
    pub(super) recycle: Duration,
    /// The outcome of work on a connection.
    pub(super) answer: Duration,
}

#[derive(Clone)]
pub(super) struct Door {
    pool: Pool<Connection>,
    permits: Arc<Semaphore>,
    underway: Underway,
    times: Times,
}

impl Door {
    pub(super) fn new(pool: Pool<Connection>, times: Times, underway: &Underway) -> Self {
        let permits = Arc::new(Semaphore::new(pool.status().max_size));
        Self { pool, permits, underway: underway.clone(), times }
    }

    /// How long it is waited for a permit.
    pub(super) fn patience(&self) -> Duration {
        self.times.place
    }

    /// That something goes on here, even between two pieces of work.
    pub(super) fn begin(&self) -> Going {
        self.underway.begin()
    }

    /// Runs work that is over in a moment.
    pub(super) async fn run<T, F>(
        &self,
        begin: Option<Cow<'static, str>>,
        work: F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        self.run_for(Some(Duration::ZERO), begin, work).await
    }

    /// Runs work in a task of its own, once a connection is free; it may take so much longer than
    /// other work, or as long as it likes. A server that does not even stop a statement in time is
    /// not waited for, and its connection is thrown away: it may have died without a word.
    pub(super) async fn run_for<T, F>(
        &self,
        longer: Option<Duration>,
        begin: Option<Cow<'static, str>>,
        work: F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        let Times { place, answer, .. } = self.times;
        let answer = longer.map_or(Duration::MAX, |longer| answer.saturating_add(longer));
        let permit = timeout(place, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| RepositoryError::Unavailable(Box::new(closed)))?;
        let (pool, going) = (self.pool.clone(), self.underway.begin());
        let task = tokio::spawn(async move {
            let _until_the_end = (permit, going);
            let mut connection = pool.get().await.map_err(errors::no_connection)?;
            match timeout(answer, perform(&mut connection, begin, work)).await {
                Ok(Ok(done)) => Ok(done),
                Ok(Err(Failure::Database(error))) => Err(errors::classify(error)),
                Ok(Err(Failure::Repository(error))) => Err(error),
                Err(elapsed) => {
                    drop(Object::take(connection));
                    Err(RepositoryError::Unavailable(Box::new(elapsed)))
                }
            }
        });
        task.await.unwrap_or_else(|error| {
            // A task that did not panic ended with the runtime of its worker.
            let panicked = error.is_panic();
            let error = Box::new(error);
            Err(if panicked {
                RepositoryError::Backend(error)
            } else {
                RepositoryError::Unavailable(error)
            })
        })
    }

    /// Lets nobody through any more, and closes the connections that nobody uses.
    pub(super) fn close(&self) {
        self.permits.close();
        self.pool.close();
    }
}

/// Runs work on a connection, in a transaction if one is to begin.
async fn perform<T, F>(
    connection: &mut Connection,
    begin: Option<Cow<'static, str>>,
    work: F,
) -> Result<T, Failure>
where
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send>,
{
    let Some(begin) = begin else { return work(connection).await };
    AnsiTransactionManager::begin_transaction_sql(connection, &begin).await?;
    conclude(connection, work).await
}
