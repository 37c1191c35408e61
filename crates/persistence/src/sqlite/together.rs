//! Writes that share a transaction: here all do, because the writer sees to it.

use conversations_application::ports::RepositoryError;
use futures_util::future::BoxFuture;

use super::{Connection, Database};
use crate::error::Failure;

/// Does several writes, of which none touches what another one does.
pub(crate) type WriteAll<W> =
    for<'c> fn(&'c mut Connection, Vec<W>, i16) -> BoxFuture<'c, Result<(), Failure>>;

/// Has writes done.
pub(crate) struct Together<W> {
    database: Database,
    write: WriteAll<W>,
}

impl<W: Send + 'static> Together<W> {
    pub(crate) fn new(database: &Database, write: WriteAll<W>) -> Self {
        Self { database: database.clone(), write }
    }

    /// Does a write; it has landed when this is over without an error.
    pub(crate) async fn write(&self, one: W) -> Result<(), RepositoryError> {
        let (write, slot) = (self.write, self.database.slot());
        self.database
            .write(async move |connection: &mut Connection| {
                write(connection, vec![one], slot).await
            })
            .await
    }
}
