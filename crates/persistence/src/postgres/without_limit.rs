//! Transactions that take as long as a whole workspace does.

use conversations_application::ports::RepositoryError;

use super::{Connection, Database};
use crate::work::Query;

/// A workspace takes long, and its other side may take long between two statements.
const NO_LIMITS: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

impl Database {
    /// Runs queries that see the database as it was at one moment, for as long as they take.
    pub(crate) async fn snapshot_without_limit<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {NO_LIMITS}");
        self.lists.run_with_policy(None, Some(begin.into()), work, |_| {}).await
    }

    /// Runs a write for as long as it takes: all of it lands, or nothing.
    pub(crate) async fn write_without_limit<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let begin = format!("BEGIN; {NO_LIMITS}");
        self.writers.run_with_policy(None, Some(begin.into()), work, |_| {}).await
    }
}
