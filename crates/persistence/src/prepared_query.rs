//! Queries whose statements are prepared once and kept.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A query that has few texts, whatever its values.
///
/// diesel prepares some queries again each time, because their text could differ: every UPDATE, whose
/// changes may be optional, an INSERT of columns that may be empty, and what is written as SQL. For a
/// short statement that costs more than to execute it, and on PostgreSQL one more way to the server.
///
/// It is for connections of diesel-async: those of diesel execute a reference to a query, which does not
/// pass on that its statement may be kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PreparedQuery<Q>(pub(crate) Q);

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for PreparedQuery<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

// Statements are told apart by their text.
impl<Q> QueryId for PreparedQuery<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for PreparedQuery<Q> {
    type SqlType = Q::SqlType;
}
