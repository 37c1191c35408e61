//! The migrations, embedded into the binary, and the patience that applying them takes.

use std::time::Duration;

use diesel::backend::Backend;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// For SQLite.
pub(crate) const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
/// For PostgreSQL.
pub(crate) const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Why migrations could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A migration failed.
    #[error("the migrations cannot be applied: {0}")]
    Failed(String),
}

/// Applies the migrations that are missing, and names them.
pub(crate) fn apply<DB: Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| MigrationError::Failed(error.to_string());
    let missing = connection.pending_migrations(migrations).map_err(failed)?;
    connection.run_migrations(&missing).map_err(failed)?;
    Ok(missing.iter().map(|migration| migration.name().to_string()).collect())
}

/// Applies migrations, again if that fails: diesel takes no lock, so that of two processes that
/// apply the same migration at once one fails, and then finds it applied.
pub(crate) async fn patiently<Applying>(
    apply: impl Fn() -> Applying,
) -> Result<Vec<String>, MigrationError>
where
    Applying: Future<Output = Result<Vec<String>, MigrationError>>,
{
    for _ in 1..ATTEMPTS {
        match apply().await {
            Err(MigrationError::Failed(reason)) => {
                tracing::debug!(reason, "migrating again");
                tokio::time::sleep(PAUSE).await;
            }
            settled => return settled,
        }
    }
    apply().await
}
