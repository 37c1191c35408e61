//! How a failure inside a transaction travels to the port.

use std::fmt::Display;

use conversations_application::ports::RepositoryError;

/// Why a piece of work on a connection failed. It rolls the transaction back.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database said so; the dialect knows what it means.
    Database(diesel::result::Error),
    /// The repository itself found out.
    Repository(RepositoryError),
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self::Repository(error)
    }
}

/// Reads the value of a column, or says which column holds what it should not.
pub(crate) fn column<T, E: Display>(
    table: &'static str,
    column: &'static str,
    read: Result<T, E>,
) -> Result<T, RepositoryError> {
    read.map_err(|error| RepositoryError::Corrupt { table, column, reason: error.to_string() })
}
