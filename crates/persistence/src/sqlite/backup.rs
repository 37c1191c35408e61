//! A backup of the file while others read and write it: what it holds at one moment, written
//! into a new file. What was deleted is not in it, because no page is copied as it is.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl, SqliteConnection};

use super::connect::{MIGRATING, address, establish};
use super::integrity::{damage, dangling_references};
use crate::backup::BackupError;

/// Writes a backup of a database that may be open elsewhere, and returns its size in bytes. The
/// file exists with its whole content, readable only by its owner, or it does not exist.
pub(super) async fn back_up(database: &Path, file: &Path) -> Result<u64, BackupError> {
    let part = Part::make(file)?;
    let (from, to) = (database.to_owned(), part.path.clone());
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
    copied.map_err(|error| BackupError::Copy(error.to_string()))??;
    part.become_whole(file)
}

/// A file that is not whole. It goes with this value.
struct Part {
    path: PathBuf,
}

impl Part {
    /// Makes the empty file, beside where the whole one will be.
    fn make(file: &Path) -> Result<Self, BackupError> {
        if file.symlink_metadata().is_ok() {
            return Err(BackupError::AlreadyAssigned(file.to_owned()));
        }
        let absent = || io::Error::other("it is not a file name");
        let failed = |source| BackupError::File { path: file.to_owned(), source };
        let mut name = file.file_name().ok_or_else(absent).map_err(failed)?.to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = std::path::absolute(file.with_file_name(name)).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(&path).map_err(failed)?;
        Ok(Self { path })
    }

    /// Gives the file its name, unless that exists by now, once it is on the disk.
    fn become_whole(self, file: &Path) -> Result<u64, BackupError> {
        let named = || {
            let part = File::open(&self.path)?;
            part.sync_all()?;
            name_it(&self.path, file)?;
            let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(part.metadata()?.len())
        };
        named().map_err(|source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => BackupError::AlreadyAssigned(file.to_owned()),
            _ => BackupError::File { path: file.to_owned(), source },
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Once it has its name it is gone from here.
        let _removed = std::fs::remove_file(&self.path);
    }
}

/// A second name takes the place of nothing, as a new one would. Where a file system knows no second
/// names, it is looked whether the name is free.
fn name_it(part: &Path, file: &Path) -> io::Result<()> {
    match std::fs::hard_link(part, file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            if file.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            std::fs::rename(part, file)
        }
        settled => settled,
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |error: &dyn std::error::Error| BackupError::Copy(error.to_string());
    let name = to.to_str().ok_or_else(|| {
        let source = io::Error::other("its name is not UTF-8");
        BackupError::File { path: to.to_owned(), source }
    })?;
    let mut connection = establish(from, MIGRATING).map_err(|error| failed(&error))?;
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(name)
        .execute(&mut connection)
        .map_err(|error| failed(&error))?;
    drop(connection);

    let mut copy = SqliteConnection::establish(&address(to)).map_err(|error| failed(&error))?;
    let mut found = damage(&mut copy).map_err(|error| failed(&error))?;
    found.extend(dangling_references(&mut copy).map_err(|error| failed(&error))?);
    match found.into_iter().next() {
        Some(first) => Err(BackupError::Damaged(first)),
        None => Ok(()),
    }
}
