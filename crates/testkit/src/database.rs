//! Databases that live as long as a test: a file of SQLite, or a database on a PostgreSQL server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use conversations_persistence::{
    Limits, ListIndexLimits, ListIndexMetrics, Repositories, StepLimits, Store, open,
};
use diesel::SqliteConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use tempfile::TempDir;

use crate::forensics;
use crate::postgres::PostgresDatabase;

/// How long a deletion may take to reach every copy (docs/erasure.md).
const ERASED_WITHIN: Duration = Duration::from_secs(60);

/// The kinds of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary directory.
    Sqlite,
    /// A database on the server that `TEST_POSTGRES_URL` names. It needs the feature `postgres`.
    Postgres,
}

/// A database that is gone when this value is.
pub struct TestDatabase {
    url: String,
    /// What is open as long as the database is there: a store of SQLite also takes in the log of what
    /// was written, which without it grows and grows.
    stores: Mutex<Vec<Arc<dyn Store>>>,
    life: Life,
    list_index: ListIndexLimits,
}

pub(crate) enum Life {
    Sqlite(TempDir),
    Postgres(PostgresDatabase),
}

impl Engine {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl TestDatabase {
    /// A fresh database of this kind.
    ///
    /// # Panics
    /// When it cannot be made; for PostgreSQL also when `TEST_POSTGRES_URL` is not set: a test on
    /// both databases is never half a test.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self::postgres().await,
        }
    }

    /// A fresh SQLite database, without its schema.
    #[must_use]
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("conversations.db");
        let file = file.to_str().expect("temporary directories are named in UTF-8");
        Self::new_at(format!("sqlite://{file}"), Life::Sqlite(directory))
    }

    /// A fresh PostgreSQL database with its schema, copied from a template, which takes a tenth of
    /// the time that migrating takes.
    pub async fn postgres() -> Self {
        Self::new_on(PostgresDatabase::with_schema().await)
    }

    /// The same, with each table partitioned by workspace, which stands in for a cluster. Dropping it
    /// panics if a statement touched several partitions that is not allowed to.
    pub async fn partitioned_postgres() -> Self {
        Self::new_on(PostgresDatabase::partitioned().await)
    }

    /// An empty PostgreSQL database, without its schema.
    pub async fn empty_postgres() -> Self {
        Self::new_on(PostgresDatabase::empty().await)
    }

    fn new_on(database: PostgresDatabase) -> Self {
        Self::new_at(database.url().to_owned(), Life::Postgres(database))
    }

    fn new_at(url: String, life: Life) -> Self {
        let list_index = Limits::default().list_index;
        Self { url, stores: Mutex::default(), life, list_index }
    }

    /// The same, where each workspace has a list index from its first conversation on, which is soon
    /// behind. It is built and brought up to date in the background, or before the list that needs it
    /// is answered.
    #[must_use]
    pub fn with_list_index(self, in_background: bool) -> Self {
        let memory = 1 << 30;
        Self { list_index: ListIndexLimits { memory, fewest: 0, lag: 2, in_background }, ..self }
    }

    /// The same, where the indexes may take this many bytes.
    #[must_use]
    pub fn with_list_index_of(self, memory: u64) -> Self {
        let mut database = self.with_list_index(false);
        database.list_index.memory = memory;
        database
    }

    /// How often list indexes were built and used.
    pub fn list_index_metrics(&self) -> Vec<ListIndexMetrics> {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.iter().map(|store| store.metrics().list_index).collect()
    }

    /// Its address, for `--database-url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn life(&self) -> &Life {
        &self.life
    }

    /// Runs statements on it, past the program: for what the program itself never does.
    ///
    /// # Panics
    /// When one of them fails.
    pub async fn execute(&self, statements: &str) {
        match &self.life {
            Life::Sqlite(_) => {
                let done = self.file().await.batch_execute(statements).await;
                done.expect("statements that succeed");
            }
            Life::Postgres(database) => database.execute(statements).await,
        }
    }

    /// What SQLite finds wrong with its file: `ok` when it is whole, and nothing refers to what is
    /// not there. PostgreSQL has no such check.
    ///
    /// # Panics
    /// When the file cannot be read.
    pub async fn integrity(&self) -> String {
        if let Life::Postgres(_) = self.life {
            return "ok".to_owned();
        }
        forensics::integrity(&mut self.file().await).await
    }

    /// How often PostgreSQL has walked through a table since it was made, and how often it has used
    /// an index of it: what connections did is counted a second or some later. `None` on SQLite,
    /// which does not count.
    ///
    /// # Panics
    /// When there is no such table or index.
    pub async fn uses_of(&self, table: &str, index: &str) -> Option<(i64, i64)> {
        match &self.life {
            Life::Sqlite(_) => None,
            Life::Postgres(database) => Some(database.uses_of(table, index).await),
        }
    }

    /// A connection to the SQLite file.
    async fn file(&self) -> SyncConnectionWrapper<SqliteConnection> {
        let path = self.url.strip_prefix("sqlite://").expect("a file");
        let connection = SyncConnectionWrapper::establish(path).await;
        let mut connection: SyncConnectionWrapper<SqliteConnection> =
            connection.expect("a connection");
        // A write may be in progress.
        connection.batch_execute("PRAGMA busy_timeout = 5000").await.expect("patience");
        connection
    }

    /// Every place in which this text still lies, whatever keeps it: for SQLite the raw files, to
    /// the last free page of the database and of its log; for PostgreSQL the rows of every table
    /// there is. Tables and files that are added later are looked into as well.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn places_of(&self, text: &str) -> Vec<String> {
        match &self.life {
            Life::Sqlite(directory) => forensics::files_with(directory.path(), text),
            Life::Postgres(database) => database.tables_with(text).await,
        }
    }

    /// Waits until this text lies in no place, for as long as docs/erasure.md says that it may take.
    ///
    /// # Panics
    /// When the text is still in some place after a minute, or the database cannot be read.
    pub async fn assert_gone(&self, text: &str) {
        let started = Instant::now();
        loop {
            let places = self.places_of(text).await;
            if places.is_empty() {
                return;
            }
            assert!(started.elapsed() < ERASED_WITHIN, "{text} is still in {places:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// The storage ports over it, with its schema in place. A deletion is complete when it is done,
    /// however busy the machine is.
    pub async fn repositories(&self) -> Repositories {
        let step = StepLimits { time: Duration::from_secs(60), rows: u32::MAX };
        self.repositories_with(Limits { step, ..Limits::default() }).await
    }

    /// The same, where deletions go in the smallest steps, of which none is done that was not asked
    /// for: what is not very small is pending after its deletion.
    pub async fn repositories_in_small_steps(&self) -> Repositories {
        let step = StepLimits { time: Duration::ZERO, rows: 2 };
        self.repositories_with(Limits { step, ..Limits::default() }).await
    }

    async fn repositories_with(&self, limits: Limits) -> Repositories {
        let url = self.url.parse().expect("a database URL");
        let limits = Limits { list_index: self.list_index, ..limits };
        let store = open(&url, limits).expect("an open database");
        store.migrate().await.expect("the schema");
        let repositories = store.repositories().expect("the repositories");
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).push(store);
        repositories
    }
}
