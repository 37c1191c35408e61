//! A worker pool: threads that do one job after the other, each with its own connection.

use std::time::Instant;

use conversations_application::ports::RepositoryError;

use super::Connection;
use super::queue::{Desk, Orders, Queue, Rules, Threads, Ticket};
use crate::OpenError;
use crate::metrics::PoolMetrics;

/// A piece of work that answers its caller.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A queue of work, and the threads that do it.
#[derive(Clone)]
pub(super) struct Lane(Queue<Job>);

impl Lane {
    /// Starts a lane of this many threads for one workspace, and one more that is reserved for
    /// workspaces without a thread.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        name: &'static str,
        count: usize,
        rules: Rules,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let threads = Threads { name, count: count + 1, reserve: true, at_once: 1 };
        Queue::start(threads, rules, open, work).map(Self)
    }

    /// Starts a lane of one thread, for work that is over in a moment.
    ///
    /// # Errors
    /// When the connection cannot be opened or the thread cannot be started.
    pub(super) fn start_single(
        name: &'static str,
        rules: Rules,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let threads = Threads { name, count: 1, reserve: false, at_once: 1 };
        Queue::start(threads, rules, open, work).map(Self)
    }

    /// Has a piece of work done by one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        self.0.hand_in(|ticket| job(ticket, work)).await
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

/// Work whose outcome the owner of the ticket waits for, and that is stopped when the owner has
/// gone.
fn job<T: Send + 'static>(
    ticket: Ticket<T>,
    work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
) -> Job {
    Box::new(move |connection| {
        if ticket.begin() {
            let outcome = {
                let _until = ticket.interrupt().watch();
                work(connection)
            };
            ticket.answer(outcome);
        }
    })
}

/// Does what the queue holds until it is told to stop.
fn work(mut desk: Desk, orders: &Orders<Job>) {
    let mut done = None;
    while let Some((turn, job)) = orders.next(done) {
        let begun = Instant::now();
        let _panicked = desk.work(job);
        done = Some((turn, begun.elapsed()));
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
    use crate::patience::Patience;
    use crate::sqlite::files::DatabaseFiles;
    use crate::sqlite::{InThread, errors, interrupt};
    use crate::underway::Underway;

    /// Longer than any test takes.
    const FOR_EVER: &str = "WITH RECURSIVE numbers (n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000000) \
        SELECT COUNT(*) FROM numbers WHERE while_awaited(n)";

    const SOON: Duration = Duration::from_secs(5);

    fn rules(request: Duration) -> Rules {
        let files = Arc::new(DatabaseFiles::of(Path::new(":memory:")));
        Rules { patience: Patience::of(request), underway: Underway::default(), files }
    }

    fn lane(count: usize, rules: &Rules) -> Lane {
        let open = || {
            let mut connection = SqliteConnection::establish(":memory:").expect("a database");
            interrupt::register(&mut connection).expect("a function");
            Ok(SyncConnectionWrapper::with_runtime(connection, InThread))
        };
        Lane::start("test", count, rules.clone(), open).expect("a lane")
    }

    fn of(number: u128) -> Owner {
        let id = Uuid::from_u128(number);
        Owner { workspace: WorkspaceId::from_uuid(id), key: KeyId::from_uuid(id) }
    }

    async fn run(lane: Lane, sql: &'static str) -> Result<(), RepositoryError> {
        lane.run(move |connection| {
            let done = connection.spawn_blocking(move |connection| connection.batch_execute(sql));
            done.now_or_never().expect("it is done in this thread").map_err(errors::classify)
        })
        .await
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_stopped() {
        let rules = rules(Duration::from_secs(600));
        let reading = tokio::spawn(run(lane(1, &rules), FOR_EVER));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(rules.underway.drained().now_or_never(), None);

        reading.abort();

        timeout(SOON, rules.underway.drained()).await.expect("it is over");
    }

    #[tokio::test]
    async fn what_takes_too_long_is_stopped_in_time() {
        let rules = rules(Duration::from_millis(500));

        let stopped = timeout(SOON, run(lane(1, &rules), FOR_EVER)).await.expect("an answer");

        assert!(matches!(stopped, Err(RepositoryError::Unavailable(_))), "{stopped:?}");
    }

    #[tokio::test]
    async fn no_workspace_takes_every_thread() {
        let rules = rules(Duration::from_secs(600));
        let lane = lane(2, &rules);
        let greedy: Vec<_> =
            (0..8).map(|_| tokio::spawn(scope(of(1), run(lane.clone(), FOR_EVER)))).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;

        for _ in 0..20 {
            let modest = scope(of(2), run(lane.clone(), "SELECT 1"));
            let answered = timeout(SOON, modest).await.expect("a thread");
            assert!(answered.is_ok(), "{answered:?}");
        }

        for each in greedy {
            each.abort();
        }
        timeout(SOON, rules.underway.drained()).await.expect("it is over");
    }
}
