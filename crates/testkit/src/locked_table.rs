//! A table that another transaction locks, so that writes to it have to wait.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection};

use crate::TestDatabase;
use crate::database::Life;
use crate::postgres::TableLock;

/// A connection that holds a table until it is [released](Self::release) or dropped. On PostgreSQL
/// the table cannot be read either; on SQLite no table can be written.
pub struct LockedTable(Holder);

enum Holder {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<TableLock>),
}

impl LockedTable {
    /// Locks the table, once no other transaction uses it.
    ///
    /// # Panics
    /// When the database cannot be reached, or there is no such table.
    pub async fn take(database: &TestDatabase, table: &str) -> Self {
        Self(match database.life() {
            Life::Sqlite(_) => {
                let file = database.url().trim_start_matches("sqlite://");
                let mut connection = SqliteConnection::establish(file).expect("a connection");
                connection
                    .batch_execute("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
                    .expect("no other writer");
                Holder::Sqlite(Box::new(connection))
            }
            Life::Postgres(database) => Holder::Postgres(Box::new(database.lock(table).await)),
        })
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
            Holder::Postgres(lock) => lock.release().await,
        }
    }
}
