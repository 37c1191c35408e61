//! Opening PostgreSQL: pools, settings of a connection, migrations.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deadpool::Runtime;
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{ConnectionError, ConnectionResult, QueryResult, QueryableByName};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::connection_pool::{ConnectionPool, Timeouts};
use super::connection_shares::ConnectionShares;
use super::integrity::check_integrity;
use super::liveness::Liveness;
use super::pooler::{self, PoolerMode};
use super::settings::{SettingsScope, pause, settings, settings_of_node};
use super::sharding;
use super::target::Target;
use super::{Database, repositories};
use crate::api_key_cache::ApiKeyCache;
use crate::backup::BackupError;
use crate::feed_notifier::FeedNotifier;
use crate::integrity_report::IntegrityReport;
use crate::list_indexes::ListIndexes;
use crate::metrics::{ErasureCounters, PoolCounters};
use crate::migrations::{self, MigrationError, apply, names, retry_migrations};
use crate::sharding::{Distribution, DistributionError};
use crate::task_tracker::TaskTracker;
use crate::timeout_budget::TimeoutBudget;
use crate::{Limits, OpenError, Repositories, Store, StoreMetrics};

/// What connections are told on which everything is found by its key: to go from one index to the
/// next, however much is asked for at once.
const BY_KEY: [&str; 2] = ["enable_hashjoin = off", "enable_mergejoin = off"];

/// How long it is tried to reach a server that is to be migrated.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a request may take at least when it is part of a migration: no request waits for it.
const MIGRATING: Duration = Duration::from_secs(30);

/// A sign of life comes at once, or the connection is thrown away.
const PING: Duration = Duration::from_secs(1);

struct PostgresStore {
    target: Target,
    limits: Limits,
    tasks: TaskTracker,
    key_cache: ApiKeyCache,
    /// Counts the writes of all workers.
    write_count: Arc<AtomicU16>,
    erasures: Arc<ErasureCounters>,
    /// Who waits for news in this process.
    feed_notifier: FeedNotifier,
    list_indexes: Arc<ListIndexes>,
    traffic: CountersByPurpose,
    liveness: Liveness,
    /// What lies between, once it was looked for.
    pooling: OnceLock<PoolerMode>,
    /// Whether there is an extension that spreads workspaces over machines, once it was looked for.
    sharded: OnceLock<bool>,
    /// Every way to the database there is, to be closed at the end.
    pools: Mutex<Vec<ConnectionPool>>,
}

/// What the connections of all workers do, by what they are for.
struct CountersByPurpose {
    lookups: Arc<PoolCounters>,
    lists: Arc<PoolCounters>,
    searches: Arc<PoolCounters>,
    writers: Arc<PoolCounters>,
    health: Arc<PoolCounters>,
}

pub(crate) fn open(url: &str, limits: Limits) -> Result<Arc<dyn Store>, OpenError> {
    let (target, tasks, write_count) = (Target::of(url)?, TaskTracker::default(), Arc::default());
    let traffic = CountersByPurpose {
        lookups: PoolCounters::new("singles"),
        lists: PoolCounters::new("lists"),
        searches: PoolCounters::new("searches"),
        writers: PoolCounters::new("changes"),
        health: PoolCounters::new("life"),
    };
    Ok(Arc::new(PostgresStore {
        target,
        limits,
        tasks,
        key_cache: ApiKeyCache::default(),
        write_count,
        erasures: Arc::default(),
        feed_notifier: FeedNotifier::default(),
        list_indexes: ListIndexes::new(limits.list_index),
        traffic,
        liveness: Liveness::default(),
        pooling: OnceLock::new(),
        sharded: OnceLock::new(),
        pools: Mutex::default(),
    }))
}

impl PostgresStore {
    fn database(&self, request: Duration) -> Result<Database, OpenError> {
        let budget = TimeoutBudget::of(request);
        let waits = Timeouts {
            place: budget.place(),
            connect: budget.connect(),
            recycle: budget.recycle(),
            statement: budget.statement(),
            answer: budget.answer(),
        };
        let scope = self.scope();
        let shares = ConnectionShares::of(self.limits.connections);
        let usual = || settings(budget, scope);
        let of_writers = format!("{}; {}", usual(), scope.set(&[&pause(budget.pause())]));
        let by_key = format!("{}; {}", usual(), scope.set(&BY_KEY));
        let pool_of =
            |traffic, count, settings| self.pool_of(traffic, count, (scope, settings), None, waits);
        let lookups = pool_of(&self.traffic.lookups, shares.lookups, by_key)?;
        let lists = pool_of(&self.traffic.lists, shares.lists, usual())?;
        let searches = pool_of(&self.traffic.searches, shares.searches, usual())?;
        let at_node = self.is_sharded().then(|| settings_of_node(budget));
        let of_writers = (scope, of_writers);
        let writers =
            self.pool_of(&self.traffic.writers, shares.writers, of_writers, at_node, waits)?;
        let statement = TimeoutBudget::of(PING).statement();
        let waits = Timeouts { place: PING, connect: PING, recycle: PING, statement, answer: PING };
        let of_life = (scope, settings(TimeoutBudget::of(PING), scope));
        let health = self.pool_of(&self.traffic.health, 1, of_life, None, waits)?;
        Ok(Database {
            lookups,
            lists,
            searches,
            writers,
            health,
            erase_limit: self.limits.erase,
            step: self.limits.step,
            search_limits: self.limits.search,
            erasures: Arc::clone(&self.erasures),
            feed_notifier: self.feed_notifier.clone(),
            list_indexes: Arc::clone(&self.list_indexes),
            write_count: Arc::clone(&self.write_count),
            is_sharded: self.is_sharded(),
            keeps_settings: scope == SettingsScope::Session,
        })
    }

    /// How long settings last, as far as it is known what lies between.
    fn scope(&self) -> SettingsScope {
        match self.pooling.get().copied().unwrap_or_default() {
            PoolerMode::Session => SettingsScope::Session,
            PoolerMode::Transaction => SettingsScope::Transaction,
        }
    }

    /// Whether workspaces lie on several machines, as far as it is known.
    fn is_sharded(&self) -> bool {
        self.sharded.get().copied().unwrap_or_default()
    }

    /// `at_node` is what a transaction sets again where another node does its work.
    fn pool_of(
        &self,
        traffic: &Arc<PoolCounters>,
        count: usize,
        (scope, settings): (SettingsScope, String),
        at_node: Option<String>,
        waits: Timeouts,
    ) -> Result<ConnectionPool, OpenError> {
        let (of_session, of_transaction) = match scope {
            SettingsScope::Session => (Some(settings), at_node),
            SettingsScope::Transaction => (None, Some(settings)),
        };
        let pool = build_pool(&self.target, count, of_session, waits, &self.liveness)?;
        let reserve = ["lists", "searches"].contains(&traffic.name);
        let tasks = &self.tasks;
        Ok(ConnectionPool::new(&self.target, pool, reserve, waits, tasks, traffic, of_transaction))
    }

    fn pools(&self) -> std::sync::MutexGuard<'_, Vec<ConnectionPool>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        if self.pooling.get().is_none() {
            let pooling = pooler::detect(&self.target).await?;
            if pooling == PoolerMode::Transaction {
                tracing::info!(
                    "connected through a pooler in transaction mode: every transaction sets its \
                     own settings"
                );
            }
            // A concurrent attempt can only have found the same.
            let _known = self.pooling.set(pooling);
        }
        let scope = self.scope();
        let applied = retry_migrations(|| migrate(self.target.clone(), scope)).await?;
        if self.sharded.get().is_none() {
            let _known = self.sharded.set(follow_migrations(&self.target).await?);
        }
        let unreachable = |error: OpenError| MigrationError::Unreachable(error.to_string());
        let database = self.database(self.limits.request.max(MIGRATING)).map_err(unreachable)?;
        let completed = repositories::complete_migrations(&database).await;
        database.pools().into_iter().for_each(ConnectionPool::close);
        completed?;
        Ok(applied)
    }

    fn repositories(&self) -> Result<Repositories, OpenError> {
        let database = self.database(self.limits.request)?;
        self.pools().extend(database.pools().map(ConnectionPool::clone));
        Ok(self.key_cache.wrap(repositories::over(&database)))
    }

    async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        Err(BackupError::Elsewhere(file.to_owned()))
    }

    async fn distribute(&self) -> Result<Distribution, DistributionError> {
        let unreachable = |error: ConnectionError| DistributionError::Failed(error.to_string());
        let mut connection = connect(&self.target, None).await.map_err(unreachable)?;
        let is_current = is_up_to_date(&mut connection).await;
        sharding::distribute(&mut connection, is_current).await
    }

    fn location(&self) -> String {
        format!("PostgreSQL at {}", self.target.location())
    }

    async fn check_integrity(&self) -> Result<IntegrityReport, String> {
        check_integrity(&self.target).await
    }

    fn metrics(&self) -> StoreMetrics {
        let CountersByPurpose { lookups, lists, searches, writers, health } = &self.traffic;
        let mut pools = [lookups, lists, searches, writers, health].map(|traffic| traffic.read(0));
        self.pools().iter().for_each(|pool| pool.add_to(&mut pools));
        self.erasures.read("postgresql", pools.into(), self.list_indexes.metrics())
    }

    async fn drain(&self) {
        self.tasks.drained().await;
    }

    async fn close(&self) {
        self.drain().await;
        self.pools().iter().for_each(ConnectionPool::close);
    }
}

/// That the server cannot be reached, and which one it is.
fn unreachable(target: &Target, reason: &str) -> MigrationError {
    MigrationError::Unreachable(format!("PostgreSQL at {}: {reason}", target.address()))
}

async fn migrate(target: Target, scope: SettingsScope) -> Result<Vec<String>, MigrationError> {
    // The role's own time-outs are meant for others. What is set behind a pooler would stay for these.
    let no_limits = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
    let no_limits = (scope == SettingsScope::Session).then(|| no_limits.to_owned());
    let mut connection = tokio::time::timeout(CONNECT_TIMEOUT, connect(&target, no_limits))
        .await
        .map_err(|_elapsed| unreachable(&target, "it does not answer"))?
        .map_err(|error| unreachable(&target, &error.to_string()))?;
    if is_up_to_date(&mut connection).await {
        return Ok(Vec::new());
    }
    let failed = |error: diesel::result::Error| MigrationError::Failed(error.to_string());
    if sharding::has_engine(&mut connection).await.map_err(failed)?
        && let Some(address) = sharding::coordinator(&mut connection).await.map_err(failed)?
    {
        return Err(MigrationError::Worker(address));
    }
    // The harness blocks its thread, which the runtime of a worker must not be.
    tokio::task::spawn_blocking(move || {
        apply(&mut AsyncMigrationHarness::new(connection), migrations::POSTGRES)
    })
    .await
    .map_err(|error| MigrationError::Failed(error.to_string()))?
}

/// Tells whether the database can be sharded. If it is, the tables that migrations made are distributed
/// as well.
async fn follow_migrations(target: &Target) -> Result<bool, MigrationError> {
    let failed = |error: diesel::result::Error| MigrationError::Failed(error.to_string());
    let mut connection =
        connect(target, None).await.map_err(|error| unreachable(target, &error.to_string()))?;
    if !sharding::has_engine(&mut connection).await.map_err(failed)? {
        return sharding::is_partitioned(&mut connection).await.map_err(failed);
    }
    if let Some(address) = sharding::coordinator(&mut connection).await.map_err(failed)? {
        tracing::warn!(
            "connected to a worker: events that servers write through different nodes may come in \
             another order than they happened; connect all servers to the coordinator {address}"
        );
    } else if sharding::has_new_tables(&mut connection).await.map_err(failed)? {
        sharding::distribute_new_tables(&mut connection).await.map_err(failed)?;
    }
    Ok(true)
}

#[derive(QueryableByName)]
struct AppliedMigration {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Whether all migrations are applied, and no others. This comes before the harness, which creates
/// its table if it is not there: a server with nothing to migrate needs no right to create tables.
pub(super) async fn is_up_to_date(connection: &mut AsyncPgConnection) -> bool {
    let applied: QueryResult<Vec<AppliedMigration>> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(connection).await;
    let known: BTreeSet<_> =
        names::<Pg>(&migrations::POSTGRES).into_iter().map(|(version, _)| version).collect();
    applied
        .is_ok_and(|rows| rows.into_iter().map(|row| row.version).collect::<BTreeSet<_>>() == known)
}

fn build_pool(
    target: &Target,
    count: usize,
    settings: Option<String>,
    waits: Timeouts,
    liveness: &Liveness,
) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let Timeouts { place, connect: connecting, recycle, .. } = waits;
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    let target = target.clone();
    // The manager's own URL is not looked at: the target knows more than it can say.
    config.custom_setup = Box::new(move |_| {
        let (target, settings) = (target.clone(), settings.clone());
        async move { connect(&target, settings).await }.boxed()
    });
    Pool::builder(AsyncDieselConnectionManager::new_with_config("", config))
        .max_size(count)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(place))
        .create_timeout(Some(connecting))
        .recycle_timeout(Some(recycle))
        .pre_recycle(liveness.hook())
        .build()
        .map_err(|error| OpenError::Pool(Box::new(error)))
}

pub(super) async fn connect(
    target: &Target,
    settings: Option<String>,
) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = target.connect().await?;
    if let Some(settings) = settings {
        connection
            .batch_execute(&settings)
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(connection)
}
