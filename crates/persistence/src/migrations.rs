//! The migrations, embedded into the binary, and the patience that applying them takes.

use std::time::Duration;

use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// For SQLite.
pub(crate) const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
/// For PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Why migrations could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// What lies before the database cannot be worked with.
    #[error("the database cannot be used: {0}")]
    Pooler(String),
    /// The database was changed by a newer version.
    #[error("the database {}", newer(.0))]
    Newer(String),
    /// Another node applies migrations.
    #[error(
        "migrations are missing, and this node is a worker: run `conversations migrate` with the \
         coordinator {0}"
    )]
    Worker(String),
    /// A migration failed.
    #[error("the migrations cannot be applied: {0}")]
    Failed(String),
}

/// What is wrong with a database that has this migration, and what to do.
pub(crate) fn newer(migration: &str) -> String {
    format!(
        "was created by a newer version of this program (this version does not know the migration \
         {migration}); start that version"
    )
}

/// The versions and the names of migrations.
pub(crate) fn names<DB: Backend>(migrations: &impl MigrationSource<DB>) -> Vec<(String, String)> {
    let known = migrations.migrations().unwrap_or_default();
    let names = known.iter().map(|each| each.name());
    names.map(|name| (name.version().to_string(), name.to_string())).collect()
}

/// One of the versions that is none of these migrations.
pub(crate) fn not_among<DB: Backend>(
    migrations: &impl MigrationSource<DB>,
    mut versions: impl Iterator<Item = String>,
) -> Option<String> {
    let known = migrations.migrations().unwrap_or_default();
    versions.find(|version| {
        known.iter().all(|migration| migration.name().version().to_string() != *version)
    })
}

/// Applies the migrations that are missing, and names them.
pub(crate) fn apply<DB: Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| MigrationError::Failed(error.to_string());
    let applied = connection.applied_migrations().map_err(failed)?;
    let applied = applied.iter().map(ToString::to_string);
    if let Some(unknown) = not_among::<DB>(&migrations, applied) {
        return Err(MigrationError::Newer(unknown));
    }
    let missing = connection.pending_migrations(migrations).map_err(failed)?;
    connection.run_migrations(&missing).map_err(failed)?;
    Ok(missing.iter().map(|migration| migration.name().to_string()).collect())
}

/// Applies migrations, again if that fails: diesel takes no lock, so that of two processes that
/// apply the same migration at once one fails, and then finds it applied.
pub(crate) async fn retry_migrations<Applying>(
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
