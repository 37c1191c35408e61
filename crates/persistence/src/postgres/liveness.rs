//! Whether a connection that was idle still leads to the server.
//!
//! Routers, balancers and firewalls forget idle connections without a word: what is sent on one gets no
//! answer. So a connection that was not used lately is asked first, for a moment. One that was is not:
//! nothing is added to the requests of a busy server.

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::Metrics;
use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection::deadpool::{Hook, HookError};
use futures_util::FutureExt;
use tokio::time::timeout;

use super::Connection;

/// For how long a connection may be idle and is still used without a question.
const LATELY: Duration = Duration::from_secs(10);

/// How soon it has to answer. The caller goes on with a new connection after that.
const ANSWER: Duration = Duration::from_millis(500);

/// What is known of the idle connections of all pools.
#[derive(Clone, Default)]
pub(super) struct Liveness {
    /// When one of them did not answer.
    silent: Arc<Mutex<Option<Instant>>>,
}

impl Liveness {
    /// What a pool does with a connection before it is used again.
    pub(super) fn hook(&self) -> Hook<Connection> {
        let liveness = self.clone();
        Hook::async_fn(move |connection, metrics| {
            if metrics.last_used() < LATELY {
                return ready(Ok(())).boxed();
            }
            let liveness = liveness.clone();
            async move {
                if liveness.answers(connection, metrics).await {
                    return Ok(());
                }
                Err(HookError::message("an idle connection to the server was lost"))
            }
            .boxed()
        })
    }

    /// Whether an idle connection answers. When one did not, those that were idle at the time are not
    /// asked: each would be waited for in turn.
    async fn answers(&self, connection: &mut Connection, metrics: &Metrics) -> bool {
        let last_used = metrics.recycled.unwrap_or(metrics.created);
        if self.silent().is_some_and(|silent| last_used < silent) {
            return false;
        }
        let answered = timeout(ANSWER, connection.batch_execute("SELECT 1")).await;
        let answers = matches!(answered, Ok(Ok(())));
        if !answers {
            tracing::info!("lost an idle connection to PostgreSQL; opening another one");
            *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        answers
    }

    fn silent(&self) -> Option<Instant> {
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
