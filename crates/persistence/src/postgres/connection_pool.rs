//! A connection pool for PostgreSQL: some connections, and as many permits to use one.
//!
//! A read whose caller has gone, because the request was answered or cut off, is cancelled at the
//! server. A write is not: it may have been committed.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use conversations_application::metrics::timed;
use conversations_application::ports::RepositoryError;
use diesel_async::AnsiTransactionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use futures_util::future::join;
use tokio::sync::oneshot;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout};
use tokio_postgres::CancelToken;

use super::permits::Permits;
use super::target::Target;
use super::{Connection, errors};
use crate::error::Failure;
use crate::fair_queue::QueueLimits;
use crate::metrics::{PoolCounters, PoolMetrics};
use crate::task_tracker::{TaskGuard, TaskTracker};
use crate::work::{Query, Work, commit_or_roll_back};

/// How long what is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// A permit.
    pub(super) place: Duration,
    /// A new connection.
    pub(super) connect: Duration,
    /// A used connection to be made ready.
    pub(super) recycle: Duration,
    /// A statement, before the server ends it.
    pub(super) statement: Duration,
    /// The outcome of work on a connection.
    pub(super) answer: Duration,
}

/// How many pieces of work of one workspace may wait at a connection pool.
const ROOM: usize = 512;

/// What is over so soon is not cancelled: that takes a connection of its own.
const GRACE: Duration = Duration::from_millis(20);

/// How often it is tried to cancel a statement whose caller has gone.
const CANCELLATIONS: usize = 5;

/// How long it may take to ask the server for that: the way to it may have died without a word.
const CANCEL_TIMEOUT: Duration = Duration::from_millis(200);

/// How long it is waited for the end of a statement after each time.
const PAUSE_BETWEEN_CANCELLATIONS: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(super) struct ConnectionPool {
    pool: Pool<Connection>,
    /// Where statements are cancelled.
    target: Target,
    permits: Permits,
    tasks: TaskTracker,
    timeouts: Timeouts,
    traffic: Arc<PoolCounters>,
    /// What every transaction is told first, where a connection does not keep it, or another node does
    /// the work.
    transaction_settings: Option<Arc<str>>,
}

impl ConnectionPool {
    /// A pool with this many connections, the last of which may be reserved for workspaces that
    /// hold none.
    pub(super) fn new(
        target: &Target,
        pool: Pool<Connection>,
        reserve: bool,
        timeouts: Timeouts,
        tasks: &TaskTracker,
        traffic: &Arc<PoolCounters>,
        transaction_settings: Option<String>,
    ) -> Self {
        let limits = QueueLimits { places: pool.status().max_size, reserve, room: ROOM };
        Self {
            pool,
            target: target.clone(),
            permits: Permits::new(limits),
            tasks: tasks.clone(),
            timeouts,
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
    pub(super) fn permit_timeout(&self) -> Duration {
        self.timeouts.place
    }

    /// That something goes on here, even between two pieces of work.
    pub(super) fn begin(&self) -> TaskGuard {
        self.tasks.begin()
    }

    /// How work begins. Where settings belong to transactions, all of it is done in one.
    fn begin_statement(&self, begin: Option<Cow<'static, str>>) -> Option<Cow<'static, str>> {
        let Some(settings) = &self.transaction_settings else { return begin };
        let begin = begin.unwrap_or(Cow::Borrowed("BEGIN"));
        // What this work sets for itself comes last.
        let (first, own) = begin.split_once(';').unwrap_or((&begin, ""));
        Some(format!("{first}; {settings};{own}").into())
    }

    /// Runs work that makes its own transactions, for as long as it takes.
    pub(super) async fn run_without_transaction<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.perform(CancelPolicy::Never, None, work, |_| {}).await
    }

    /// Runs a short read, and cancels it when no caller waits for it.
    pub(super) async fn run<T, F>(
        &self,
        begin: Option<Cow<'static, str>>,
        work: F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.perform(CancelPolicy::WhenAbandoned, self.begin_statement(begin), work, |_| {}).await
    }

    /// Runs work in a task of its own, once a connection is free; it may take so much longer than
    /// other work, or as long as it likes. A server that does not even stop a statement in time is
    /// not waited for, and its connection is thrown away: it may have died without a word. What landed
    /// is looked at, whether or not anybody still waits for it.
    pub(super) async fn run_with_policy<T, F, L>(
        &self,
        longer: Option<Duration>,
        begin: Option<Cow<'static, str>>,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        let policy = longer.map_or(CancelPolicy::Never, CancelPolicy::AfterTimeout);
        self.perform(policy, self.begin_statement(begin), work, on_commit).await
    }

    async fn perform<T, F, L>(
        &self,
        policy: CancelPolicy,
        begin: Option<Cow<'static, str>>,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        let Timeouts { place, statement, answer: limit, .. } = self.timeouts;
        let limit = match policy {
            CancelPolicy::Never => Duration::MAX,
            CancelPolicy::AfterTimeout(longer) => limit.saturating_add(longer),
            CancelPolicy::WhenAbandoned => limit,
        };
        let wait = self.traffic.wait(Instant::now());
        let permit = timeout(place, self.permits.acquire())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))?
            .map_err(|refused| RepositoryError::Unavailable(Box::new(refused)))?;
        wait.over();
        let (pool, target, guard) = (self.pool.clone(), self.target.clone(), self.tasks.begin());
        let traffic = Arc::clone(&self.traffic);
        let (mut answer, answered) = oneshot::channel();
        let task = tokio::spawn(timed(async move {
            let _until_the_end = (permit, guard, traffic.work());
            let outcome = async {
                let mut connection = pool.get().await.map_err(errors::no_connection)?;
                if policy == CancelPolicy::WhenAbandoned && answer.is_closed() {
                    return Err(RepositoryError::Unavailable("no caller is waiting".into()));
                }
                let token = connection.cancel_token();
                let begun = Instant::now();
                let (ended, reusable) = {
                    let mut work = pin!(timeout(limit, perform(&mut connection, begin, work)));
                    // Until then the server has ended no statement for taking too long.
                    let in_time = || begun.elapsed() < statement;
                    match policy {
                        CancelPolicy::Never | CancelPolicy::AfterTimeout(_) => (work.await, true),
                        CancelPolicy::WhenAbandoned => tokio::select! {
                            biased;
                            ended = &mut work => (ended, true),
                            () = answer.closed() => cancelled(work, &target, &token, in_time).await,
                        },
                    }
                };
                match ended {
                    Ok(ended) => {
                        if !reusable {
                            drop(Object::take(connection));
                        }
                        ended.map_err(|failure| match failure {
                            Failure::Database(error) => errors::classify(error),
                            Failure::Repository(error) => error,
                        })
                    }
                    Err(elapsed) => {
                        drop(Object::take(connection));
                        Err(RepositoryError::Unavailable(Box::new(elapsed)))
                    }
                }
            }
            .await;
            if let Ok(done) = &outcome {
                on_commit(done);
            }
            let _nobody_waits_any_more = answer.send(outcome);
        }));
        if let Ok(outcome) = answered.await {
            return outcome;
        }
        // A task that did not panic ended with the runtime of its worker. What a panic says may quote
        // what people wrote; where it was, the log knows.
        Err(match task.await {
            Err(error) if !error.is_panic() => RepositoryError::Unavailable(Box::new(error)),
            _ => RepositoryError::Backend("the work panicked".into()),
        })
    }

    /// Refuses further work, and closes idle connections.
    pub(super) fn close(&self) {
        self.permits.close();
        self.pool.close();
    }
}

/// What ends work that takes too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CancelPolicy {
    /// Nothing.
    Never,
    /// That it takes so much longer than other work.
    AfterTimeout(Duration),
    /// That it exceeded its time, or that no caller waits for it.
    WhenAbandoned,
}

/// Cancels work, and tells whether its connection can be used again: if the work did not end by that,
/// what cancels it may still be on its way, and would meet the next one. The server says the same of what
/// was cancelled and of what took too long; only `in_time` it is known to be the former.
async fn cancelled<T>(
    mut work: impl Future<Output = Result<Result<T, Failure>, Elapsed>> + Unpin,
    target: &Target,
    token: &CancelToken,
    in_time: impl Fn() -> bool,
) -> (Result<Result<T, Failure>, Elapsed>, bool) {
    if let Ok(ended) = timeout(GRACE, &mut work).await {
        return (ended, true);
    }
    let mut late = None;
    for earlier in 0..CANCELLATIONS {
        // Between two statements there is nothing to cancel yet.
        let asked = timeout(CANCEL_TIMEOUT, target.cancel(token));
        match join(asked, timeout(PAUSE_BETWEEN_CANCELLATIONS, &mut work)).await {
            (_, Ok(ended)) => {
                let by_that = matches!(
                    &ended,
                    Ok(Err(Failure::Database(error))) if errors::is_cancelled(error)
                );
                return (ended, by_that && earlier == 0 && in_time());
            }
            (_, Err(elapsed)) => late = Some(elapsed),
        }
    }
    match late {
        Some(elapsed) => (Err(elapsed), false),
        None => (work.await, false),
    }
}

/// Runs work on a connection, in a transaction if one is to begin.
async fn perform<T, F>(
    connection: &mut Connection,
    begin: Option<Cow<'static, str>>,
    work: F,
) -> Result<T, Failure>
where
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, WorkFuture: Send>,
{
    let Some(begin) = begin else { return work(connection).await };
    AnsiTransactionManager::begin_transaction_sql(connection, &begin).await?;
    commit_or_roll_back(connection, work).await
}
