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
pub(crate) type Asked<K> = [K; 1];

/// What is asked for all of these keys: here by a statement for each.
pub(crate) fn questions<K>(keys: Vec<K>) -> impl Iterator<Item = Asked<K>> {
    keys.into_iter().map(|key| [key])
}

/// The row that was found.
pub(crate) type Found<K, V> = Result<Vec<(K, V)>, Failure>;

/// A query that finds things by their keys.
pub(crate) type FindAll<K, V> =
    for<'c> fn(&'c mut Connection, Asked<K>) -> BoxFuture<'c, Found<K, V>>;

/// Finds single things by their keys.
pub(crate) struct Finder<K, V> {
    database: Database,
    query: FindAll<K, V>,
}

impl<K: Send + 'static, V: Send + 'static> Finder<K, V> {
    pub(crate) fn new(database: &Database, query: FindAll<K, V>) -> Self {
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
pub(crate) fn these<W, I>(
    workspace: W,
    id: I,
    [asked]: Asked<(impl Into<Uuid>, impl Into<Uuid>)>,
) -> And<Eq<W, DbId>, Eq<I, DbId>>
where
    W: Column<SqlType = Id>,
    I: Column<SqlType = Id>,
{
    workspace.eq(DbId::of(asked.0)).and(id.eq(DbId::of(asked.1)))
}
