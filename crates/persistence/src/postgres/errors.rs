//! What PostgreSQL's errors mean.
//!
//! diesel keeps no SQLSTATE for most of them, so that their messages have to say it. Connections ask
//! for these in English.

use conversations_application::ports::RepositoryError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use diesel_async::pooled_connection::deadpool::PoolError;

/// Parts of the messages of errors that pass: what happens to a server, or who stands in the way.
const PASSING: [&str; 15] = [
    // A statement that took too long, waited too long for a lock, or was canceled by somebody.
    "canceling statement",
    "could not obtain lock",
    // A connection that the server ends: at its own end, by order, because another process crashed.
    "terminating connection",
    "connection closed",
    "connection to client lost",
    // A server that starts, stops or recovers, or that takes no more connections.
    "the database system is",
    "cannot connect now",
    "too many clients",
    "too many connections",
    "connection slots are reserved",
    // A server that follows another one.
    "read-only transaction",
    // A server that lacks something that it may have again.
    "out of memory",
    "out of shared memory",
    "Too many open files",
    "Input/output error",
];

/// Parts of the messages of a server whose disk is full.
const FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// What the server advises when it is not the operating system that says it.
const FULL_HINT: &str = "Check free disk space";

/// Whether a statement was cancelled because somebody asked for it.
pub(super) fn is_cancelled(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(_, information)
            if information.message().contains("canceling statement due to user request")
    )
}

pub(super) fn classify(error: Error) -> RepositoryError {
    match error {
        Error::DatabaseError(kind, information) => of_the_server(kind, information),
        // What was to be committed failed first.
        Error::RollbackErrorOnCommit { commit_error, rollback_error: _ } => classify(*commit_error),
        // What transaction managers say of a connection that broke.
        Error::BrokenTransactionManager | Error::NotInTransaction | Error::AlreadyInTransaction => {
            RepositoryError::Unavailable(Box::new(error))
        }
        other => RepositoryError::Backend(Box::new(other)),
    }
}

fn of_the_server(
    kind: DatabaseErrorKind,
    information: Box<dyn DatabaseErrorInformation + Send + Sync>,
) -> RepositoryError {
    let message = information.message();
    let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    let full = says(&FULL) || information.hint().is_some_and(|hint| hint.contains(FULL_HINT));
    let passing = says(&PASSING);
    match kind {
        DatabaseErrorKind::UniqueViolation => RepositoryError::Duplicate,
        // Use cases look before they write, so what is missing now went away meanwhile; or two
        // transactions stood in each other's way, and this one gave way.
        DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::SerializationFailure => {
            RepositoryError::Stale
        }
        _ if message.contains("deadlock detected") => RepositoryError::Stale,
        _ if full => RepositoryError::StorageFull,
        DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::ReadOnlyTransaction => unavailable(kind, information),
        _ if passing => unavailable(kind, information),
        _ => RepositoryError::Backend(Box::new(Error::DatabaseError(kind, information))),
    }
}

/// Whether a statement was stopped because it waited too long for a lock.
pub(super) fn is_lock_timeout(error: &Error) -> bool {
    let Error::DatabaseError(_, information) = error else { return false };
    information.message().contains("due to lock timeout")
}

fn unavailable(
    kind: DatabaseErrorKind,
    information: Box<dyn DatabaseErrorInformation + Send + Sync>,
) -> RepositoryError {
    RepositoryError::Unavailable(Box::new(Error::DatabaseError(kind, information)))
}

/// No connection could be had: whatever the reason, it is not the caller's.
pub(super) fn no_connection(error: PoolError) -> RepositoryError {
    RepositoryError::Unavailable(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(kind: DatabaseErrorKind, message: &str) -> RepositoryError {
        classify(Error::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn whatever_happens_to_the_server_is_unavailable() {
        for message in [
            "terminating connection due to administrator command",
            "terminating connection because of crash of another server process",
            "terminating connection due to idle-in-transaction timeout",
            "the database system is starting up",
            "the database system is shutting down",
            "the database system is in recovery mode",
            "the database system is not yet accepting connections",
            "sorry, too many clients already",
            "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "too many connections for role \"app\"",
            "canceling statement due to statement timeout",
            "canceling statement due to lock timeout",
            "canceling statement due to user request",
            "canceling statement due to conflict with recovery",
            "cannot execute INSERT in a read-only transaction",
            "could not read block 7 in file \"base/5/1259\": Input/output error",
            "out of shared memory",
        ] {
            let classified = classified(DatabaseErrorKind::Unknown, message);
            assert!(matches!(classified, RepositoryError::Unavailable(_)), "{message}");
        }
    }

    #[test]
    fn what_breaks_on_the_way_is_unavailable() {
        for message in ["connection closed", "error communicating with the server: reset by peer"] {
            let classified = classified(DatabaseErrorKind::UnableToSendCommand, message);
            assert!(matches!(classified, RepositoryError::Unavailable(_)), "{message}");
        }
        let broken = Error::RollbackErrorOnCommit {
            rollback_error: Box::new(Error::NotInTransaction),
            commit_error: Box::new(Error::BrokenTransactionManager),
        };
        assert!(matches!(classify(broken), RepositoryError::Unavailable(_)));
    }

    #[test]
    fn a_full_disk_is_full() {
        for message in [
            "could not extend file \"base/5/16384\": No space left on device",
            "could not write to file \"base/pgsql_tmp/1\": Disk quota exceeded",
        ] {
            let classified = classified(DatabaseErrorKind::Unknown, message);
            assert!(matches!(classified, RepositoryError::StorageFull), "{message}");
        }
    }

    #[test]
    fn who_gave_way_to_another_transaction_tries_again() {
        let serialization = classified(DatabaseErrorKind::SerializationFailure, "could not …");
        let deadlock = classified(DatabaseErrorKind::Unknown, "deadlock detected");

        assert!(matches!(serialization, RepositoryError::Stale));
        assert!(matches!(deadlock, RepositoryError::Stale));
    }

    #[test]
    fn a_defect_stays_a_defect() {
        let missing = classified(DatabaseErrorKind::Unknown, "relation \"x\" does not exist");
        let null = classified(DatabaseErrorKind::NotNullViolation, "null value in column \"x\"");

        assert!(matches!(missing, RepositoryError::Backend(_)));
        assert!(matches!(null, RepositoryError::Backend(_)));
    }
}
