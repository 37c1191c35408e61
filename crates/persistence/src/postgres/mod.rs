//! PostgreSQL: the dialect, and how work reaches a connection.
//!
//! A request that is cut off must neither leave a query running on a pooled connection nor queue
//! work that nobody waits for. So the permit to use a connection is taken first, while waiting
//! for it can still be cancelled; then the work runs in a task of its own, which a dropped request
//! does not stop. That task cancels a read for which nobody waits any more, and does a write to the
//! end of its transaction.

mod bulk;
mod channel;
mod counts;
mod door;
mod errors;
mod examine;
mod expressions;
mod feed;
mod finder;
#[cfg(test)]
pub(crate) mod lab;
mod liveness;
mod permits;
mod pooler;
mod queue;
mod search;
mod sqlstate;
mod store;
mod target;
mod these;
mod tls;
mod together;
mod update;
mod verifiers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use conversations_application::ports::{RepositoryError, StorageState};
use diesel_async::AsyncPgConnection;

pub(crate) use bulk::{PACE, insert_all, vacuum_analyze};
pub(crate) use counts::add_to_counts;
pub(crate) use expressions::{
    DAY_OF_ID, a_millisecond_after_the_last_change, id_for_each_conversation, place_in,
};
pub(crate) use feed::{WAITS, WAITS_AT_ALL, drop_waiting_events, insert_events, number_events};
pub(crate) use finder::{Asked, Finder, Found, questions};
pub(crate) use store::open;
pub(crate) use these::these;
pub(crate) use together::Together;
pub(crate) use update::update_conversations;

use crate::bells::Bells;
use crate::metrics::Erasures;
use crate::offload::off_worker;
use crate::work::{Deadline, Query, StepSize};
use crate::{SearchLimits, StepLimits};
use door::Door;

/// Holds what a query finds until the transaction ends: nobody changes it, deletes it or begins to
/// refer to it meanwhile.
macro_rules! hold {
    ($query:expr) => {
        $query.for_update()
    };
}

/// Holds what a query finds until the transaction ends: nobody changes or deletes it meanwhile. Others
/// may hold it likewise, and begin to refer to it.
macro_rules! hold_unchanged {
    ($query:expr) => {
        $query.for_share()
    };
}

/// Holds what a query finds and nobody else holds until the transaction ends; the rest is left out.
macro_rules! hold_free {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}

/// Holds what a query finds from those who hold it likewise; who refers to it is not disturbed.
macro_rules! hold_alone {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

/// Of what a query finds, the same: it is cancelled from outside when nobody waits for it any more.
macro_rules! while_awaited {
    ($query:expr, $column:expr) => {
        $query
    };
}

/// The same, if it may look at many rows.
macro_rules! while_awaited_if {
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
    singles: Door,
    /// For lists.
    lists: Door,
    /// For queries that look through texts.
    searches: Door,
    /// For writes.
    changes: Door,
    /// For signs of life: a connection of its own, which no request holds.
    life: Door,
    erase_limit: Duration,
    step: StepLimits,
    search_limits: SearchLimits,
    erasures: Arc<Erasures>,
    bells: Bells,
    /// Counts the writes of all workers.
    writes: Arc<AtomicU16>,
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
        self.singles.run(None, work).await
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
    pub(crate) async fn read_first<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.read(work).await
    }

    /// Asks for a sign of life, past everything that requests wait for.
    pub(crate) async fn sign_of_life<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.life.run(None, work).await
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
    pub(crate) async fn snapshot_at_length<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                     SET LOCAL statement_timeout = 0";
        self.lists.run_for(None, Some(begin.into()), work, |_| {}).await
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
    pub(crate) async fn write_then<T, F, L>(&self, work: F, landed: L) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        let begin = Some("BEGIN".into());
        self.changes.run_for(Some(Duration::ZERO), begin, work, landed).await
    }

    /// Runs a write that takes as long as there is data, but no longer than it may: it has to look
    /// at the deadline between its steps.
    pub(crate) async fn write_at_length<T, F>(
        &self,
        deadline: Deadline,
        work: F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.write_at_length_then(deadline, work, |_| {}).await
    }

    /// The same, and looks at what landed, whether or not anybody still waits for it.
    pub(crate) async fn write_at_length_then<T, F, L>(
        &self,
        deadline: Deadline,
        work: F,
        landed: L,
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
        self.changes.run_for(left, Some(begin.into()), work, landed).await
    }

    /// The slot of each cell of counts that the next write uses. Those who write at once are given
    /// different ones.
    pub(crate) fn slot(&self) -> i16 {
        (self.writes.fetch_add(1, Ordering::Relaxed) % SLOTS).cast_signed()
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
    pub(crate) async fn outside_of_transactions<T, F>(&self, work: F) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
    {
        self.changes.run_outside(work).await
    }

    /// Whether settings last as long as a connection does.
    pub(crate) fn keeps_settings(&self) -> bool {
        self.changes.keeps_settings()
    }

    /// All of its doors.
    fn doors(&self) -> [&Door; 5] {
        let Self { singles, lists, searches, changes, life, .. } = self;
        [singles, lists, searches, changes, life]
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
    pub(crate) async fn write_step<T, F, L>(&self, work: F, landed: L) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Query<Connection, T>,
        L: FnOnce(&T) + Send + 'static,
    {
        self.write_then(work, landed).await
    }

    /// Counts erasures.
    pub(crate) fn erasures(&self) -> Arc<Erasures> {
        Arc::clone(&self.erasures)
    }

    /// Who waits for news in this process.
    pub(crate) fn bells(&self) -> &Bells {
        &self.bells
    }

    /// When the deletion of many conversations that begins now has to be done.
    pub(crate) fn erase_deadline(&self) -> Deadline {
        Deadline::after(self.erase_limit)
    }
}

/// So many bytes are looked at on the worker; it takes some hundred microseconds at most.
const AT_ONCE: usize = 64 << 10;

/// Does work that looks at so many bytes, between statements. Statements are sent from the worker,
/// which has other requests to go on with, so that much work leaves it.
pub(crate) async fn compute<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if bytes > AT_ONCE { off_worker(work).await } else { work() }
}

/// Whether a statement was stopped because it waited too long for a lock.
pub(crate) fn waited_in_vain(error: &diesel::result::Error) -> bool {
    errors::is_lock_timeout(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[tokio::test]
    async fn work_on_much_leaves_the_worker() {
        let is_done_here =
            async |bytes| compute(bytes, || thread::current().id()).await == thread::current().id();

        assert!(is_done_here(0).await);
        assert!(is_done_here(AT_ONCE).await);
        assert!(!is_done_here(AT_ONCE + 1).await);
    }
}
