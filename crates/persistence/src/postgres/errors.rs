//! What PostgreSQL's errors mean.
//!
//! They are told apart by their SQLSTATE, which stands in the messages of connections that are made
//! here ([`code_in`](super::sqlstate::code_in)). What a message says besides depends on the language of
//! the server.

use conversations_application::ports::RepositoryError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use diesel_async::pooled_connection::deadpool::PoolError;

use super::sqlstate::code_in;
use crate::error::external_id_owner;

/// A statement was cancelled on request, or took too long.
const CANCELLED: &str = "57014";
/// A lock was waited for too long.
const LOCKED: &str = "55P03";
const DEADLOCK: &str = "40P01";
const FULL: &str = "53100";

/// Codes, and beginnings of codes, of what passes: what happens to a server, or who stands in the way
/// (PostgreSQL's documentation, appendix A).
///
/// - 08: the connection, also of a pooler to its server
/// - 25006: a server that follows another one
/// - 25P03, 25P04: a transaction that was idle, or went on, for too long
/// - 53: what a server lacks and may have again, as connections, memory and files
/// - 57: a server that ends a statement or a connection, that starts, stops or recovers
/// - 58000, 58030: a failure of the system below, or of a device
const PASSING: [&str; 9] = ["08", "25006", "25P03", "25P04", "53", LOCKED, "57", "58000", "58030"];

/// A disk quota has no code of its own, only that of a defect. So what says it is the text of the
/// operating system, and the advice of the server; both in English, which connections ask for.
const UNCODED: &str = "XX000";
const QUOTA: &str = "Disk quota exceeded";
const FULL_HINT: &str = "Check free disk space";

/// What Citus says without a code of a node that broke off within a transaction, or at its end.
const LOST_NODE: [&str; 2] =
    ["failure on connection marked as essential", "could not commit transaction for shard"];

fn code_of(error: &Error) -> Option<&str> {
    let Error::DatabaseError(_, information) = error else { return None };
    code_in(information.message())
}

/// Whether a statement was cancelled, on request or because it took too long.
pub(super) fn is_cancelled(error: &Error) -> bool {
    code_of(error) == Some(CANCELLED)
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
    let code = code_in(message).unwrap_or_default();
    let over_quota = code == UNCODED
        && (message.contains(QUOTA)
            || information.hint().is_some_and(|hint| hint.contains(FULL_HINT)));
    match kind {
        DatabaseErrorKind::UniqueViolation => duplicate(information.constraint_name()),
        // Use cases look before they write, so what is missing now went away meanwhile; or two
        // transactions stood in each other's way, and this one gave way.
        DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::SerializationFailure => {
            RepositoryError::Stale
        }
        _ if code == DEADLOCK => RepositoryError::Stale,
        _ if code == FULL || over_quota => RepositoryError::StorageFull,
        // What the client says itself has no code: it could not reach the server.
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            unavailable(kind, information)
        }
        _ if code == UNCODED && LOST_NODE.iter().any(|lost| message.contains(lost)) => {
            unavailable(kind, information)
        }
        _ if PASSING.iter().any(|passing| code.starts_with(passing)) => {
            unavailable(kind, information)
        }
        _ => RepositoryError::Backend(Box::new(Error::DatabaseError(kind, information))),
    }
}

/// What a row has that another has, by the name of the broken constraint.
fn duplicate(constraint: Option<&str>) -> RepositoryError {
    // A cluster appends a number for the part of the table.
    let name = constraint.map(|name| name.trim_end_matches(|last: char| last.is_ascii_digit()));
    let name = name.map(|name| name.trim_end_matches('_'));
    let table = name.and_then(|name| name.strip_suffix("_external_id_key"));
    let owner = table.and_then(external_id_owner);
    owner.map_or(RepositoryError::Duplicate, RepositoryError::ExternalIdTaken)
}

/// Whether a statement was stopped because it waited too long for a lock.
pub(super) fn is_lock_timeout(error: &Error) -> bool {
    code_of(error) == Some(LOCKED)
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
    use conversations_application::ports::ExternalIdOwner;

    use super::*;

    fn classified(kind: DatabaseErrorKind, message: &str) -> RepositoryError {
        classify(Error::DatabaseError(kind, Box::new(message.to_owned())))
    }

    /// What a server says that speaks German, with a code in front of it as the channel puts it.
    fn coded(code: &str) -> RepositoryError {
        classified(DatabaseErrorKind::Unknown, &format!("SQLSTATE {code}: etwas ging schief"))
    }

    #[test]
    fn whatever_happens_to_the_server_is_unavailable_in_every_language() {
        for code in [
            "08006", "08P01", "25006", "25P03", "25P04", "53000", "53200", "53300", "55P03",
            "57014", "57P01", "57P02", "57P03", "57P05", "58030",
        ] {
            assert!(matches!(coded(code), RepositoryError::Unavailable(_)), "{code}");
        }
    }

    #[test]
    fn a_node_of_a_cluster_that_is_gone_is_unavailable() {
        for lost in [
            "SQLSTATE XX000: failure on connection marked as essential: 10.0.0.2:5432",
            "SQLSTATE XX000: could not commit transaction for shard 1021 on at least one active node",
        ] {
            let classified = classified(DatabaseErrorKind::Unknown, lost);
            assert!(matches!(classified, RepositoryError::Unavailable(_)), "{lost}");
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
    fn a_full_disk_is_full_in_every_language() {
        assert!(matches!(coded("53100"), RepositoryError::StorageFull));
        let quota = "SQLSTATE XX000: could not write to file \"base/1\": Disk quota exceeded";
        let quota = classified(DatabaseErrorKind::Unknown, quota);
        assert!(matches!(quota, RepositoryError::StorageFull));
    }

    #[test]
    fn who_gave_way_to_another_transaction_tries_again() {
        let serialization = classified(DatabaseErrorKind::SerializationFailure, "could not …");

        assert!(matches!(serialization, RepositoryError::Stale));
        assert!(matches!(coded("40P01"), RepositoryError::Stale));
    }

    #[test]
    fn a_taken_external_id_says_whose_it_is() {
        let owner = ExternalIdOwner::Message;
        for constraint in ["messages_external_id_key", "messages_external_id_key_102210"] {
            let taken = duplicate(Some(constraint));

            assert!(matches!(taken, RepositoryError::ExternalIdTaken(named) if named == owner));
        }
        for other in [None, Some("customers_email_key"), Some("others_external_id_key")] {
            assert!(matches!(duplicate(other), RepositoryError::Duplicate), "{other:?}");
        }
    }

    #[test]
    fn a_defect_stays_a_defect_whatever_it_says() {
        let says_otherwise = "SQLSTATE 42P01: relation \"deadlock detected\" does not exist";
        let missing = classified(DatabaseErrorKind::Unknown, says_otherwise);
        let null = classified(DatabaseErrorKind::NotNullViolation, "null value in column \"x\"");

        assert!(matches!(missing, RepositoryError::Backend(_)));
        assert!(matches!(null, RepositoryError::Backend(_)));
        for code in ["42601", "XX000", "58P01", "26000"] {
            assert!(matches!(coded(code), RepositoryError::Backend(_)), "{code}");
        }
    }
}
