//! Opening a SQLite file: its making, the settings of a connection, the threads, migrations.

use std::fs::{DirBuilder, OpenOptions};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::{Connection as _, QueryResult, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use super::backup::back_up;
use super::errors::is_full;
use super::examine::examine;
use super::files::DatabaseFiles;
use super::inspect::inspect;
use super::interrupt;
use super::queue::Rules;
use super::scrub::wipe_once;
use super::{Connection, Database, InThread, Lane, LogTaker, Writer, repositories, search};
use crate::backup::BackupError;
use crate::examination::Examination;
use crate::migrations::{self, MigrationError, apply, patiently};
use crate::patience::Patience;
use crate::recent_keys::RecentKeys;
use crate::underway::Underway;
use crate::{Limits, OpenError, Repositories, Store, StoreMetrics};

/// How many single things, lists and searches a workspace reads at once, at most. It follows from the
/// number of cores, unless the limits say how many read lists. Each thread has a cache of its own, so
/// that more of them than needed make single reads slower.
const SINGLES: usize = 4;
const LISTS: usize = 16;
const SEARCHES: usize = 4;

/// How much of the file each of those who read keeps in memory, in KiB.
const CACHE: u32 = 8192;

/// What every connection is told first.
///
/// - `synchronous = FULL`: an acknowledged write survives a power cut; NORMAL may lose it.
/// - `secure_delete`: what was deleted is overwritten, not just forgotten.
/// - `wal_autocheckpoint = 0`: the log is taken in by [`LogTaker`], which wipes its pages first.
/// - `temp_store = MEMORY`: no copies of content in temporary files.
const SETTINGS: &str = "\
    PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; \
    PRAGMA secure_delete = ON; \
    PRAGMA wal_autocheckpoint = 0; \
    PRAGMA temp_store = MEMORY;";

/// How long migrating waits for others who do the same: nobody's request waits for it.
pub(super) const MIGRATING: Duration = Duration::from_secs(5);

/// Parts of what SQLite says of a file or a directory that it may not write to.
const UNWRITABLE: [&str; 2] =
    ["unable to open database file", "attempt to write a readonly database"];

struct SqliteStore {
    path: PathBuf,
    database: Database,
    underway: Underway,
    recent_keys: RecentKeys,
    log: LogTaker,
}

pub(crate) fn open(path: &Path, limits: Limits) -> Result<Arc<dyn Store>, OpenError> {
    inspect(path)?;
    let is_new = !path.exists();
    make_file(path)
        .map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
    if is_new {
        tracing::info!(path = %path.display(), "made a new database file");
    }
    let patience = Patience::of(limits.request);
    let files = Arc::new(DatabaseFiles::of(path));
    let rules = Rules { patience, underway: Underway::default(), files: Arc::clone(&files) };
    let lock = patience.lock();
    // First, and open until the end: the last connection that closes a file takes its log in, and
    // does not wipe what comes with it.
    let writing = path.to_owned();
    let writer =
        Writer::start("writer", rules.clone(), move || writing_connection(&writing, lock))?;
    files.watch().map_err(|error| refused(path, error.to_string()))?;
    let reading = path.to_owned();
    let reader = move || reading_connection(&reading, lock);
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    let finding = (cores / 2).clamp(1, SINGLES);
    let singles = Lane::start("singles", finding, rules.clone(), reader.clone())?;
    let listing = limits.readers.unwrap_or(cores.clamp(2, LISTS)).max(1);
    let lists = Lane::start("lists", listing, rules.clone(), reader.clone())?;
    let searching = (cores / 2).clamp(1, SEARCHES);
    let searches = Lane::start("searches", searching, rules.clone(), reader.clone())?;
    let doorkeeper = Lane::start_single("doorkeeper", rules.clone(), reader)?;
    let log = LogTaker::start(path, Arc::clone(&files), writer.clone())?;
    let database = Database {
        singles,
        lists,
        searches,
        doorkeeper,
        writer,
        files,
        bulk: Arc::default(),
        erase_limit: limits.erase,
        step: limits.step,
        search_limits: limits.search,
        erasures: Arc::default(),
    };
    let (path, underway) = (path.to_owned(), rules.underway);
    Ok(Arc::new(SqliteStore { path, database, underway, recent_keys: RecentKeys::default(), log }))
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let applied = patiently(|| migrate(self.path.clone())).await?;
        repositories::complete_migrations(&self.database).await?;
        Ok(applied)
    }

    fn repositories(&self) -> Result<Repositories, OpenError> {
        Ok(self.recent_keys.remembered(repositories::over(&self.database)))
    }

    async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        back_up(&self.path, file).await
    }

    fn location(&self) -> String {
        let whole = std::path::absolute(&self.path);
        whole.as_deref().unwrap_or(&self.path).display().to_string()
    }

    async fn examine(&self) -> Result<Examination, String> {
        let path = self.path.clone();
        let examined = tokio::task::spawn_blocking(move || examine(&path)).await;
        examined.map_err(|error| error.to_string())?
    }

    fn metrics(&self) -> StoreMetrics {
        let Database { singles, lists, searches, doorkeeper, writer, erasures, .. } =
            &self.database;
        let mut pools: Vec<_> =
            [singles, lists, searches, doorkeeper].into_iter().map(Lane::metrics).collect();
        pools.push(writer.metrics());
        erasures.read("sqlite", pools)
    }

    async fn drain(&self) {
        self.underway.drained().await;
    }

    async fn close(&self) {
        let Database { singles, lists, searches, doorkeeper, .. } = &self.database;
        for lane in [singles, lists, searches, doorkeeper] {
            lane.stop().await;
        }
        // After whatever is still to be written, and before the writer goes: it does it.
        self.log.stop().await;
        self.database.writer.stop().await;
    }
}

async fn migrate(path: PathBuf) -> Result<Vec<String>, MigrationError> {
    tokio::task::spawn_blocking(move || {
        let mut connection = establish(&path, MIGRATING)
            .map_err(|error| MigrationError::Unreachable(error.to_string()))?;
        let applied = apply(&mut connection, migrations::SQLITE)?;
        match wipe_once(&mut connection) {
            Err(error) if is_full(&error) => tracing::warn!(
                "there is no room to wipe the database file of deleted text: the next start will try"
            ),
            wiped => wiped.map_err(|error| MigrationError::Failed(error.to_string()))?,
        }
        Ok(applied)
    })
    .await
    .map_err(|error| MigrationError::Failed(error.to_string()))?
}

/// Makes the file and its directory, for nobody else's eyes. The files that SQLite puts beside it
/// get the same permissions.
fn make_file(path: &Path) -> std::io::Result<()> {
    let mut directory = DirBuilder::new();
    directory.recursive(true);
    let mut file = OpenOptions::new();
    file.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        directory.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        directory.create(parent)?;
    }
    file.open(path).map(drop)
}

pub(super) fn writing_connection(path: &Path, lock: Duration) -> Result<Connection, OpenError> {
    let mut connection = establish(path, lock)?;
    teach(path, &mut connection)?;
    Ok(SyncConnectionWrapper::with_runtime(connection, InThread))
}

pub(super) fn reading_connection(path: &Path, lock: Duration) -> Result<Connection, OpenError> {
    let mut connection = establish(path, lock)?;
    teach(path, &mut connection)?;
    connection
        .batch_execute(&format!("PRAGMA query_only = ON; PRAGMA cache_size = -{CACHE}"))
        .map_err(|error| refused(path, error.to_string()))?;
    Ok(SyncConnectionWrapper::with_runtime(connection, InThread))
}

/// Gives a connection what queries need that is not in the file.
fn teach(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    interrupt::register(connection)
        .and_then(|()| connection.batch_execute(search::INSTANCES))
        .map_err(|error| refused(path, error.to_string()))
}

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
