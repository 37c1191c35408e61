//! Column types with two spellings: what PostgreSQL has a type for and SQLite has not.
//!
//! (They are `pub` because the code that `diesel::table!` writes is; the module is not.)
//!
//! Each is one SQL type that both databases know, and one Rust type that reads and writes it. How
//! PostgreSQL has them is in `postgres/columns.rs`, because a program may be built without it.

use conversations_domain::Timestamp;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, SqlOrd, SqlType};
use diesel::sqlite::Sqlite;
use uuid::Uuid;

/// An id: `UUID` on PostgreSQL, a BLOB of 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

impl SqlOrd for Id {}

/// A time: `TIMESTAMPTZ` on PostgreSQL, an INTEGER of milliseconds since the Unix epoch on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct UtcMillis;

impl SqlOrd for UtcMillis {}

/// The value of an [`Id`] column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromSqlRow, AsExpression)]
#[diesel(sql_type = Id)]
pub struct DbId(pub(crate) Uuid);

/// The value of a [`UtcMillis`] column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = UtcMillis)]
pub struct DbTime(pub(crate) Timestamp);

impl DbId {
    /// The column value of any of the domain's ids.
    pub(crate) fn of(id: impl Into<Uuid>) -> Self {
        Self(id.into())
    }
}

impl ToSql<Id, Sqlite> for DbId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Id, Sqlite> for DbId {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.read_blob())?))
    }
}

impl ToSql<UtcMillis, Sqlite> for DbTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_unix_millis());
        Ok(IsNull::No)
    }
}

impl FromSql<UtcMillis, Sqlite> for DbTime {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        time(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
    }
}

pub(crate) fn time(millis: i64) -> deserialize::Result<DbTime> {
    let time = Timestamp::from_unix_millis(millis).ok_or("a time out of range")?;
    Ok(DbTime(time))
}

/// The workspace, if it is the same throughout.
#[cfg(feature = "postgres")]
pub(crate) fn the_only_one(workspaces: &[DbId]) -> Option<&DbId> {
    let (first, others) = workspaces.split_first()?;
    others.iter().all(|other| other == first).then_some(first)
}
