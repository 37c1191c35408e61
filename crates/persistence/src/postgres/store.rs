//! Opening PostgreSQL: pools, settings of a connection, migrations.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, PoisonError};
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
use super::tls::Target;
use super::{Database, repositories};
use crate::backup::BackupError;
use crate::examination::Examination;
use crate::metrics::{Erasures, Traffic};
use crate::migrations::{self, MigrationError, apply, names, patiently};
use crate::patience::Patience;
use crate::recent_keys::RecentKeys;
use crate::underway::Underway;
use crate::{Limits, OpenError, Repositories, Store, StoreMetrics};

/// The connections of one worker for what is found by its key, for lists, for searches, and for writes,
/// which wait the longest for the server. More only make the slowest requests slower. Of lists and
/// searches, the last one is kept for workspaces that hold none.
const SINGLES: usize = 2;
const LISTS: usize = 3;
const SEARCHES: usize = 2;
const CHANGES: usize = 4;

/// What connections are told on which everything is found by its key: to go from one index to the
/// next, however much is asked for at once.
const BY_KEY: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off";

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
    traffic: ByPurpose,
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
        traffic,
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
            answer: patience.answer(),
        };
        let by_key = format!("{}; {BY_KEY}", settings(patience));
        let settings = settings(patience);
        let singles = self.door(&self.traffic.singles, SINGLES, by_key, times)?;
        let lists = self.door(&self.traffic.lists, LISTS, settings.clone(), times)?;
        let searches = self.door(&self.traffic.searches, SEARCHES, settings.clone(), times)?;
        let changes = self.door(&self.traffic.changes, CHANGES, settings, times)?;
        let times = Times { place: LIFE, connect: LIFE, recycle: LIFE, answer: LIFE };
        let life = self.door(&self.traffic.life, 1, self::settings(Patience::of(LIFE)), times)?;
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
            writes: Arc::clone(&self.writes),
        })
    }

    fn door(
        &self,
        traffic: &Arc<Traffic>,
        count: usize,
        settings: String,
        times: Times,
    ) -> Result<Door, OpenError> {
        let pool = pool(&self.target, count, settings, times)?;
        let reserve = ["lists", "searches"].contains(&traffic.name);
        Ok(Door::new(&self.target, pool, reserve, times, &self.underway, traffic))
    }

    fn doors(&self) -> std::sync::MutexGuard<'_, Vec<Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let applied = patiently(|| migrate(self.target.clone())).await?;
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

async fn migrate(target: Target) -> Result<Vec<String>, MigrationError> {
    // The role's own time-outs are meant for others.
    let no_limits = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
    let mut connection = tokio::time::timeout(REACH, connect(&target, no_limits.to_owned()))
        .await
        .map_err(|elapsed| MigrationError::Unreachable(elapsed.to_string()))?
        .map_err(|error| MigrationError::Unreachable(error.to_string()))?;
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

/// Whether the migrations that are applied are those that there are. It is asked before the harness
/// is, which makes its table if it is not there: whoever has nothing to migrate needs no right to
/// make tables.
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
    settings: String,
    times: Times,
) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let Times { place, connect: connecting, recycle, answer: _ } = times;
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
        .build()
        .map_err(|error| OpenError::Pool(Box::new(error)))
}

pub(super) async fn connect(
    target: &Target,
    settings: String,
) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = target.connect().await?;
    connection
        .batch_execute(&settings)
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// What every connection is told first. No statement outlives the patience of those who wait for
/// it, no lock is waited for without end, and no transaction stays open behind a dead client.
///
/// A statement is planned once, whatever is bound in it: planning takes longer than carrying out, and
/// lists are bounded by literals so that a plan for all values is a good one. There is an index for
/// everything that is asked; that a table is still small, or that a value is common on average, is
/// no reason to read all of it once it has grown.
///
/// What errors mean is read from their messages, so these are asked for in English; who may not ask
/// for that has to have it from the server's own settings.
pub(super) fn settings(patience: Patience) -> String {
    let (statement, lock) = (patience.statement().as_millis(), patience.lock().as_millis());
    format!(
        "SET statement_timeout = {statement}; \
         SET lock_timeout = {lock}; \
         SET idle_in_transaction_session_timeout = {statement}; \
         SET client_encoding = 'UTF8'; \
         SET plan_cache_mode = force_generic_plan; \
         SET jit = off; \
         SET enable_seqscan = off; \
         SET random_page_cost = 1.1; \
         DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"
    )
}
