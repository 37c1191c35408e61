//! Stops a statement that takes too long, or whose caller has gone.
//!
//! What may visit many rows asks at each whether to go on, by a function of SQL in its condition:
//! `while_awaited`. It fails when the time of the work is over, or when no caller waits for it, and
//! the statement with it. Where no work is watched, as on the writer, it never does.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use tokio::time::Instant;

/// The clock is read once per this many rows: a row may be a long text.
const CHECK_EVERY_ROWS: u32 = 8;

/// What is said of a statement that was stopped; `errors.rs` knows it.
const STOPPED: &str = "interrupted: it took too long, or no caller is waiting";

/// When work is to be stopped.
#[derive(Debug, Clone)]
pub(super) struct Interrupt {
    end: Instant,
    abandoned: Arc<AtomicBool>,
}

thread_local! {
    /// For the work of this thread.
    static CURRENT: RefCell<Option<Interrupt>> = const { RefCell::new(None) };
    static ROWS: Cell<u32> = const { Cell::new(0) };
}

/// The statements of this thread can be stopped until this is dropped.
pub(super) struct InterruptGuard(());

impl Interrupt {
    /// At this time, or when the caller has gone.
    pub(super) fn new(end: Instant, abandoned: Arc<AtomicBool>) -> Self {
        Self { end, abandoned }
    }

    /// Watches the work that this thread begins.
    pub(super) fn watch(self) -> InterruptGuard {
        CURRENT.set(Some(self));
        InterruptGuard(())
    }

    fn is_due(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || Instant::now() >= self.end
    }
}

impl Drop for InterruptGuard {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

diesel::define_sql_function! {
    /// That the statement goes on. Its argument has to be a column, whatever it holds: else it would
    /// be asked once, and not at each row.
    fn while_awaited(column: diesel::sql_types::BigInt) -> Bool;
}

/// Whether the caller of a statement still waits, checked at each row with this column.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct CancellationCheck<C>(C);

/// See [`CancellationCheck`].
pub(super) fn cancellation_check<C>(column: C) -> CancellationCheck<C> {
    CancellationCheck(column)
}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for CancellationCheck<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("while_awaited(");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<C: Expression> Expression for CancellationCheck<C> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<S>, S> AppearsOnTable<S> for CancellationCheck<C> where Self: Expression {}

impl<C: SelectableExpression<S>, S> SelectableExpression<S> for CancellationCheck<C> where
    Self: AppearsOnTable<S>
{
}

impl<C: ValidGrouping<G>, G> ValidGrouping<G> for CancellationCheck<C> {
    type IsAggregate = C::IsAggregate;
}

/// The answer of the function.
#[derive(Debug)]
struct ContinueCheck(bool);

impl ToSql<Bool, Sqlite> for ContinueCheck {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        if !self.0 {
            return Err(STOPPED.into());
        }
        out.set_value(1);
        Ok(IsNull::No)
    }
}

/// Teaches a connection the function.
pub(super) fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    while_awaited_utils::register_nondeterministic_impl(connection, |_: i64| {
        let row = ROWS.get().wrapping_add(1);
        ROWS.set(row);
        let due = row.is_multiple_of(CHECK_EVERY_ROWS)
            && CURRENT.with_borrow(|current| current.as_ref().is_some_and(Interrupt::is_due));
        ContinueCheck(!due)
    })
}

/// At how many rows this thread has asked so far.
#[cfg(test)]
pub(super) fn rows_asked_at() -> u32 {
    ROWS.get()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::prelude::*;
    use diesel::sql_query;
    use diesel::sql_types::BigInt;

    use super::*;

    #[derive(Debug, QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    fn count(rows: u32) -> QueryResult<i64> {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        register(&mut connection).expect("a function");
        let counted: Count = sql_query(format!(
            "WITH RECURSIVE numbers (n) AS \
             (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}) \
             SELECT COUNT(*) AS count FROM numbers WHERE while_awaited(n)"
        ))
        .get_result(&mut connection)?;
        Ok(counted.count)
    }

    fn message(outcome: QueryResult<i64>) -> String {
        outcome.expect_err("it is stopped").to_string()
    }

    #[test]
    fn unwatched_statements_run_to_their_end() {
        assert_eq!(count(10_000), Ok(10_000));
    }

    #[test]
    fn a_watched_statement_runs_until_its_deadline() {
        let awaited = Arc::default();
        let watched = Interrupt::new(Instant::now() + Duration::from_secs(60), awaited).watch();
        assert_eq!(count(10_000), Ok(10_000));
        drop(watched);

        let late = Interrupt::new(Instant::now(), Arc::default()).watch();
        assert_eq!(message(count(10_000)), STOPPED);
        drop(late);

        assert_eq!(count(10_000), Ok(10_000));
    }

    #[test]
    fn an_abandoned_statement_stops_within_milliseconds() {
        let (abandoned, begun) = (Arc::new(AtomicBool::new(false)), std::time::Instant::now());
        let leaving = Arc::clone(&abandoned);
        let leaves = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            leaving.store(true, Ordering::Relaxed);
        });
        let end = Instant::now() + Duration::from_secs(600);
        let _watched = Interrupt::new(end, abandoned).watch();

        assert_eq!(message(count(u32::MAX)), STOPPED);

        leaves.join().expect("a thread");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
