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

use super::door::{Door, Times};
use super::examine::examine;
use super::liveness::Liveness;
use super::pooler::{self, Pooling};
use super::target::Target;
use super::{Database, repositories};
use crate::backup::BackupError;
use crate::bells::Bells;
use crate::examination::Examination;
use crate::metrics::{Erasures, Traffic};
use crate::migrations::{self, MigrationError, apply, names, patiently};
use crate::patience::Patience;
use crate::recent_keys::RecentKeys;
use crate::underway::Underway;
use crate::{Limits, OpenError, Repositories, Store, StoreMetrics};

/// The connections of one worker, by what they are for. Beside them there is one for signs of life. More
/// only make the slowest requests slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shares {
    /// For what is found by its key.
    singles: usize,
    /// For lists. The last one is kept for workspaces that hold none.
    lists: usize,
    /// For searches. The last one is kept likewise.
    searches: usize,
    /// For writes, which wait the longest for the server.
    changes: usize,
}

impl Shares {
    /// Shares out so many connections: more than a third of them are for writes. There is one of each at
    /// least.
    fn of(connections: usize) -> Self {
        let left = connections.max(Limits::FEWEST_CONNECTIONS) - 1;
        let changes = (left * 4 / 11).max(1);
        let lists = (left * 3 / 11).max(1);
        let searches = (left * 2 / 11).max(1);
        Self { singles: left - changes - lists - searches, lists, searches, changes }
    }
}

/// What connections are told on which everything is found by its key: to go from one index to the
/// next, however much is asked for at once.
const BY_KEY: [&str; 2] = ["enable_hashjoin = off", "enable_mergejoin = off"];

/// How long it is tried to reach a server that is to be migrated.
const REACH: Duration = Duration::from_secs(3);

/// How long a request may take at least when it is part of migrating: nobody waits for it.
const MIGRATING: Duration = Duration::from_secs(30);

/// A sign of life comes at once, or the connection is thrown away.
const LIFE: Duration = Duration::from_secs(1);

struct PostgresStore {
    target: Target,
    limits: Limits,
    underway: Underway,
    recent_keys: RecentKeys,
    /// Counts the writes of all workers.
    writes: Arc<AtomicU16>,
    erasures: Arc<Erasures>,
    /// Who waits for news in this process.
    bells: Bells,
    traffic: ByPurpose,
    liveness: Liveness,
    /// What lies between, once it was looked for.
    pooling: OnceLock<Pooling>,
    /// Every way to the database there is, to be closed at the end.
    doors: Mutex<Vec<Door>>,
}

/// What the connections of all workers do, by what they are for.
struct ByPurpose {
    singles: Arc<Traffic>,
    lists: Arc<Traffic>,
    searches: Arc<Traffic>,
    changes: Arc<Traffic>,
    life: Arc<Traffic>,
}

pub(crate) fn open(url: &str, limits: Limits) -> Result<Arc<dyn Store>, OpenError> {
    let (target, underway, writes) = (Target::of(url)?, Underway::default(), Arc::default());
    let traffic = ByPurpose {
        singles: Traffic::new("singles"),
        lists: Traffic::new("lists"),
        searches: Traffic::new("searches"),
        changes: Traffic::new("changes"),
        life: Traffic::new("life"),
    };
    Ok(Arc::new(PostgresStore {
        target,
        limits,
        underway,
        recent_keys: RecentKeys::default(),
        writes,
        erasures: Arc::default(),
        bells: Bells::default(),
        traffic,
        liveness: Liveness::default(),
        pooling: OnceLock::new(),
        doors: Mutex::default(),
    }))
}

impl PostgresStore {
    fn database(&self, request: Duration) -> Result<Database, OpenError> {
        let patience = Patience::of(request);
        let times = Times {
            place: patience.place(),
            connect: patience.connect(),
            recycle: patience.recycle(),
            statement: patience.statement(),
            answer: patience.answer(),
        };
        let scope = self.scope();
        let shares = Shares::of(self.limits.connections);
        let usual = || settings(patience, scope);
        let by_key = format!("{}; {}", usual(), scope.set(&BY_KEY));
        let door = |traffic, count, settings| self.door(traffic, count, (scope, settings), times);
        let singles = door(&self.traffic.singles, shares.singles, by_key)?;
        let lists = door(&self.traffic.lists, shares.lists, usual())?;
        let searches = door(&self.traffic.searches, shares.searches, usual())?;
        let changes = door(&self.traffic.changes, shares.changes, usual())?;
        let statement = Patience::of(LIFE).statement();
        let times = Times { place: LIFE, connect: LIFE, recycle: LIFE, statement, answer: LIFE };
        let of_life = (scope, settings(Patience::of(LIFE), scope));
        let life = self.door(&self.traffic.life, 1, of_life, times)?;
        Ok(Database {
            singles,
            lists,
            searches,
            changes,
            life,
            erase_limit: self.limits.erase,
            step: self.limits.step,
            search_limits: self.limits.search,
            erasures: Arc::clone(&self.erasures),
            bells: self.bells.clone(),
            writes: Arc::clone(&self.writes),
        })
    }

    /// How long settings last, as far as it is known what lies between.
    fn scope(&self) -> Scope {
        match self.pooling.get().copied().unwrap_or_default() {
            Pooling::Session => Scope::Session,
            Pooling::Transaction => Scope::Transaction,
        }
    }

    fn door(
        &self,
        traffic: &Arc<Traffic>,
        count: usize,
        (scope, settings): (Scope, String),
        times: Times,
    ) -> Result<Door, OpenError> {
        let (of_session, of_transaction) = match scope {
            Scope::Session => (Some(settings), None),
            Scope::Transaction => (None, Some(settings)),
        };
        let pool = pool(&self.target, count, of_session, times, &self.liveness)?;
        let reserve = ["lists", "searches"].contains(&traffic.name);
        let underway = &self.underway;
        Ok(Door::new(&self.target, pool, reserve, times, underway, traffic, of_transaction))
    }

    fn doors(&self) -> std::sync::MutexGuard<'_, Vec<Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        if self.pooling.get().is_none() {
            let pooling = pooler::detect(&self.target).await?;
            if pooling == Pooling::Transaction {
                tracing::info!(
                    "a pooler shares connections between transactions: each brings its settings along"
                );
            }
            // Somebody else can only have found the same.
            let _known = self.pooling.set(pooling);
        }
        let scope = self.scope();
        let applied = patiently(|| migrate(self.target.clone(), scope)).await?;
        let unreachable = |error: OpenError| MigrationError::Unreachable(error.to_string());
        let database = self.database(self.limits.request.max(MIGRATING)).map_err(unreachable)?;
        let completed = repositories::complete_migrations(&database).await;
        database.doors().into_iter().for_each(Door::close);
        completed?;
        Ok(applied)
    }

    fn repositories(&self) -> Result<Repositories, OpenError> {
        let database = self.database(self.limits.request)?;
        self.doors().extend(database.doors().map(Door::clone));
        Ok(self.recent_keys.remembered(repositories::over(&database)))
    }

    async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        Err(BackupError::Elsewhere(file.to_owned()))
    }

    fn location(&self) -> String {
        format!("PostgreSQL at {}", self.target.location())
    }

    async fn examine(&self) -> Result<Examination, String> {
        examine(&self.target).await
    }

    fn metrics(&self) -> StoreMetrics {
        let ByPurpose { singles, lists, searches, changes, life } = &self.traffic;
        let mut pools = [singles, lists, searches, changes, life].map(|traffic| traffic.read(0));
        self.doors().iter().for_each(|door| door.add_to(&mut pools));
        self.erasures.read("postgresql", pools.into())
    }

    async fn drain(&self) {
        self.underway.drained().await;
    }

    async fn close(&self) {
        self.drain().await;
        self.doors().iter().for_each(Door::close);
    }
}

/// That the server cannot be reached, and which one it is.
fn unreachable(target: &Target, reason: &str) -> MigrationError {
    MigrationError::Unreachable(format!("PostgreSQL at {}: {reason}", target.address()))
}

async fn migrate(target: Target, scope: Scope) -> Result<Vec<String>, MigrationError> {
    // The role's own time-outs are meant for others. What is set behind a pooler would stay for these.
    let no_limits = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
    let no_limits = (scope == Scope::Session).then(|| no_limits.to_owned());
    let mut connection = tokio::time::timeout(REACH, connect(&target, no_limits))
        .await
        .map_err(|_elapsed| unreachable(&target, "it does not answer"))?
        .map_err(|error| unreachable(&target, &error.to_string()))?;
    if is_up_to_date(&mut connection).await {
        return Ok(Vec::new());
    }
    // The harness blocks its thread, which the runtime of a worker must not be.
    tokio::task::spawn_blocking(move || {
        apply(&mut AsyncMigrationHarness::new(connection), migrations::POSTGRES)
    })
    .await
    .map_err(|error| MigrationError::Failed(error.to_string()))?
}

#[derive(QueryableByName)]
struct AppliedMigration {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Whether all migrations are applied, and no others. This comes before the harness, which creates
/// its table if it is not there: a server with nothing to migrate needs no right to create tables.
async fn is_up_to_date(connection: &mut AsyncPgConnection) -> bool {
    let applied: QueryResult<Vec<AppliedMigration>> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(connection).await;
    let known: BTreeSet<_> =
        names::<Pg>(&migrations::POSTGRES).into_iter().map(|(version, _)| version).collect();
    applied
        .is_ok_and(|rows| rows.into_iter().map(|row| row.version).collect::<BTreeSet<_>>() == known)
}

fn pool(
    target: &Target,
    count: usize,
    settings: Option<String>,
    times: Times,
    liveness: &Liveness,
) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let Times { place, connect: connecting, recycle, .. } = times;
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

/// How long settings last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// As long as the connection.
    Session,
    /// As long as a transaction: what lies behind the connection is used by others too.
    Transaction,
}

impl Scope {
    /// The statements that set these.
    fn set(self, settings: &[&str]) -> String {
        let set = match self {
            Self::Session => "SET",
            Self::Transaction => "SET LOCAL",
        };
        let statements: Vec<_> = settings.iter().map(|each| format!("{set} {each}")).collect();
        statements.join("; ")
    }
}

/// What every connection is told first. No statement outlives the patience of those who wait for
/// it, no lock is waited for without end, and no transaction stays open behind a dead client.
///
/// A statement is planned once, whatever is bound in it: planning takes longer than carrying out, and
/// lists are bounded by literals so that a plan for all values is a good one. There is an index for
/// everything that is asked; that a table is still small, or that a value is common on average, is
/// no reason to read all of it once it has grown.
///
/// Messages are asked for in English, which is what an operator finds an explanation of. Nothing but a
/// disk quota is told by them, and a role that may not set that goes without.
pub(super) fn settings(patience: Patience, scope: Scope) -> String {
    let (statement, lock) = (patience.statement().as_millis(), patience.lock().as_millis());
    let settings = scope.set(&[
        &format!("statement_timeout = {statement}"),
        &format!("lock_timeout = {lock}"),
        &format!("idle_in_transaction_session_timeout = {statement}"),
        "client_encoding = 'UTF8'",
        "plan_cache_mode = force_generic_plan",
        "jit = off",
        "enable_seqscan = off",
        "random_page_cost = 1.1",
    ]);
    let local = scope == Scope::Transaction;
    format!(
        "{settings}; DO $$ BEGIN PERFORM set_config('lc_messages', 'C', {local}); \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_shared_out_and_there_is_one_for_each_purpose() {
        for connections in 0..100 {
            let Shares { singles, lists, searches, changes } = Shares::of(connections);
            let all = singles + lists + searches + changes + 1;
            assert_eq!(all, connections.max(Limits::FEWEST_CONNECTIONS));
            assert!(
                [singles, lists, searches, changes].iter().all(|&count| count > 0),
                "{connections}"
            );
        }
        let usual = Shares { singles: 2, lists: 3, searches: 2, changes: 4 };
        assert_eq!(Shares::of(Limits::default().connections), usual);
    }
}
