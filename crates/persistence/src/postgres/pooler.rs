//! Poolers before PostgreSQL that give each transaction another connection, such as `PgBouncer` with
//! `pool_mode = transaction`.
//!
//! Behind one of them, session settings affect other clients too, and a prepared statement may be
//! on another connection. Those that keep prepared statements for each client can be worked with:
//! then every transaction brings its settings along. The others are refused at the start.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::target::{Target, Unreachable};
use crate::migrations::MigrationError;

/// How long all questions may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often it is compared who answers: another client may take a connection in between.
const ATTEMPTS: u32 = 3;

/// A statement that no other client prepares.
const PROBE: &str = "SELECT 'are prepared statements kept for each client'";

/// What lies between a connection of ours and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum PoolerMode {
    /// A session of its own for as long as the connection lasts.
    #[default]
    Session,
    /// A session for each transaction, by a pooler that keeps prepared statements.
    Transaction,
}

/// Why a pooler cannot be worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsupported {
    #[error(
        "it is behind a pooler in transaction mode without prepared statements, such as PgBouncer \
         before 1.21 or with max_prepared_statements = 0; use the URL of PostgreSQL itself, or a \
         pool with pool_mode = session"
    )]
    Statements,
    #[error(
        "it is behind a pooler that does not allow transactions (pool_mode = statement); use the \
         URL of PostgreSQL itself, or a pool with pool_mode = session"
    )]
    Transactions,
}

enum Failed {
    Unsupported(Unsupported),
    Asking(Unreachable),
}

impl<E: Into<Unreachable>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Asking(error.into())
    }
}

/// Finds out what lies between. What cannot be found out is taken for a session: whatever is wrong
/// with the server is told by what comes next.
///
/// # Errors
/// When it is a pooler that cannot be worked with.
pub(super) async fn detect(target: &Target) -> Result<PoolerMode, MigrationError> {
    match timeout(PATIENCE, ask(target)).await {
        Ok(Ok(pooling)) => Ok(pooling),
        Ok(Err(Failed::Unsupported(reason))) => Err(MigrationError::Pooler(reason.to_string())),
        Ok(Err(Failed::Asking(error))) => {
            tracing::debug!(%error, "could not check for a pooler");
            Ok(PoolerMode::Session)
        }
        Err(elapsed) => {
            tracing::debug!(error = %elapsed, "could not check for a pooler");
            Ok(PoolerMode::Session)
        }
    }
}

async fn ask(target: &Target) -> Result<PoolerMode, Failed> {
    let (first, second) = (target.client().await?, target.client().await?);
    if !shares_sessions(&first, &second).await? {
        return Ok(PoolerMode::Session);
    }
    if keeps_statements(&first).await? {
        Ok(PoolerMode::Transaction)
    } else {
        Err(Failed::Unsupported(Unsupported::Statements))
    }
}

/// Whether two clients that are there at the same time are served by one session, or one client by
/// two of them.
async fn shares_sessions(first: &Client, second: &Client) -> Result<bool, Failed> {
    for _ in 0..ATTEMPTS {
        let before = session(first).await?;
        if let Err(error) = second.batch_execute("BEGIN").await {
            let refused = error.as_db_error().is_some();
            return Err(if refused {
                Failed::Unsupported(Unsupported::Transactions)
            } else {
                error.into()
            });
        }
        let other = session(second).await?;
        // Not asked for when it is known already: a pool of one connection would not answer.
        let shared = other == before || session(first).await? != before;
        second.batch_execute("ROLLBACK").await?;
        if shared {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The process of the server that answers.
async fn session(client: &Client) -> Result<Option<String>, Error> {
    Ok(first_column(&client.simple_query("SELECT pg_backend_pid()").await?).next())
}

/// Whether a prepared statement is known to the server by another name than the driver's: a pooler
/// that keeps statements gives them names of its own, so that those of two clients do not collide.
async fn keeps_statements(client: &Client) -> Result<bool, Error> {
    client.batch_execute("BEGIN").await?;
    let statement = client.prepare(PROBE).await?;
    let question =
        format!("SELECT name FROM pg_prepared_statements WHERE statement = $probe${PROBE}$probe$");
    let answer = client.simple_query(&question).await?;
    drop(statement);
    client.batch_execute("ROLLBACK").await?;
    let mut names = first_column(&answer);
    Ok(names.next().is_some_and(|name| !is_of_the_driver(&name)))
}

/// Whether the driver calls statements like this: an s and a number.
fn is_of_the_driver(name: &str) -> bool {
    let number = name.strip_prefix('s').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn first_column(messages: &[SimpleQueryMessage]) -> impl Iterator<Item = String> {
    messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_driver_are_known() {
        for name in ["s0", "s17"] {
            assert!(is_of_the_driver(name), "{name}");
        }
        for name in ["PGBOUNCER_1", "s", "", "s1x", "supavisor_1"] {
            assert!(!is_of_the_driver(name), "{name}");
        }
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "tests are told of their server by it")]
    async fn a_server_itself_gives_sessions() {
        let server = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL is set");
        let target = Target::of(&server).expect("a URL");

        assert_eq!(detect(&target).await.expect("no pooler"), PoolerMode::Session);
    }
}
