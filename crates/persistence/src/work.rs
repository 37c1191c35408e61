//! What a piece of work on a connection is, and how it ends a transaction.

use std::time::{Duration, Instant};

use conversations_application::ports::RepositoryError;
use conversations_domain::WorkspaceId;
use diesel_async::{AsyncConnection, TransactionManager};
use futures_util::future::BoxFuture;

use crate::StepLimits;
use crate::error::Failure;

/// An async closure over a borrowed connection whose future can be bounded, for example by `Send`.
///
/// `AsyncFnOnce` alone has no stable way to say so; naming the future through a second trait that
/// every such closure fulfils is how diesel-async does it, too.
pub(crate) trait Work<A, R>:
    AsyncFnOnce(A) -> R + FnOnce(A) -> <Self as Work<A, R>>::WorkFuture
{
    /// The work under way.
    type WorkFuture: Future<Output = R>;
}

impl<F, A, R, WorkFuture> Work<A, R> for F
where
    F: AsyncFnOnce(A) -> R + FnOnce(A) -> WorkFuture,
    WorkFuture: Future<Output = R>,
{
    type WorkFuture = WorkFuture;
}

/// Queries on a connection, in a transaction or out of one: what repositories hand to the `Database` of a
/// dialect.
pub(crate) trait Query<C: 'static, T>:
    for<'c> Work<&'c mut C, Result<T, Failure>, WorkFuture: Send> + Send + 'static
{
}

impl<F, C: 'static, T> Query<C, T> for F where
    F: for<'c> Work<&'c mut C, Result<T, Failure>, WorkFuture: Send> + Send + 'static
{
}

/// What became of each of several writes, in their order; what is refused among them has left
/// nothing behind.
pub(crate) type BatchOutcomes<O> = Result<Vec<Result<O, RepositoryError>>, Failure>;

/// Does several writes in a transaction, given the slot of the counts that it uses.
pub(crate) type BatchWrite<C, W, O> =
    for<'c> fn(&'c mut C, Vec<W>, i16) -> BoxFuture<'c, BatchOutcomes<O>>;

/// What is about one workspace.
pub(crate) trait InWorkspace {
    /// The workspace.
    fn workspace(&self) -> WorkspaceId;
}

impl InWorkspace for WorkspaceId {
    fn workspace(&self) -> WorkspaceId {
        *self
    }
}

impl<I> InWorkspace for (WorkspaceId, I) {
    fn workspace(&self) -> WorkspaceId {
        self.0
    }
}

/// Runs work in the transaction that was begun on the connection, and ends it: with all of the
/// work, or with nothing.
pub(crate) async fn commit_or_roll_back<C, T, F>(connection: &mut C, work: F) -> Result<T, Failure>
where
    C: AsyncConnection,
    F: for<'c> Work<&'c mut C, Result<T, Failure>, WorkFuture: Send>,
{
    match work(connection).await {
        Ok(done) => {
            C::TransactionManager::commit_transaction(connection).await?;
            Ok(done)
        }
        Err(failure) => {
            // The failure is what the caller must learn; a connection that cannot even roll back
            // is marked as broken and thrown away.
            if let Err(error) = C::TransactionManager::rollback_transaction(connection).await {
                tracing::debug!(%error, "could not roll back a transaction");
            }
            Err(failure)
        }
    }
}

/// How much a step of a long deletion does before it commits: others write between two steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepSize {
    /// For how long it begins anything. What a piece of the work costs depends on what was written.
    pub(crate) time: Duration,
    /// How many rows it takes at once: conversations with few rows together, or rows of one that has
    /// many.
    pub(crate) rows: i64,
    /// How many texts it takes at once.
    pub(crate) texts: i64,
}

impl StepSize {
    /// What fits into limits: at most this many rows at once, and this many texts.
    pub(crate) fn within(limits: StepLimits, rows: i64, texts: i64) -> Self {
        let most = i64::from(limits.rows.max(1));
        Self { time: limits.time, rows: most.min(rows), texts: most.min(texts) }
    }

    /// A step begins now.
    pub(crate) fn begin(self) -> StepTime {
        StepTime { begun: Instant::now(), limit: self.time }
    }
}

/// The time of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepTime {
    begun: Instant,
    limit: Duration,
}

impl StepTime {
    /// Whether the rest is for other steps.
    pub(crate) fn is_over(self) -> bool {
        self.begun.elapsed() >= self.limit
    }
}

/// When long work has to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// For the work of an operator, who waits as long as it takes.
    pub(crate) const NEVER: Self = Self(None);

    /// That much time from now.
    pub(crate) fn after(limit: Duration) -> Self {
        // A limit beyond what a clock can count to is none.
        Self(Instant::now().checked_add(limit))
    }

    /// The time that is left, if it ever ends.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }
}
