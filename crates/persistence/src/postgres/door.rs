//! A door to PostgreSQL: some connections, and as many permits to use one.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use diesel_async::AnsiTransactionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::{Connection, errors};
use crate::error::Failure;
use crate::metrics::{PoolMetrics, Traffic};
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
    traffic: Arc<Traffic>,
    /// What every transaction is told first, where a connection does not keep it.
    transaction_settings: Option<Arc<str>>,
}

impl Door {
    pub(super) fn new(
        pool: Pool<Connection>,
        times: Times,
        underway: &Underway,
        traffic: &Arc<Traffic>,
        transaction_settings: Option<String>,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(pool.status().max_size));
        Self {
            pool,
            permits,
            underway: underway.clone(),
            times,
            traffic: Arc::clone(traffic),
            transaction_settings: transaction_settings.map(Into::into),
        }
    }

    /// Adds its connections to those that are for the same.
    pub(super) fn add_to(&self, pools: &mut [PoolMetrics]) {
        let status = self.pool.status();
        if let Some(pool) = pools.iter_mut().find(|pool| pool.name == self.traffic.name) {
            pool.limit += status.max_size;
            pool.open += status.size;
        }
    }

    /// So much work was done at once.
    pub(super) fn shared_by(&self, count: usize) {
        self.traffic.shared_by(count);
    }

    /// How long it is waited for a permit.
    pub(super) fn patience(&self) -> Duration {
        self.times.place
    }

    /// That something goes on here, even between two pieces of work.
    pub(super) fn begin(&self) -> Going {
        self.underway.begin()
    }

    /// Whether settings last as long as a connection does.
    pub(super) fn keeps_settings(&self) -> bool {
        self.transaction_settings.is_none()
    }

    /// How work begins. Where settings belong to transactions, all of it is done in one.
    fn opening(&self, begin: Option<Cow<'static, str>>) -> Option<Cow<'static, str>> {
        let Some(settings) = &self.transaction_settings else { return begin };
        let begin = begin.unwrap_or(Cow::Borrowed("BEGIN"));
        // What this work sets for itself comes last.
        let (first, own) = begin.split_once(';').unwrap_or((&begin, ""));
        Some(format!("{first}; {settings};{own}").into())
    }

    /// Runs work that makes its own transactions, for as long as it takes.
    pub(super) async fn run_outside<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
    {
        self.run_as(None, None, work, |_| {}).await
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
        self.run_for(Some(Duration::ZERO), begin, work, |_| {}).await
    }

    /// Runs work in a task of its own, once a connection is free; it may take so much longer than
    /// other work, or as long as it likes. A server that does not even stop a statement in time is
    /// not waited for, and its connection is thrown away: it may have died without a word. What landed
    /// is looked at, whether or not anybody still waits for it.
    pub(super) async fn run_for<T, F, L>(
        &self,
        longer: Option<Duration>,
        begin: Option<Cow<'static, str>>,
        work: F,
        landed: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
        L: FnOnce(&T) + Send + 'static,
    {
        self.run_as(longer, self.opening(begin), work, landed).await
    }

    async fn run_as<T, F, L>(
        &self,
        longer: Option<Duration>,
        begin: Option<Cow<'static, str>>,
        work: F,
        landed: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: for<'c> Work<&'c mut Connection, Result<T, Failure>, Running: Send> + Send + 'static,
        L: FnOnce(&T) + Send + 'static,
    {
        let Times { place, answer, .. } = self.times;
        let answer = longer.map_or(Duration::MAX, |longer| answer.saturating_add(longer));
        let wait = self.traffic.wait(Instant::now());
        let permit = timeout(place, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| RepositoryError::Unavailable(Box::new(closed)))?;
        wait.over();
        let (pool, going) = (self.pool.clone(), self.underway.begin());
        let traffic = Arc::clone(&self.traffic);
        let task = tokio::spawn(async move {
            let _until_the_end = (permit, going, traffic.work());
            let mut connection = pool.get().await.map_err(errors::no_connection)?;
            match timeout(answer, perform(&mut connection, begin, work)).await {
                Ok(Ok(done)) => {
                    landed(&done);
                    Ok(done)
                }
                Ok(Err(Failure::Database(error))) => Err(errors::classify(error)),
                Ok(Err(Failure::Repository(error))) => Err(error),
                Err(elapsed) => {
                    drop(Object::take(connection));
                    Err(RepositoryError::Unavailable(Box::new(elapsed)))
                }
            }
        });
        task.await.unwrap_or_else(|error| {
            // A task that did not panic ended with the runtime of its worker. What a panic says may
            // quote what people wrote; where it was, the log knows.
            Err(if error.is_panic() {
                RepositoryError::Backend("the work panicked".into())
            } else {
                RepositoryError::Unavailable(Box::new(error))
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
