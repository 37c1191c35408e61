//! Diesel persistence for Conversations, on SQLite and on PostgreSQL.
//!
//! Rows, schema and queries are written once. `repositories` holds the queries and is compiled once
//! per database, as a child of `sqlite` and of `postgres`, which are the dialects: how work reaches
//! a connection, how a transaction begins, what an error means.

#![cfg_attr(
    not(feature = "postgres"),
    allow(dead_code, reason = "what both databases share has parts that only one of them uses")
)]

mod api_key_cache;
mod backup;
mod bulk;
mod columns;
mod error;
mod fair_queue;
mod feed_notifier;
mod integrity_report;
mod list_indexes;
mod metrics;
mod migrations;
mod offload;
#[cfg(feature = "postgres")]
mod postgres;
mod prepared_query;
mod rows;
mod schema;
mod sharding;
mod sqlite;
#[cfg(test)]
mod statements;
mod task_tracker;
mod text_index;
mod timeout_budget;
mod url;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use conversations_application::ports::{
    AuditRepository, ConversationRepository, CustomerRepository, DeliveryRepository,
    ErasureRepository, EventFeed, ExportRepository, HistoryRepository, ImportRepository,
    InboxRepository, KeyRepository, MessageRepository, Readiness, SeedRepository,
    StoredResponseRepository, TotalsRepository, UserRepository, WebhookRepository,
    WorkspaceRepository,
};

use migrations::newer;

pub use backup::BackupError;
pub use integrity_report::IntegrityReport;
pub use metrics::{ErasureMetrics, ListIndexMetrics, PoolMetrics, StoreMetrics};
pub use migrations::MigrationError;
pub use sharding::{Distribution, DistributionError};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

/// A database that was opened.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies the migrations that are missing and names them. Several processes may do so at
    /// once: each migration is applied by one of them.
    ///
    /// # Errors
    /// When a migration fails for another reason than another process being faster.
    async fn migrate(&self) -> Result<Vec<String>, MigrationError>;

    /// The repositories over this database. Each worker of a server takes its own, because
    /// connections to PostgreSQL are driven by the runtime that opened them.
    ///
    /// # Errors
    /// When the connections to PostgreSQL cannot be pooled.
    fn repositories(&self) -> Result<Repositories, OpenError>;

    /// Writes all that the database holds at one moment into a new file, while others work with the
    /// database, and returns how many bytes it has. What was deleted is not in it.
    ///
    /// # Errors
    /// When there is no such file in the end, or the database is none that is copied like that.
    async fn back_up(&self, file: &Path) -> Result<u64, BackupError>;

    /// Looks whether the schema is what the migrations make, whether what is referred to is there,
    /// and whether the storage is intact. It takes as long as there is data.
    ///
    /// # Errors
    /// What the database says when it cannot be read.
    async fn check_integrity(&self) -> Result<IntegrityReport, String>;

    /// Spreads the workspaces over the nodes of a cluster, once or again, while others work with the
    /// database.
    ///
    /// # Errors
    /// When the database is none that can be distributed, or not as it is. Then nothing was changed.
    async fn distribute(&self) -> Result<Distribution, DistributionError>;

    /// What it is doing, and has done so far.
    fn metrics(&self) -> StoreMetrics;

    /// Where the data lies, for people: a file, or a database of a server. It has nothing that may be
    /// secret.
    fn location(&self) -> String;

    /// Waits for a moment at which no work goes on that was begun, whether or not anybody still waits
    /// for it. Work on PostgreSQL ends with the runtime of the worker that began it, so this is to
    /// be waited for before workers stop, and after nothing new comes in. It is safe to stop waiting
    /// at any time.
    async fn drain(&self);

    /// Lets the work that was begun come to its end, and closes the database. Afterwards the
    /// repositories answer that it is unavailable.
    async fn close(&self);
}

/// The storage ports over one database.
#[derive(Clone)]
pub struct Repositories {
    /// Stores workspaces.
    pub workspaces: Arc<dyn WorkspaceRepository>,
    /// Stores API keys.
    pub keys: Arc<dyn KeyRepository>,
    /// Stores inboxes.
    pub inboxes: Arc<dyn InboxRepository>,
    /// Stores users.
    pub users: Arc<dyn UserRepository>,
    /// Stores customers.
    pub customers: Arc<dyn CustomerRepository>,
    /// Stores conversations.
    pub conversations: Arc<dyn ConversationRepository>,
    /// Stores messages.
    pub messages: Arc<dyn MessageRepository>,
    /// Reads the history of conversations.
    pub history: Arc<dyn HistoryRepository>,
    /// Reads the audit of workspaces.
    pub audit: Arc<dyn AuditRepository>,
    /// Stores replies that are kept.
    pub replies: Arc<dyn StoredResponseRepository>,
    /// Carries out deletions that take several transactions.
    pub erasures: Arc<dyn ErasureRepository>,
    /// Reads the feeds of changes.
    pub feed: Arc<dyn EventFeed>,
    /// Stores webhooks.
    pub webhooks: Arc<dyn WebhookRepository>,
    /// Stores the progress of deliveries.
    pub deliveries: Arc<dyn DeliveryRepository>,
    /// Looks after what is counted.
    pub totals: Arc<dyn TotalsRepository>,
    /// Reads whole workspaces.
    pub exports: Arc<dyn ExportRepository>,
    /// Fills empty workspaces.
    pub imports: Arc<dyn ImportRepository>,
    /// Stores what is made up.
    pub seeds: Arc<dyn SeedRepository>,
    /// Asks the database for a sign of life.
    pub readiness: Arc<dyn Readiness>,
}

/// How long work on the database may take, and how much of it goes on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A request: its caller waits no longer, so that no part of it may take longer.
    pub request: Duration,
    /// How long the caller of a deletion waits for its end; and how long it may take to find out
    /// whether something can be deleted, such as an inbox.
    pub erase: Duration,
    /// How much one transaction of a long deletion does.
    pub step: StepLimits,
    /// How much a search may look at.
    pub search: SearchLimits,
    /// The most connections to PostgreSQL that each worker opens: at least
    /// [`Limits::FEWEST_CONNECTIONS`], so that nothing waits for what it is waited for by.
    pub connections: usize,
    /// How many lists a workspace may read from SQLite at once, in as many threads; there is one more
    /// for others. `None` is as many as the machine has cores, within bounds.
    pub readers: Option<usize>,
    /// Which workspaces have an index of their conversations in memory.
    pub list_index: ListIndexLimits,
}

impl Limits {
    /// One connection for each purpose.
    pub const FEWEST_CONNECTIONS: usize = 5;
}

/// How much one transaction of a long deletion does: others write between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimits {
    /// For how long it begins anything more.
    pub time: Duration,
    /// How many rows it takes at once, at most: what has fewer is deleted at once.
    pub rows: u32,
}

impl Default for StepLimits {
    fn default() -> Self {
        Self { time: Duration::from_millis(25), rows: u32::MAX }
    }
}

/// The indexes in memory that answer lists of conversations. Without one a list reads the database
/// alone, and gives the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListIndexLimits {
    /// How many bytes all of them may take together; with 0 there are none.
    pub memory: u64,
    /// A workspace with fewer conversations has no index: the database is fast enough.
    pub fewest: u64,
    /// From this many changes on that an index does not have, it is brought up to date.
    pub lag: usize,
    /// Whether they are built and brought up to date in the background. If not, the list that needs it
    /// waits for it, so that a test knows which lists the index answers.
    pub in_background: bool,
}

impl ListIndexLimits {
    /// How many bytes they take by default.
    pub const MEMORY: u64 = 256 << 20;
}

impl Default for ListIndexLimits {
    fn default() -> Self {
        Self { memory: Self::MEMORY, fewest: 20_000, lag: 256, in_background: true }
    }
}

/// How much a search may look at. Beyond, it is refused before it begins, whatever the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchLimits {
    /// How many texts may have the rarest word of what is looked for in conversations, times the number
    /// of words and phrases. Where a filter allows fewer conversations, it is these that count.
    pub texts: u32,
    /// How many customers the other filters may allow, when a part of a text is looked for in them.
    pub customers: u32,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self { texts: 50_000, customers: 500_000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(5),
            erase: Duration::from_secs(10),
            step: StepLimits::default(),
            search: SearchLimits::default(),
            connections: 12,
            readers: None,
            // Commands other than the server list nothing.
            list_index: ListIndexLimits { memory: 0, ..ListIndexLimits::default() },
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of a SQLite database cannot be made or opened.
    #[error(
        "the database file {path} cannot be opened; the file and its directory must be writable \
         for the user who runs this program"
    )]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("the file {path} is not a database; choose another file, or move this one away")]
    NoDatabase {
        /// The file.
        path: String,
    },
    /// The file is a database, but of something else.
    #[error(
        "the file {path} is the database of another program: it has tables, but none of this \
         program; choose another file"
    )]
    Foreign {
        /// The file.
        path: String,
    },
    /// The file was written by a newer version.
    #[error("the database file {path} {}", newer(.migration))]
    Newer {
        /// The file.
        path: String,
        /// A migration that is not known.
        migration: String,
    },
    /// SQLite does not accept the file.
    #[error("the database file {path} cannot be used: {reason}")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite says.
        reason: String,
    },
    /// The address of a PostgreSQL server says something that cannot be done.
    #[error("the database URL cannot be used: {0}")]
    Address(String),
    /// The pool of connections to PostgreSQL cannot be made.
    #[error("the connection pool cannot be created")]
    Pool(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Opens a database: the only place that knows how many kinds there are.
///
/// A SQLite database is made with its directory if it is not there. PostgreSQL is not asked yet.
///
/// # Errors
/// When the database file cannot be made or opened, or when the URL of a server, or a file of
/// certificates that it names, cannot be used.
pub fn open(url: &DatabaseUrl, limits: Limits) -> Result<Arc<dyn Store>, OpenError> {
    match url {
        DatabaseUrl::Sqlite(path) => sqlite::open(path, limits),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => postgres::open(url, limits),
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(OpenError::Address(
            "this program was built without PostgreSQL (the feature postgres)".to_owned(),
        )),
    }
}
