//! How a failure inside a transaction reaches the port.

use std::fmt::Display;

use conversations_application::ports::{ExternalIdOwner, RepositoryError};
use serde::de::DeserializeOwned;

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

/// Whose external ids a table has.
pub(crate) fn external_id_owner(table: &str) -> Option<ExternalIdOwner> {
    match table {
        "customers" => Some(ExternalIdOwner::Customer),
        "users" => Some(ExternalIdOwner::User),
        "conversations" => Some(ExternalIdOwner::Conversation),
        "messages" => Some(ExternalIdOwner::Message),
        _ => None,
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

/// Reads a column of JSON. Serde quotes what it finds where it expects something else, and what is
/// stored is no matter for a log: the place has to do.
pub(crate) fn json_column<T: DeserializeOwned>(
    table: &'static str,
    name: &'static str,
    json: &str,
) -> Result<T, RepositoryError> {
    let read = serde_json::from_str(json).map_err(|error| {
        format!("it is not the expected JSON, at line {} column {}", error.line(), error.column())
    });
    column(table, name, read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_json_is_told_without_what_is_in_it() {
        for json in [r#""a secret""#, r#"["a secret", {"a secret": 1}]"#, "a secret"] {
            let read: Result<Vec<String>, _> = json_column("customers", "tags", json);

            let told = format!("{:?}", read.expect_err("it is no list of texts"));
            assert!(told.contains("customers") && told.contains("column 1"), "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
