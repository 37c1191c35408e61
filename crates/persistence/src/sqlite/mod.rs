//! SQLite: the dialect, and how work reaches a connection.
//!
//! Connections belong to threads: one writes, some read single things, some lists, some search, and
//! each runs a piece of work to its end before the next. Writes that wait share a commit. A request
//! that is cut off drops its waiting: work that has not begun is skipped when its turn comes, reads
//! that have begun are stopped at their next row, and writes are finished on their thread. diesel-async's own way, a blocking task per statement, panics when a request
//! is dropped in mid-query.

#[macro_use]
mod query_macros;

mod backup;
mod batch_loader;
mod bulk;
#[cfg(test)]
mod cancelled_lists;
mod checkpointer;
mod connect;
mod counts;
mod errors;
mod expressions;
mod feed;
mod files;
mod in_thread;
mod inspect;
mod integrity;
mod interrupt;
mod job_queue;
#[cfg(test)]
pub(crate) mod plan_fixture;
mod scrub;
mod search;
mod store;
mod update;
mod wal_frames;
mod worker_pool;
mod write_batcher;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_application::ports::{RepositoryError, StorageState};
// Linked for the table through which pages are wiped.
use conversations_sqlite as _;
use diesel::SqliteConnection;
use diesel::connection::AnsiTransactionManager;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use futures_util::FutureExt;
use tokio::sync::Mutex;

pub(crate) use batch_loader::{BatchLoader, LoadedRows, LookupKeys, in_keys, key_batches};
pub(crate) use bulk::{SEED_BATCHING, insert_all, vacuum_analyze};
pub(crate) use counts::add_to_counts;
pub(crate) use expressions::{
    DAY_OF_ID, TEXT_OF_ID, a_millisecond_after_the_last_change, id_for_each_conversation, place_in,
};
pub(crate) use feed::{
    COUNT_OF_ALL_WAITING, FIRST_WAITING, HAS_WAITING, NEWEST, WAITING, WAITING_SUBJECTS,
    drop_waiting_events, insert_events, number_events,
};
pub(crate) use store::open;
pub(crate) use update::update_conversations;
pub(crate) use write_batcher::WriteBatcher;

use crate::error::Failure;
use crate::feed_notifier::FeedNotifier;
use crate::list_indexes::ListIndexes;
use crate::metrics::ErasureCounters;
use crate::work::{Deadline, Query, StepSize, Work, commit_or_roll_back};
use crate::{SearchLimits, StepLimits};
use checkpointer::WalCheckpointer;
use files::DatabaseFiles;
use in_thread::InThread;
use worker_pool::WorkerPool;
use writer::Writer;

// The queries are written once and compiled once per database: diesel's types differ per backend,
// and being generic over them needs its unstable features. `super` is the dialect they see.
#[path = "../repositories/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "compiled once per database, on purpose")]
pub(crate) mod repositories;

pub(crate) type Backend = diesel::sqlite::Sqlite;
pub(crate) type Connection = SyncConnectionWrapper<SqliteConnection, InThread>;

/// The part of its own time that a write of many rows leaves to others. Waiting for the lock, SQLite
/// looks for it about every 0.1 s: this much lets nearly everybody through within a second.
const PAUSE: u32 = 3;

/// How many rows a step of a long deletion takes at once: conversations with few rows together, or
/// rows of one that has many.
const PIECE: i64 = 32;

/// How many texts it takes at once. What one costs depends on its words and on all that the index has
/// of them: a long one takes milliseconds.
const TEXTS: i64 = 1;

/// The way to a SQLite file of everybody in the process.
#[derive(Clone)]
pub(crate) struct Database {
    /// For what is found by its key: no list, however long, stands in its way.
    lookups: WorkerPool,
    lists: WorkerPool,
    searches: WorkerPool,
    /// For what every request asks first, and signs of life.
    authentication: WorkerPool,
    writer: Writer,
    files: Arc<DatabaseFiles>,
    /// Held by the one write of many rows that is made at a time.
    bulk: Arc<Mutex<()>>,
    erase_limit: Duration,
    step: StepLimits,
    search_limits: SearchLimits,
    erasures: Arc<ErasureCounters>,
    feed_notifier: FeedNotifier,
    list_indexes: Arc<ListIndexes>,
}

impl Database {
    /// Runs one query.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.lookups.run(move |connection| finished(work(connection))).await
    }

    /// Runs one query that reads a list.
    pub(crate) async fn read_list<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.lists.run(move |connection| finished(work(connection))).await
    }

    /// Runs one short query that every request waits for.
    pub(crate) async fn read_for_authentication<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.authentication.run(move |connection| finished(work(connection))).await
    }

    /// Asks for a sign of life.
    pub(crate) async fn ping<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.read_for_authentication(work).await
    }

    /// Whether the files are those that were opened, and have room.
    ///
    /// # Errors
    /// When one of them is gone or another one.
    pub(crate) fn storage_state(&self) -> Result<StorageState, RepositoryError> {
        self.files.check()?;
        Ok(if self.files.are_full() { StorageState::Full } else { StorageState::Ready })
    }

    /// Runs queries that see the database as it was at one moment.
    pub(crate) async fn snapshot<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.lists.run(move |connection| finished(transaction(connection, "BEGIN", work))).await
    }

    /// The same, for queries that look through texts.
    pub(crate) async fn search<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.searches.run(move |connection| finished(transaction(connection, "BEGIN", work))).await
    }

    /// The same, for as long as it takes: only other readers wait for it.
    pub(crate) async fn snapshot_long<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.snapshot(work).await
    }

    /// The same, for as long as it takes, and as its caller takes between two queries.
    pub(crate) async fn snapshot_without_limit<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.snapshot(work).await
    }

    /// Runs a write: all of it lands, or nothing.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.write_then(work, |_| {}).await
    }

    /// The same, and looks at what landed, whether or not anybody still waits for it.
    pub(crate) async fn write_then<T, F, L>(
        &self,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        self.writer.write_shared(work, on_commit).await
    }

    /// Runs a write that takes as long as there is data, but no longer than it may: it has to look
    /// at the deadline between its steps. It has its own commit, because others would have to wait
    /// as long.
    pub(crate) async fn write_long<T, F>(
        &self,
        deadline: Deadline,
        work: F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.write_long_then(deadline, work, |_| {}).await
    }

    /// The same, and looks at what landed, whether or not anybody still waits for it.
    pub(crate) async fn write_long_then<T, F, L>(
        &self,
        _: Deadline,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        let begin = "BEGIN IMMEDIATE";
        let files = Arc::clone(&self.files);
        let write = move |connection: &mut Connection| {
            files.guard(|| finished(transaction(connection, begin, work))).inspect(on_commit)
        };
        self.writer.write_alone(write).await
    }

    /// Runs a write that takes as long as there is data: no other write has the file until it ends.
    pub(crate) async fn write_without_limit<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.write_long(Deadline::NEVER, work).await
    }

    /// The slot of each cell of counts that the next write uses: there is one, because one writes at
    /// a time.
    #[expect(clippy::unused_self, reason = "PostgreSQL's needs it")]
    pub(crate) fn slot(&self) -> i16 {
        0
    }

    /// Runs a write of many rows that is one of very many. Between two of them there is a pause for
    /// other processes: those who wait for the lock only look for it now and then.
    pub(crate) async fn write_in_bulk<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let _alone = self.bulk.lock().await;
        let begun = Instant::now();
        let written = self.write(work).await;
        tokio::time::sleep(begun.elapsed() / PAUSE).await;
        written
    }

    /// How much a search may look at.
    pub(crate) fn search_limits(&self) -> SearchLimits {
        self.search_limits
    }

    /// How much a step of a long deletion does.
    pub(crate) fn step_size(&self) -> StepSize {
        StepSize::within(self.step, PIECE, TEXTS)
    }

    /// Runs a step of a long deletion, and looks at what landed. One step is done at a time, and as
    /// long as it took, others have the file for themselves: other processes, who wait for the
    /// lock, only look for it now and then.
    pub(crate) async fn write_step<T, F, L>(
        &self,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        let _alone = self.bulk.lock().await;
        let begun = Instant::now();
        let written = self.write_then(work, on_commit).await;
        tokio::time::sleep(begun.elapsed()).await;
        written
    }

    /// Counts erasures.
    pub(crate) fn erasures(&self) -> Arc<ErasureCounters> {
        Arc::clone(&self.erasures)
    }

    /// Who waits for news in this process.
    pub(crate) fn feed_notifier(&self) -> &FeedNotifier {
        &self.feed_notifier
    }

    /// The list indexes of this process.
    pub(crate) fn list_indexes(&self) -> &Arc<ListIndexes> {
        &self.list_indexes
    }

    /// When the deletion of many conversations that begins now has to be done.
    pub(crate) fn erase_deadline(&self) -> Deadline {
        Deadline::after(self.erase_limit)
    }
}

/// Does work over this many bytes, between statements. Here it has the thread of the connection, on
/// which nothing else waits.
pub(crate) fn offload_if_large<T>(
    _bytes: usize,
    work: impl FnOnce() -> T,
) -> std::future::Ready<T> {
    std::future::ready(work())
}

/// Whether a statement was stopped because it waited too long for a lock: here no other transaction
/// writes at the same time.
pub(crate) fn is_lock_timeout_error(_: &diesel::result::Error) -> bool {
    false
}

async fn transaction<T, F>(
    connection: &mut Connection,
    begin: &'static str,
    work: F,
) -> Result<T, Failure>
where
    F: for<'c> Work<&'c mut Connection, Result<T, Failure>, WorkFuture: Send>,
{
    connection
        .spawn_blocking(move |connection| {
            AnsiTransactionManager::begin_transaction_sql(connection, begin)
        })
        .await?;
    commit_or_roll_back(connection, work).await
}

/// The outcome of work on a connection whose every statement runs at once in this thread: it is
/// finished when it is first looked at.
fn finished<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, RepositoryError> {
    match work.now_or_never() {
        Some(Ok(done)) => Ok(done),
        Some(Err(Failure::Database(error))) => Err(errors::classify(error)),
        Some(Err(Failure::Repository(error))) => Err(error),
        None => Err(RepositoryError::Backend("work on SQLite awaited something else".into())),
    }
}
