//! Whether the files of a database are still those that were opened, and whether there is disk
//! space.
//!
//! SQLite goes on with files that have lost their names: what is written then is lost once the
//! process ends. So after each commit, before it is acknowledged, the names are compared with the
//! opened files.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use conversations_application::ports::RepositoryError;

use super::connect::beside;
use crate::OpenError;

/// The files of a database; all its connections share one value.
pub(super) struct DatabaseFiles {
    watched: [WatchedFile; 3],
    /// Set once the connection that writes is open: before that, other processes may remove the log.
    watching: AtomicBool,
    /// Why writes are refused until the process ends.
    lost: OnceLock<String>,
    full: AtomicBool,
}

struct WatchedFile {
    path: PathBuf,
    opened: OnceLock<FileId>,
}

/// The identity of a file, which a rename does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl DatabaseFiles {
    /// The files of the database at this path.
    pub(super) fn of(path: &Path) -> Self {
        // SQLite puts the others beside the file itself, wherever its name is.
        let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let watched = [path.to_owned(), beside(&file, "-wal"), beside(&file, "-shm")];
        Self {
            watched: watched.map(|path| WatchedFile { path, opened: OnceLock::new() }),
            watching: AtomicBool::new(false),
            lost: OnceLock::new(),
            full: AtomicBool::new(false),
        }
    }

    /// Remembers the files, now that the database is open.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn watch(&self) -> Result<(), RepositoryError> {
        self.watching.store(true, Ordering::Release);
        self.check()
    }

    /// Where the write-ahead log is.
    pub(super) fn log(&self) -> &Path {
        &self.watched[1].path
    }

    /// Compares the files with what was opened. Once one of them was replaced or removed, this fails from
    /// then on: it is unknown where anything was written meanwhile.
    ///
    /// # Errors
    /// When one of them is not what was opened, or cannot be looked at.
    pub(super) fn check(&self) -> Result<(), RepositoryError> {
        if !self.watching.load(Ordering::Acquire) {
            return Ok(());
        }
        for file in &self.watched {
            if self.lost.get().is_some() {
                break;
            }
            file.check(&self.lost)?;
        }
        match self.lost() {
            Some(reason) => Err(RepositoryError::Unavailable(reason.into())),
            None => Ok(()),
        }
    }

    /// Does a write that is acknowledged only if the files are there before and after it.
    ///
    /// # Errors
    /// That of the write, or when one of the files is not what was opened.
    pub(super) fn guard<T>(
        &self,
        write: impl FnOnce() -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        self.check()?;
        let written = write();
        match &written {
            Ok(_) => self.note_full(false),
            Err(RepositoryError::StorageFull) => self.note_full(true),
            Err(_) => {}
        }
        let written = written?;
        self.check()?;
        Ok(written)
    }

    /// Which file is not what was opened, if that was found.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    /// The error of an attempt to open them again.
    pub(super) fn gone(&self) -> OpenError {
        let reason = self.lost().unwrap_or("it cannot be read");
        let source = std::io::Error::new(ErrorKind::NotFound, reason);
        OpenError::File { path: self.watched[0].path.display().to_string(), source }
    }

    /// Whether the last write failed because the disk was full.
    pub(super) fn are_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Notes whether a write failed because the disk was full.
    pub(super) fn note_full(&self, full: bool) {
        if self.full.load(Ordering::Relaxed) != full {
            self.full.store(full, Ordering::Relaxed);
        }
    }
}

impl WatchedFile {
    /// Notes in `lost` when this is no longer the file that was opened.
    fn check(&self, lost: &OnceLock<String>) -> Result<(), RepositoryError> {
        let reason = match self.path.metadata() {
            Ok(metadata) => {
                let now = FileId { device: metadata.dev(), inode: metadata.ino() };
                if *self.opened.get_or_init(|| now) == now {
                    return Ok(());
                }
                "was replaced"
            }
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory if self.opened.get().is_some() => {
                    "was removed"
                }
                // Not there yet.
                ErrorKind::NotFound => return Ok(()),
                _ => return Err(RepositoryError::Unavailable(Box::new(error))),
            },
        };
        lost.get_or_init(|| format!("{} {reason} while it was open", self.path.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A database of three files that are watched, unless `watched` is false.
    fn files(watched: bool) -> (tempfile::TempDir, PathBuf, DatabaseFiles) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.db");
        for suffix in ["", "-wal", "-shm"] {
            fs::write(beside(&path, suffix), suffix).expect("a file");
        }
        let files = DatabaseFiles::of(&path);
        if watched {
            files.watch().expect("files that are there");
        }
        (directory, path, files)
    }

    #[test]
    fn what_is_written_to_stays_the_same_file() {
        let (_directory, path, files) = files(true);
        fs::write(&path, "more").expect("a write");

        assert!(files.check().is_ok());
        assert_eq!(files.lost(), None);
    }

    #[test]
    fn each_file_is_missed_and_stays_lost() {
        for suffix in ["", "-wal", "-shm"] {
            let (directory, path, files) = files(true);
            let aside = directory.path().join("aside");
            fs::rename(beside(&path, suffix), &aside).expect("a rename");

            assert!(matches!(files.check(), Err(RepositoryError::Unavailable(_))), "{suffix}");

            fs::rename(&aside, beside(&path, suffix)).expect("a rename");
            assert!(files.check().is_err(), "{suffix} may have been another one meanwhile");
            let reason = files.lost().expect("a reason");
            assert!(reason.contains(&format!("a.db{suffix} was removed")), "{reason}");
        }
    }

    #[test]
    fn another_file_of_the_same_name_is_another_one() {
        let (directory, path, files) = files(true);
        let backup = directory.path().join("backup");
        fs::write(&backup, "").expect("a file");
        fs::rename(&backup, &path).expect("a rename");

        assert!(files.check().is_err());
        assert!(files.lost().is_some_and(|reason| reason.contains("was replaced")));
    }

    #[test]
    fn a_directory_that_is_gone_takes_the_files_along() {
        let (directory, _path, files) = files(true);
        let moved = tempfile::tempdir().expect("a directory");
        fs::rename(directory.path(), moved.path().join("elsewhere")).expect("a rename");

        assert!(files.check().is_err());
    }

    #[test]
    fn before_they_are_open_files_may_come_and_go() {
        let (_directory, path, files) = files(false);
        fs::remove_file(beside(&path, "-wal")).expect("a file that goes");
        assert!(files.check().is_ok());

        files.watch().expect("the files");
        fs::write(beside(&path, "-wal"), "").expect("a file");

        assert!(files.check().is_ok(), "what comes later is what was opened");
    }
}
