//! Queries whose statements are prepared once and kept.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A query that has few texts, whatever its values.
///
/// diesel prepares some queries again each time, because their text could differ: every UPDATE, whose
/// changes may be optional, an INSERT of columns that may be empty, and what is written as SQL. For a
/// short statement that costs more than to execute it, and on PostgreSQL one more way to the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prepared<Q>(pub(crate) Q);

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

// Statements are told apart by their text.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> diesel::RunQueryDsl<C> for Prepared<Q> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use diesel::prelude::*;

    use super::*;

    diesel::table! {
        numbers (id) {
            id -> Integer,
        }
    }

    /// A database that counts the statements that it keeps.
    fn database() -> (SqliteConnection, Arc<AtomicUsize>) {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        let create =
            "CREATE TABLE numbers (id INTEGER PRIMARY KEY); INSERT INTO numbers VALUES (1)";
        connection.batch_execute(create).expect("a table");
        let kept = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&kept);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        (connection, kept)
    }

    #[test]
    fn the_statement_of_an_update_is_kept_and_used_again() {
        let (mut connection, kept) = database();

        for number in 1..5 {
            let update = diesel::update(numbers::table).set(numbers::id.eq(number));
            assert_eq!(Prepared(update).execute(&mut connection), Ok(1));
        }

        assert_eq!(kept.load(Ordering::Relaxed), 1);
        assert_eq!(numbers::table.select(numbers::id).get_result(&mut connection), Ok(4));
    }
}
