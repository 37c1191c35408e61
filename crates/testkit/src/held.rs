//! A table that another transaction locks, so that writes to it have to wait.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use crate::TestDatabase;

/// A connection that holds a table until it is [released](Self::release) or dropped. On PostgreSQL
/// the table cannot be read either; on SQLite no table can be written.
pub struct HeldTable(Holder);

enum Holder {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<AsyncPgConnection>),
}

impl HeldTable {
    /// Locks the table, once no other transaction uses it.
    ///
    /// # Panics
    /// When the database cannot be reached, or there is no such table.
    pub async fn take(database: &TestDatabase, table: &str) -> Self {
        if let Some(file) = database.url().strip_prefix("sqlite://") {
            let mut connection = SqliteConnection::establish(file).expect("a connection");
            connection
                .batch_execute("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
                .expect("no other writer");
            return Self(Holder::Sqlite(Box::new(connection)));
        }
        let mut connection =
            AsyncPgConnection::establish(database.url()).await.expect("a connection");
        let hold = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        connection.batch_execute(&hold).await.expect("a table that can be locked");
        Self(Holder::Postgres(Box::new(connection)))
    }

    /// Lets go of it.
    ///
    /// # Panics
    /// When the database is gone.
    pub async fn release(self) {
        match self.0 {
            Holder::Sqlite(mut connection) => {
                connection.batch_execute("ROLLBACK").expect("the end of a transaction");
            }
            Holder::Postgres(mut connection) => {
                connection.batch_execute("ROLLBACK").await.expect("the end of a transaction");
            }
        }
    }
}
