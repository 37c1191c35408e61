//! Single reads that share a statement: reads that arrive while one is on its way wait for the next
//! one, which asks for all of them.
//!
//! There is no timer: with nothing on its way a question is sent at once. No caller is answered by
//! a statement that was sent before they asked, so that all see earlier writes. Where workspaces lie on
//! several machines, a statement is about one workspace.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use conversations_application::metrics::timed;
use conversations_application::ports::RepositoryError;
use futures_util::future::BoxFuture;

use super::batch_queue::{BatchQueue, PendingRequest};
use super::connection_pool::ConnectionPool;
use super::{Connection, Database};
use crate::error::Failure;
use crate::work::InWorkspace;

/// What one statement asks for: everything that is looked for at the moment, each once.
pub(crate) type LookupKeys<K> = Vec<K>;

/// What is asked for all of these keys: here by one statement.
pub(crate) fn key_batches<K>(keys: Vec<K>) -> impl Iterator<Item = LookupKeys<K>> {
    std::iter::once(keys).filter(|keys| !keys.is_empty())
}

/// The rows that were found, in any order.
pub(crate) type LoadedRows<K, V> = Result<Vec<(K, V)>, Failure>;

/// A query that finds many things by their keys.
pub(crate) type BatchQuery<K, V> =
    for<'c> fn(&'c mut Connection, LookupKeys<K>) -> BoxFuture<'c, LoadedRows<K, V>>;

/// The most that one statement asks for.
const MOST: usize = 64;

/// How many statements may be on their way at once when each is about one workspace.
const AT_ONCE_WHEN_SHARDED: usize = 4;

/// Finds single things by their keys.
pub(crate) struct BatchLoader<K, V> {
    pool: ConnectionPool,
    query: BatchQuery<K, V>,
    queue: Arc<BatchQueue<K, V>>,
    is_sharded: bool,
}

impl<K, V> Clone for BatchLoader<K, V> {
    fn clone(&self) -> Self {
        let Self { pool, query, queue, is_sharded } = self;
        let (pool, queue) = (pool.clone(), Arc::clone(queue));
        Self { pool, query: *query, queue, is_sharded: *is_sharded }
    }
}

impl<K, V> BatchLoader<K, V>
where
    K: InWorkspace + Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    pub(crate) fn new(database: &Database, query: BatchQuery<K, V>) -> Self {
        let (pool, is_sharded) = (database.lookups.clone(), database.is_sharded());
        Self { pool, query, queue: Arc::default(), is_sharded }
    }

    /// The thing with this key.
    pub(crate) async fn find(&self, key: K) -> Result<Option<V>, RepositoryError> {
        let most = if self.is_sharded { AT_ONCE_WHEN_SHARDED } else { 1 };
        let (pending, idle) = self.queue.join(key, self.pool.permit_timeout(), most);
        if let Some(mut leader) = idle {
            // In a task of its own, which goes on for the others when this request is cut off.
            let (loader, guard) = (self.clone(), self.pool.begin());
            tokio::spawn(timed(async move {
                while let Some(batch) = leader.next_batch(MOST, |one, other| {
                    !loader.is_sharded || one.workspace() == other.workspace()
                }) {
                    loader.load_batch(batch).await;
                }
                drop(guard);
            }));
        }
        pending.wait().await
    }

    /// Answers everybody in a batch.
    async fn load_batch(&self, batch: Vec<PendingRequest<K, V>>) {
        self.pool.shared_by(batch.len());
        let mut waiting: HashMap<K, Vec<PendingRequest<K, V>>> =
            HashMap::with_capacity(batch.len());
        for each in batch {
            waiting.entry(each.key().clone()).or_default().push(each);
        }
        match self.run_query(waiting.keys().cloned().collect()).await {
            Ok(found) => deliver(waiting, found),
            Err(error) if waiting.len() == 1 => {
                for these in waiting.into_values() {
                    deliver_error(these, &error);
                }
            }
            // An error of one read must not affect the others.
            Err(_) => self.load_one_by_one(waiting).await,
        }
    }

    /// Asks for each alone, as long as the database can be reached: if it cannot, all are refused.
    async fn load_one_by_one(&self, waiting: HashMap<K, Vec<PendingRequest<K, V>>>) {
        let mut unavailable = None;
        for (key, these) in waiting {
            if let Some(error) = &unavailable {
                deliver_error(these, error);
                continue;
            }
            if these.iter().all(PendingRequest::is_abandoned) {
                continue;
            }
            match self.run_query(vec![key.clone()]).await {
                Ok(found) => deliver(HashMap::from([(key, these)]), found),
                Err(error) => {
                    deliver_error(these, &error);
                    let passing = matches!(error, RepositoryError::Unavailable(_));
                    unavailable = passing.then_some(error);
                }
            }
        }
    }

    async fn run_query(&self, keys: LookupKeys<K>) -> Result<HashMap<K, V>, RepositoryError> {
        let query = self.query;
        let ask = async move |connection: &mut Connection| query(connection, keys).await;
        Ok(self.pool.run(None, ask).await?.into_iter().collect())
    }
}

/// Tells everybody what was found of what they asked for.
fn deliver<K: Eq + Hash, V: Clone>(
    waiting: HashMap<K, Vec<PendingRequest<K, V>>>,
    mut found: HashMap<K, V>,
) {
    for (key, mut these) in waiting {
        let value = found.remove(&key);
        let last = these.pop();
        for each in these {
            each.respond(Ok(value.clone()));
        }
        if let Some(last) = last {
            last.respond(Ok(value));
        }
    }
}

/// Tells those who asked for the same that it could not be found out. Errors cannot be copied: each
/// gets one of the same kind and the same words.
fn deliver_error<K, V>(these: Vec<PendingRequest<K, V>>, error: &RepositoryError) {
    for each in these {
        each.respond(Err(clone_error(error)));
    }
}

/// An error of the same kind and the same words.
pub(super) fn clone_error(error: &RepositoryError) -> RepositoryError {
    match error {
        RepositoryError::Unavailable(cause) => RepositoryError::Unavailable(error_chain(&**cause)),
        RepositoryError::Corrupt { table, column, reason } => {
            RepositoryError::Corrupt { table, column, reason: reason.clone() }
        }
        RepositoryError::Stale => RepositoryError::Stale,
        RepositoryError::Duplicate => RepositoryError::Duplicate,
        RepositoryError::ExternalIdTaken(owner) => RepositoryError::ExternalIdTaken(*owner),
        RepositoryError::Repeated => RepositoryError::Repeated,
        RepositoryError::TooBroad => RepositoryError::TooBroad,
        RepositoryError::StorageFull => RepositoryError::StorageFull,
        RepositoryError::PageTooLarge(refused) => RepositoryError::PageTooLarge(*refused),
        RepositoryError::BudgetExhausted(refused) => RepositoryError::BudgetExhausted(*refused),
        RepositoryError::Backend(cause) => RepositoryError::Backend(error_chain(&**cause)),
    }
}

/// What an error and all its causes say.
fn error_chain(error: &dyn std::error::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ").into()
}
