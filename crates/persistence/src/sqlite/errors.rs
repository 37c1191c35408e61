//! What SQLite's errors mean.

use conversations_application::ports::RepositoryError;
use diesel::result::{DatabaseErrorKind, Error};

pub(super) fn classify(error: Error) -> RepositoryError {
    let Error::DatabaseError(kind, information) = &error else {
        return RepositoryError::Backend(Box::new(error));
    };
    let message = information.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => RepositoryError::Duplicate,
        // Use cases look before they write; what is missing now went away meanwhile.
        DatabaseErrorKind::ForeignKeyViolation => RepositoryError::Stale,
        _ if message.contains("database or disk is full") => RepositoryError::StorageFull,
        // Another process holds the file longer than the busy time-out.
        _ if message.contains("is locked") => RepositoryError::Unavailable(Box::new(error)),
        _ => RepositoryError::Backend(Box::new(error)),
    }
}
