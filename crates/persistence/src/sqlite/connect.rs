//! Opening a file: its path, the settings of a connection, and the errors of SQLite.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryResult, SqliteConnection};

use crate::OpenError;

/// What every connection is told first.
///
/// - `synchronous = FULL`: an acknowledged write survives a power cut; NORMAL may lose it.
/// - `secure_delete`: what was deleted is overwritten, not just forgotten.
/// - `wal_autocheckpoint = 0`: the log is taken in by `WalCheckpointer`, which wipes its pages first.
/// - `temp_store = MEMORY`: no copies of content in temporary files.
const SETTINGS: &str = "\
    PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; \
    PRAGMA secure_delete = ON; \
    PRAGMA wal_autocheckpoint = 0; \
    PRAGMA temp_store = MEMORY;";

/// How long migrating waits for others who do the same: no request waits for it.
pub(super) const MIGRATING: Duration = Duration::from_secs(5);

/// Parts of what SQLite says of a file or a directory that it may not write to.
const UNWRITABLE: [&str; 2] =
    ["unable to open database file", "attempt to write a readonly database"];

/// Opens the file. Of others who hold a lock on it, a connection waits so long for each.
pub(super) fn establish(path: &Path, lock: Duration) -> Result<SqliteConnection, OpenError> {
    let name = path.to_str().ok_or_else(|| refused(path, "its name is not UTF-8".to_owned()))?;
    let mut connection =
        SqliteConnection::establish(name).map_err(|error| refused(path, error.to_string()))?;
    // First, because the settings may meet a lock.
    connection
        .batch_execute(&format!("PRAGMA busy_timeout = {}", lock.as_millis()))
        .and_then(|()| patiently_set(&mut connection))
        .map_err(|error| refused(path, error.to_string()))?;
    Ok(connection)
}

/// What SQLite says of a file that it does not accept.
pub(super) fn refused(path: &Path, reason: String) -> OpenError {
    let path = path.display().to_string();
    if UNWRITABLE.iter().any(|part| reason.contains(part)) {
        return OpenError::File { path, source: std::io::Error::other(reason) };
    }
    OpenError::Sqlite { path, reason }
}

/// Tells a connection its settings. The change to WAL is refused at once, without regard to the
/// busy time-out, while another process makes it.
fn patiently_set(connection: &mut SqliteConnection) -> QueryResult<()> {
    for _ in 0..100 {
        match connection.batch_execute(SETTINGS) {
            Err(error) if error.to_string().contains("is locked") => {
                std::thread::sleep(Duration::from_millis(20));
            }
            settled => return settled,
        }
    }
    connection.batch_execute(SETTINGS)
}

/// The file as an address that only reads. SQLite makes files beside it even to read it, unless it
/// is told that nothing changes; which is so when none exist, because then no process has it open.
pub(super) fn address(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                address.push(byte.into());
            }
            _ => {
                // Writing to a text cannot fail.
                let _written = write!(address, "%{byte:02x}");
            }
        }
    }
    address.push_str("?mode=ro");
    if !beside(path, "-wal").exists() && !beside(path, "-shm").exists() {
        address.push_str("&immutable=1");
    }
    address
}

/// A file that SQLite keeps beside another one.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
