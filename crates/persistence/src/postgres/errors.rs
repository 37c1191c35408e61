//! What PostgreSQL's errors mean.

use conversations_application::ports::RepositoryError;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::pooled_connection::deadpool::PoolError;

/// Parts of the messages of errors that pass: diesel keeps no SQLSTATE for them.
const PASSING: [&str; 5] = [
    "canceling statement",
    "terminating connection",
    "the database system is",
    "cannot connect now",
    "connection closed",
];

pub(super) fn classify(error: Error) -> RepositoryError {
    let Error::DatabaseError(kind, information) = &error else {
        return match error {
            // What pools and transaction managers say of a connection that broke.
            Error::BrokenTransactionManager | Error::NotInTransaction => {
                RepositoryError::Unavailable(Box::new(error))
            }
            other => RepositoryError::Backend(Box::new(other)),
        };
    };
    let message = information.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => RepositoryError::Duplicate,
        // Use cases look before they write, so what is missing now went away meanwhile; or two
        // transactions stood in each other's way, and this one gave way.
        DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::SerializationFailure => {
            RepositoryError::Stale
        }
        _ if message.contains("deadlock detected") => RepositoryError::Stale,
        DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::ReadOnlyTransaction => RepositoryError::Unavailable(Box::new(error)),
        _ if message.contains("No space left on device") => RepositoryError::StorageFull,
        _ if PASSING.iter().any(|part| message.contains(part)) => {
            RepositoryError::Unavailable(Box::new(error))
        }
        _ => RepositoryError::Backend(Box::new(error)),
    }
}

/// Whether a statement was stopped because it waited too long for a lock.
pub(super) fn is_lock_timeout(error: &Error) -> bool {
    let Error::DatabaseError(_, information) = error else { return false };
    information.message().contains("due to lock timeout")
}

pub(super) fn no_connection(error: PoolError) -> RepositoryError {
    RepositoryError::Unavailable(Box::new(error))
}
