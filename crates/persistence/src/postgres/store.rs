//! Opening PostgreSQL: pools, settings of a connection, migrations.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool::Runtime;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use futures_util::FutureExt;

use super::{Database, WAIT, repositories};
use crate::migrations::{self, MigrationError, apply, patiently};
use crate::{Limits, OpenError, Repositories, Store};

/// The connections of one worker. More only make the slowest requests slower.
const CONNECTIONS: usize = 4;
const CONNECT: Duration = Duration::from_secs(3);
const RECYCLE: Duration = Duration::from_millis(300);

/// What every connection is told first. No statement outlives the patience of those who wait for
/// it, no lock is waited for without end, and no transaction stays open behind a dead client.
const SETTINGS: &str = "\
    SET statement_timeout = '4s'; \
    SET lock_timeout = '2s'; \
    SET idle_in_transaction_session_timeout = '10s'; \
    SET client_encoding = 'UTF8'";

struct PostgresStore {
    url: String,
    limits: Limits,
}

pub(crate) fn open(url: &str, limits: Limits) -> Arc<dyn Store> {
    Arc::new(PostgresStore { url: url.to_owned(), limits })
}

impl PostgresStore {
    fn database(&self) -> Result<Database, OpenError> {
        Ok(Database::new(pool(&self.url)?, self.limits.erase))
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let applied = patiently(|| migrate(self.url.clone())).await?;
        let unreachable = |error: OpenError| MigrationError::Unreachable(error.to_string());
        repositories::complete_migrations(&self.database().map_err(unreachable)?).await?;
        Ok(applied)
    }

    fn repositories(&self) -> Result<Repositories, OpenError> {
        Ok(repositories::over(&self.database()?))
    }

    async fn close(&self) {}
}

async fn migrate(url: String) -> Result<Vec<String>, MigrationError> {
    let connection = tokio::time::timeout(CONNECT, AsyncPgConnection::establish(&url))
        .await
        .map_err(|elapsed| MigrationError::Unreachable(elapsed.to_string()))?
        .map_err(|error| MigrationError::Unreachable(error.to_string()))?;
    // The harness blocks its thread, which the runtime of a worker must not be.
    tokio::task::spawn_blocking(move || {
        apply(&mut AsyncMigrationHarness::new(connection), migrations::POSTGRES)
    })
    .await
    .map_err(|error| MigrationError::Failed(error.to_string()))?
}

fn pool(url: &str) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(|url| connect(url).boxed());
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(CONNECT))
        .recycle_timeout(Some(RECYCLE))
        .build()
        .map_err(|error| OpenError::Pool(Box::new(error)))
}

async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    connection.batch_execute(SETTINGS).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}
