//! Opening a SQLite file: its making, the settings of a connection, the threads, migrations.

use std::fs::{DirBuilder, OpenOptions};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use super::backup::back_up;
use super::connect::{MIGRATING, establish, refused};
use super::errors::is_full;
use super::files::DatabaseFiles;
use super::inspect::inspect;
use super::integrity::check_integrity;
use super::interrupt;
use super::job_queue::QueueConfig;
use super::scrub::scrub_once;
use super::{
    Connection, Database, InThread, WalCheckpointer, WorkerPool, Writer, repositories, search,
};
use crate::api_key_cache::ApiKeyCache;
use crate::backup::BackupError;
use crate::feed_notifier::FeedNotifier;
use crate::integrity_report::IntegrityReport;
use crate::list_indexes::ListIndexes;
use crate::migrations::{self, MigrationError, apply, retry_migrations};
use crate::sharding::{Distribution, DistributionError};
use crate::task_tracker::TaskTracker;
use crate::timeout_budget::TimeoutBudget;
use crate::{Limits, OpenError, Repositories, Store, StoreMetrics};

/// How many single things, lists and searches a workspace reads at once, at most. It follows from the
/// number of cores, unless the limits say how many read lists. Each thread has a cache of its own, so
/// that more of them than needed make single reads slower.
const SINGLES: usize = 4;
const LISTS: usize = 16;
const SEARCHES: usize = 4;

/// How much of the file each of those who read keeps in memory, in KiB.
const CACHE: u32 = 8192;

struct SqliteStore {
    path: PathBuf,
    database: Database,
    tasks: TaskTracker,
    key_cache: ApiKeyCache,
    log: WalCheckpointer,
}

pub(crate) fn open(path: &Path, limits: Limits) -> Result<Arc<dyn Store>, OpenError> {
    inspect(path)?;
    let is_new = !path.exists();
    make_file(path)
        .map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
    if is_new {
        tracing::info!(path = %path.display(), "created a new database file");
    }
    let timeouts = TimeoutBudget::of(limits.request);
    let files = Arc::new(DatabaseFiles::of(path));
    let config = QueueConfig { timeouts, tasks: TaskTracker::default(), files: Arc::clone(&files) };
    let lock = timeouts.lock();
    // First, and open until the end: the last connection that closes a file takes its log in, and
    // does not wipe what comes with it.
    let writing = path.to_owned();
    let writer =
        Writer::start("writer", config.clone(), move || writing_connection(&writing, lock))?;
    files.watch().map_err(|error| refused(path, error.to_string()))?;
    let reading = path.to_owned();
    let reader = move || reading_connection(&reading, lock);
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    let finding = (cores / 2).clamp(1, SINGLES);
    let lookups = WorkerPool::start("singles", finding, config.clone(), reader.clone())?;
    let listing = limits.readers.unwrap_or(cores.clamp(2, LISTS)).max(1);
    let lists = WorkerPool::start("lists", listing, config.clone(), reader.clone())?;
    let searching = (cores / 2).clamp(1, SEARCHES);
    let searches = WorkerPool::start("searches", searching, config.clone(), reader.clone())?;
    let authentication = WorkerPool::start_single("doorkeeper", config.clone(), reader)?;
    let log = WalCheckpointer::start(path, Arc::clone(&files), writer.clone())?;
    let database = Database {
        lookups,
        lists,
        searches,
        authentication,
        writer,
        files,
        bulk: Arc::default(),
        erase_limit: limits.erase,
        step: limits.step,
        search_limits: limits.search,
        erasures: Arc::default(),
        feed_notifier: FeedNotifier::default(),
        list_indexes: ListIndexes::new(limits.list_index),
    };
    let (path, tasks) = (path.to_owned(), config.tasks);
    Ok(Arc::new(SqliteStore { path, database, tasks, key_cache: ApiKeyCache::default(), log }))
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let applied = retry_migrations(|| migrate(self.path.clone())).await?;
        repositories::complete_migrations(&self.database).await?;
        Ok(applied)
    }

    fn repositories(&self) -> Result<Repositories, OpenError> {
        Ok(self.key_cache.wrap(repositories::over(&self.database)))
    }

    async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        back_up(&self.path, file).await
    }

    async fn distribute(&self) -> Result<Distribution, DistributionError> {
        Err(DistributionError::Elsewhere)
    }

    fn location(&self) -> String {
        let whole = std::path::absolute(&self.path);
        whole.as_deref().unwrap_or(&self.path).display().to_string()
    }

    async fn check_integrity(&self) -> Result<IntegrityReport, String> {
        let path = self.path.clone();
        let examined = tokio::task::spawn_blocking(move || check_integrity(&path)).await;
        examined.map_err(|error| error.to_string())?
    }

    fn metrics(&self) -> StoreMetrics {
        let Database { lookups, lists, searches, authentication, writer, erasures, .. } =
            &self.database;
        let mut pools: Vec<_> = [lookups, lists, searches, authentication]
            .into_iter()
            .map(WorkerPool::metrics)
            .collect();
        pools.push(writer.metrics());
        erasures.read("sqlite", pools, self.database.list_indexes().metrics())
    }

    async fn drain(&self) {
        self.tasks.drained().await;
    }

    async fn close(&self) {
        let Database { lookups, lists, searches, authentication, .. } = &self.database;
        for lane in [lookups, lists, searches, authentication] {
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
        match scrub_once(&mut connection) {
            Err(error) if is_full(&error) => tracing::warn!(
                "no disk space to scrub deleted text from the database file: the next start will \
                 try again"
            ),
            wiped => wiped.map_err(|error| MigrationError::Failed(error.to_string()))?,
        }
        Ok(applied)
    })
    .await
    .map_err(|error| MigrationError::Failed(error.to_string()))?
}

/// Creates the file and its directory, readable only by their owner. The files that SQLite puts
/// beside it get the same permissions.
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
