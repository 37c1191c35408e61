//! What SQLite's errors mean.

use conversations_application::ports::RepositoryError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::error::external_id_owner;

/// Parts of the messages of errors that pass.
const PASSING: [&str; 7] = [
    // Another process holds the file longer than the busy time-out.
    "is locked",
    "locking protocol",
    // The disk or its directory is missing, broken or not writable.
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    // What the process lacks it may have again.
    "out of memory",
    "interrupted",
];

/// Whether there was no room.
pub(super) fn is_full(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information) if says_full(&**information))
}

fn says_full(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    information.message().contains("database or disk is full")
}

pub(super) fn classify(error: Error) -> RepositoryError {
    match error {
        Error::DatabaseError(kind, information) => of_the_file(kind, information),
        // What was to be committed failed first.
        Error::RollbackErrorOnCommit { commit_error, rollback_error: _ } => classify(*commit_error),
        // What transaction managers say of a connection that broke.
        Error::BrokenTransactionManager | Error::NotInTransaction | Error::AlreadyInTransaction => {
            RepositoryError::Unavailable(Box::new(error))
        }
        other => RepositoryError::Backend(Box::new(other)),
    }
}

/// What a row has that another has. The message names the columns of the broken constraint, each with
/// its table.
fn duplicate(message: &str) -> RepositoryError {
    let mut columns = message.split([' ', ',']).filter_map(|word| word.split_once('.'));
    let of_external_id = columns.find(|&(_, column)| column == "external_id");
    let owner = of_external_id.and_then(|(table, _)| external_id_owner(table));
    owner.map_or(RepositoryError::Duplicate, RepositoryError::ExternalIdTaken)
}

fn of_the_file(
    kind: DatabaseErrorKind,
    information: Box<dyn DatabaseErrorInformation + Send + Sync>,
) -> RepositoryError {
    let message = information.message();
    let full = says_full(&*information);
    let passing = PASSING.iter().any(|part| message.contains(part));
    match kind {
        DatabaseErrorKind::UniqueViolation => duplicate(message),
        // Use cases look before they write; what is missing now went away meanwhile.
        DatabaseErrorKind::ForeignKeyViolation => RepositoryError::Stale,
        _ if full => RepositoryError::StorageFull,
        kind if passing => {
            RepositoryError::Unavailable(Box::new(Error::DatabaseError(kind, information)))
        }
        kind => RepositoryError::Backend(Box::new(Error::DatabaseError(kind, information))),
    }
}

#[cfg(test)]
mod tests {
    use conversations_application::ports::ExternalIdOwner;

    use super::*;

    fn classified(message: &str) -> RepositoryError {
        classify(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned())))
    }

    #[test]
    fn whatever_happens_to_the_file_is_unavailable() {
        for message in [
            "database is locked",
            "database table is locked",
            "locking protocol",
            "disk I/O error",
            "unable to open database file",
            "attempt to write a readonly database",
            "out of memory",
        ] {
            assert!(matches!(classified(message), RepositoryError::Unavailable(_)), "{message}");
        }
    }

    #[test]
    fn a_taken_external_id_says_whose_it_is() {
        let classified = |message: &str| {
            let kind = DatabaseErrorKind::UniqueViolation;
            classify(Error::DatabaseError(kind, Box::new(message.to_owned())))
        };
        let email = "UNIQUE constraint failed: users.workspace_id, users.email_folded";
        let external_id = "UNIQUE constraint failed: users.workspace_id, users.external_id, \
                           users.external_source";

        assert!(matches!(classified(email), RepositoryError::Duplicate));
        let owner = ExternalIdOwner::User;
        let taken = classified(external_id);
        assert!(matches!(taken, RepositoryError::ExternalIdTaken(named) if named == owner));
    }

    #[test]
    fn a_full_disk_is_full_and_a_defect_stays_a_defect() {
        assert!(matches!(classified("database or disk is full"), RepositoryError::StorageFull));
        assert!(matches!(classified("no such table: x"), RepositoryError::Backend(_)));
        let malformed = classified("database disk image is malformed");
        assert!(matches!(malformed, RepositoryError::Backend(_)));
    }
}
