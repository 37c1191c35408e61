//! Writes that share a transaction: here all do, because the writer sees to it.

use conversations_application::ports::RepositoryError;

use super::{Connection, Database};
use crate::work::BatchWrite;

/// Has writes done.
pub(crate) struct WriteBatcher<W, O> {
    database: Database,
    write: BatchWrite<Connection, W, O>,
}

impl<W: Send + 'static, O: Send + 'static> WriteBatcher<W, O> {
    pub(crate) fn new(database: &Database, write: BatchWrite<Connection, W, O>) -> Self {
        Self { database: database.clone(), write }
    }

    /// Does a write; it has landed when this is over without an error.
    pub(crate) async fn write(&self, one: W) -> Result<O, RepositoryError> {
        let (write, slot) = (self.write, self.database.slot());
        self.database
            .write(async move |connection: &mut Connection| {
                let outcome = write(connection, vec![one], slot).await?.pop();
                let nothing = || RepositoryError::Backend("a write without an outcome".into());
                Ok(outcome.unwrap_or_else(|| Err(nothing()))?)
            })
            .await
    }
}
