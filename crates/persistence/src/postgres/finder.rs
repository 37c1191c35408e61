//! Single reads that share a statement: reads that arrive while one is on its way wait for the next
//! one, which asks for all of them.
//!
//! There is no timer: with nothing on its way a question is sent at once. No caller is answered by
//! a statement that was sent before they asked, so that all see earlier writes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use conversations_application::metrics::timed;
use conversations_application::ports::RepositoryError;
use futures_util::future::BoxFuture;

use super::door::Door;
use super::queue::{Queue, Waiting};
use super::{Connection, Database};
use crate::error::Failure;

/// What one statement asks for: everything that is looked for at the moment, each once.
pub(crate) type Asked<K> = Vec<K>;

/// What is asked for all of these keys: here by one statement.
pub(crate) fn questions<K>(keys: Vec<K>) -> impl Iterator<Item = Asked<K>> {
    std::iter::once(keys).filter(|keys| !keys.is_empty())
}

/// The rows that were found, in any order.
pub(crate) type Found<K, V> = Result<Vec<(K, V)>, Failure>;

/// A query that finds many things by their keys.
pub(crate) type FindAll<K, V> =
    for<'c> fn(&'c mut Connection, Asked<K>) -> BoxFuture<'c, Found<K, V>>;

/// The most that one statement asks for.
const MOST: usize = 64;

/// Finds single things by their keys.
pub(crate) struct Finder<K, V> {
    door: Door,
    query: FindAll<K, V>,
    queue: Arc<Queue<K, V>>,
}

impl<K, V> Clone for Finder<K, V> {
    fn clone(&self) -> Self {
        let Self { door, query, queue } = self;
        Self { door: door.clone(), query: *query, queue: Arc::clone(queue) }
    }
}

impl<K, V> Finder<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    pub(crate) fn new(database: &Database, query: FindAll<K, V>) -> Self {
        Self { door: database.singles.clone(), query, queue: Arc::default() }
    }

    /// The thing with this key.
    pub(crate) async fn find(&self, key: K) -> Result<Option<V>, RepositoryError> {
        let (answered, idle) = self.queue.join(key, self.door.patience(), 1);
        if let Some(mut turn) = idle {
            // In a task of its own, which goes on for the others when this request is cut off.
            let (finder, going) = (self.clone(), self.door.begin());
            tokio::spawn(timed(async move {
                while let Some(batch) = turn.take(MOST) {
                    finder.answer(batch).await;
                }
                drop(going);
            }));
        }
        answered.wait().await
    }

    /// Answers everybody in a batch.
    async fn answer(&self, batch: Vec<Waiting<K, V>>) {
        self.door.shared_by(batch.len());
        let mut waiting: HashMap<K, Vec<Waiting<K, V>>> = HashMap::with_capacity(batch.len());
        for each in batch {
            waiting.entry(each.key().clone()).or_default().push(each);
        }
        match self.ask(waiting.keys().cloned().collect()).await {
            Ok(found) => tell(waiting, found),
            Err(error) if waiting.len() == 1 => {
                for these in waiting.into_values() {
                    refuse(these, &error);
                }
            }
            // An error of one read must not affect the others.
            Err(_) => self.answer_one_by_one(waiting).await,
        }
    }

    /// Asks for each alone, as long as the database can be reached: if it cannot, all are refused.
    async fn answer_one_by_one(&self, waiting: HashMap<K, Vec<Waiting<K, V>>>) {
        let mut unavailable = None;
        for (key, these) in waiting {
            if let Some(error) = &unavailable {
                refuse(these, error);
                continue;
            }
            if these.iter().all(Waiting::is_in_vain) {
                continue;
            }
            match self.ask(vec![key.clone()]).await {
                Ok(found) => tell(HashMap::from([(key, these)]), found),
                Err(error) => {
                    refuse(these, &error);
                    let passing = matches!(error, RepositoryError::Unavailable(_));
                    unavailable = passing.then_some(error);
                }
            }
        }
    }

    async fn ask(&self, keys: Asked<K>) -> Result<HashMap<K, V>, RepositoryError> {
        let query = self.query;
        let ask = async move |connection: &mut Connection| query(connection, keys).await;
        Ok(self.door.run(None, ask).await?.into_iter().collect())
    }
}

/// Tells everybody what was found of what they asked for.
fn tell<K: Eq + Hash, V: Clone>(waiting: HashMap<K, Vec<Waiting<K, V>>>, mut found: HashMap<K, V>) {
    for (key, mut these) in waiting {
        let value = found.remove(&key);
        let last = these.pop();
        for each in these {
            each.tell(Ok(value.clone()));
        }
        if let Some(last) = last {
            last.tell(Ok(value));
        }
    }
}

/// Tells those who asked for the same that it could not be found out. Errors cannot be copied: each
/// gets one of the same kind and the same words.
fn refuse<K, V>(these: Vec<Waiting<K, V>>, error: &RepositoryError) {
    for each in these {
        each.tell(Err(same(error)));
    }
}

/// An error of the same kind and the same words.
pub(super) fn same(error: &RepositoryError) -> RepositoryError {
    match error {
        RepositoryError::Unavailable(cause) => RepositoryError::Unavailable(words(&**cause)),
        RepositoryError::Corrupt { table, column, reason } => {
            RepositoryError::Corrupt { table, column, reason: reason.clone() }
        }
        RepositoryError::Stale => RepositoryError::Stale,
        RepositoryError::Duplicate => RepositoryError::Duplicate,
        RepositoryError::Repeated => RepositoryError::Repeated,
        RepositoryError::TooBroad => RepositoryError::TooBroad,
        RepositoryError::StorageFull => RepositoryError::StorageFull,
        RepositoryError::PageTooLarge(refused) => RepositoryError::PageTooLarge(*refused),
        RepositoryError::BudgetExhausted(refused) => RepositoryError::BudgetExhausted(*refused),
        RepositoryError::Backend(cause) => RepositoryError::Backend(words(&**cause)),
    }
}

/// What an error and all its causes say.
fn words(error: &dyn std::error::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ").into()
}
