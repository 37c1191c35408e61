//! Single reads: each is its own statement, because there is no round trip to a server.

use conversations_application::ports::RepositoryError;
use diesel::dsl::{And, Eq};
use diesel::{BoolExpressionMethods, Column, ExpressionMethods};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{Connection, Database};
use crate::columns::{DbId, Id};
use crate::error::Failure;

/// What one statement asks for.
pub(crate) type LookupKeys<K> = [K; 1];

/// What is asked for all of these keys: here by a statement for each.
pub(crate) fn key_batches<K>(keys: Vec<K>) -> impl Iterator<Item = LookupKeys<K>> {
    keys.into_iter().map(|key| [key])
}

/// The row that was found.
pub(crate) type LoadedRows<K, V> = Result<Vec<(K, V)>, Failure>;

/// A query that finds things by their keys.
pub(crate) type BatchQuery<K, V> =
    for<'c> fn(&'c mut Connection, LookupKeys<K>) -> BoxFuture<'c, LoadedRows<K, V>>;

/// Finds single things by their keys.
pub(crate) struct BatchLoader<K, V> {
    database: Database,
    query: BatchQuery<K, V>,
}

impl<K: Send + 'static, V: Send + 'static> BatchLoader<K, V> {
    pub(crate) fn new(database: &Database, query: BatchQuery<K, V>) -> Self {
        Self { database: database.clone(), query }
    }

    /// The thing with this key.
    pub(crate) async fn find(&self, key: K) -> Result<Option<V>, RepositoryError> {
        let query = self.query;
        self.database
            .read(async move |connection: &mut Connection| {
                let mut found = query(connection, [key]).await?;
                Ok(found.pop().map(|(_, value)| value))
            })
            .await
    }
}

/// The row with this workspace and id.
pub(crate) fn in_keys<W, I>(
    workspace: W,
    id: I,
    [keys]: LookupKeys<(impl Into<Uuid>, impl Into<Uuid>)>,
) -> And<Eq<W, DbId>, Eq<I, DbId>>
where
    W: Column<SqlType = Id>,
    I: Column<SqlType = Id>,
{
    workspace.eq(DbId::of(keys.0)).and(id.eq(DbId::of(keys.1)))
}
