//! Backups of SQLite files, and why one failed.

use std::path::PathBuf;

/// Why there is no backup. Then there is no file either.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something has the name already.
    #[error("{} already exists; choose another name", .0.display())]
    AlreadyAssigned(PathBuf),
    /// The database has tools of its own.
    #[error(
        "this command is for SQLite; for PostgreSQL use pg_dump --format=custom --file={} \
         \"$DATABASE_URL\"", .0.display()
    )]
    Elsewhere(PathBuf),
    /// The file cannot be made.
    #[error("the backup {} cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be read, or the copy of it not written.
    #[error("the database cannot be copied: {0}")]
    Copy(String),
    /// What was written is not what it should be.
    #[error("the backup was incomplete and was removed: {0}")]
    Damaged(String),
}
