//! PostgreSQL: the dialect, and how work reaches a connection.
//!
//! A request that is cut off must neither leave a query running on a pooled connection nor queue
//! work that no caller waits for. So the permit to use a connection is taken first, while waiting
//! for it can still be cancelled; then the work runs in a task of its own, which a dropped request
//! does not stop. That task cancels a read for which no caller is waiting, and does a write to the
//! end of its transaction.

mod batch_loader;
mod batch_queue;
mod bulk;
mod channel;
mod columns;
mod connection_pool;
mod connection_shares;
mod counts;
mod errors;
mod expressions;
mod feed;
mod in_keys;
mod integrity;
mod large_work;
mod liveness;
mod permits;
#[cfg(test)]
pub(crate) mod plan_fixture;
mod pooler;
mod search;
mod settings;
mod sharding;
mod sqlstate;
mod store;
mod target;
mod tls;
mod update;
mod verifiers;
mod without_limit;
mod write_batcher;

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use conversations_application::ports::{RepositoryError, StorageState};
use diesel_async::AsyncPgConnection;

pub(crate) use batch_loader::{BatchLoader, LoadedRows, LookupKeys, key_batches};
pub(crate) use bulk::{SEED_BATCHING, insert_all, vacuum_analyze};
pub(crate) use counts::add_to_counts;
pub(crate) use expressions::{
    DAY_OF_ID, TEXT_OF_ID, a_millisecond_after_the_last_change, id_for_each_conversation, place_in,
};
pub(crate) use feed::{
    COUNT_OF_ALL_WAITING, FIRST_WAITING, HAS_WAITING, NEWEST, WAITING, WAITING_SUBJECTS,
    drop_waiting_events, insert_events, number_events,
};
pub(crate) use in_keys::in_keys;
pub(crate) use large_work::offload_if_large;
pub(crate) use store::open;
pub(crate) use update::update_conversations;
pub(crate) use write_batcher::WriteBatcher;

use crate::feed_notifier::FeedNotifier;
use crate::list_indexes::ListIndexes;
use crate::metrics::ErasureCounters;
use crate::work::{Deadline, Query, StepSize};
use crate::{SearchLimits, StepLimits};
use connection_pool::ConnectionPool;

/// Holds what a query finds until the transaction ends: no other transaction changes it, deletes it
/// or starts to refer to it.
macro_rules! for_update {
    ($query:expr) => {
        $query.for_update()
    };
}

/// Holds what a query finds until the transaction ends: no other transaction changes or deletes it.
/// Others may lock it in the same way, and start to refer to it.
macro_rules! for_share {
    ($query:expr) => {
        $query.for_share()
    };
}

/// Locks what a query finds and no other transaction has locked, until the transaction ends; the
/// rest is left out.
macro_rules! for_update_skip_locked {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}

/// Locks what a query finds against those who lock it in the same way; who refers to it is not
/// disturbed.
macro_rules! for_no_key_update {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

/// Of what a query finds, the same: it is cancelled from outside when no caller waits for it.
macro_rules! cancellable {
    ($query:expr, $column:expr) => {
        $query
    };
}

/// The same, if it may look at many rows.
macro_rules! cancellable_if {
    ($long:expr, $query:expr, $column:expr) => {{
        let _: bool = $long;
        $query
    }};
}

/// Loads the rows of a query.
macro_rules! load_all {
    ($query:expr, $connection:expr) => {
        diesel_async::RunQueryDsl::load($query, $connection).await
    };
}

// The queries are written once and compiled once per database: diesel's types differ per backend,
// and being generic over them needs its unstable features. `super` is the dialect they see.
#[path = "../repositories/mod.rs"]
pub(crate) mod repositories;

pub(crate) type Backend = diesel::pg::Pg;
pub(crate) type Connection = AsyncPgConnection;

/// The way to PostgreSQL of one worker.
#[derive(Clone)]
pub(crate) struct Database {
    /// For what is found by its key: no list stands in its way.
    lookups: ConnectionPool,
    /// For lists.
    lists: ConnectionPool,
    /// For queries that look through texts.
    searches: ConnectionPool,
    /// For writes.
    writers: ConnectionPool,
    /// For signs of life: a connection of its own, which no request holds.
    health: ConnectionPool,
    erase_limit: Duration,
    step: StepLimits,
    search_limits: SearchLimits,
    erasures: Arc<ErasureCounters>,
    feed_notifier: FeedNotifier,
    list_indexes: Arc<ListIndexes>,
    /// Counts the writes of all workers.
    write_count: Arc<AtomicU16>,
    /// Whether workspaces lie on several machines, so that a statement is best about one.
    is_sharded: bool,
    /// Whether settings last as long as a connection does.
    keeps_settings: bool,
}

/// How many slots a cell of counts has: as many can write to it at once without waiting.
const SLOTS: u16 = 16;

/// How many rows a step of a long deletion takes at once: conversations with few rows together, or
/// rows of one that has many.
const PIECE: i64 = 200;

/// How many texts it takes at once.
const TEXTS: i64 = 200;

impl Database {
    /// Runs one short query.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.lookups.run(None, work).await
    }

    /// Runs one query that reads a list.
    pub(crate) async fn read_list<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.lists.run(None, work).await
    }

    /// Runs one short query that every request waits for.
    pub(crate) async fn read_for_authentication<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.read(work).await
    }

    /// Asks for a sign of life, past everything that requests wait for.
    pub(crate) async fn ping<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.health.run(None, work).await
    }

    /// Whether the storage has room: what PostgreSQL does not say unless it is written to.
    ///
    /// # Errors
    /// Never; the other database has some.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "SQLite's needs both")]
    pub(crate) fn storage_state(&self) -> Result<StorageState, RepositoryError> {
        Ok(StorageState::Ready)
    }

    /// Runs queries that see the database as it was at one moment.
    pub(crate) async fn snapshot<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.lists.run(Some(begin.into()), work).await
    }

    /// The same, for queries that look through texts.
    pub(crate) async fn search<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.searches.run(Some(begin.into()), work).await
    }

    /// The same, for as long as it takes.
    pub(crate) async fn snapshot_long<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                     SET LOCAL statement_timeout = 0";
        self.lists.run_with_policy(None, Some(begin.into()), work, |_| {}).await
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
        let begin = Some("BEGIN".into());
        self.writers.run_with_policy(Some(Duration::ZERO), begin, work, on_commit).await
    }

    /// Runs a write that takes as long as there is data, but no longer than it may: it has to look
    /// at the deadline between its steps.
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
        deadline: Deadline,
        work: F,
        on_commit: L,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        // 0 is no limit to PostgreSQL, which is what a deadline that has passed must not become.
        let left = deadline.left();
        let millis = left.map_or(0, |left| left.as_millis().max(1));
        let begin = format!("BEGIN; SET LOCAL statement_timeout = {millis}");
        self.writers.run_with_policy(left, Some(begin.into()), work, on_commit).await
    }

    /// The slot of each cell of counts that the next write uses. Those who write at once are given
    /// different ones.
    pub(crate) fn slot(&self) -> i16 {
        (self.write_count.fetch_add(1, Ordering::Relaxed) % SLOTS).cast_signed()
    }

    /// Runs a write of many rows that is one of very many.
    pub(crate) async fn write_in_bulk<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.write(work).await
    }

    /// Runs work that makes its own transactions and takes as long as there is data.
    pub(crate) async fn without_transaction<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.writers.run_without_transaction(work).await
    }

    /// Whether settings last as long as a connection does.
    pub(crate) fn keeps_settings(&self) -> bool {
        self.keeps_settings
    }

    /// Whether workspaces lie on several machines, so that a statement is best about one.
    fn is_sharded(&self) -> bool {
        self.is_sharded
    }

    /// All of its connection pools.
    fn pools(&self) -> [&ConnectionPool; 5] {
        let Self { lookups, lists, searches, writers, health, .. } = self;
        [lookups, lists, searches, writers, health]
    }

    /// How much a search may look at.
    pub(crate) fn search_limits(&self) -> SearchLimits {
        self.search_limits
    }

    /// How much a step of a long deletion does.
    pub(crate) fn step_size(&self) -> StepSize {
        StepSize::within(self.step, PIECE, TEXTS)
    }

    /// Runs a step of a long deletion, and looks at what landed. Others go on beside it.
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
        self.write_then(work, on_commit).await
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

/// Whether a statement was stopped because it waited too long for a lock.
pub(crate) fn is_lock_timeout_error(error: &diesel::result::Error) -> bool {
    errors::is_lock_timeout(error)
}
