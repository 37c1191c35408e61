//! Many rows: some in each statement, whose texts are few and are prepared once.

use conversations_application::ports::{RepositoryError, SeedBatching};
use diesel::RunQueryDsl;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;

use super::{Connection, Database};
use crate::bulk::{Bulk, Column};
use crate::columns::{Id, UtcMillis};
use crate::error::Failure;

/// No other write runs during a transaction, so it is small.
pub(crate) const SEED_BATCHING: SeedBatching = SeedBatching { rows: 2_000, concurrency: 2 };

/// How many rows a statement inserts.
const ROWS: usize = 25;

/// Inserts rows.
pub(crate) async fn insert_all(connection: &mut Connection, bulk: Bulk) -> Result<(), Failure> {
    connection
        .spawn_blocking(move |connection| {
            let begin = bulk.insert_into();
            let mut first = 0;
            while first < bulk.rows() {
                let end = if first + ROWS <= bulk.rows() { first + ROWS } else { first + 1 };
                InsertSome { begin: &begin, bulk: &bulk, first, end }.execute(connection)?;
                first = end;
            }
            QueryResult::Ok(())
        })
        .await?;
    Ok(())
}

/// Does nothing: the migrations fix the statistics of SQLite's planner, whatever a file holds.
pub(crate) async fn vacuum_analyze(
    _: &Database,
    _: &'static [&'static str],
) -> Result<(), RepositoryError> {
    Ok(())
}

struct InsertSome<'a> {
    begin: &'a str,
    bulk: &'a Bulk,
    first: usize,
    end: usize,
}

impl QueryId for InsertSome<'_> {
    // There are two texts per table.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Sqlite> for InsertSome<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.begin);
        out.push_sql("VALUES ");
        for row in self.first..self.end {
            out.push_sql(if row > self.first { ", (" } else { "(" });
            for (place, (_, column)) in self.bulk.columns.iter().enumerate() {
                if place > 0 {
                    out.push_sql(", ");
                }
                match column {
                    Column::Ids(values) => out.push_bind_param::<Id, _>(&values[row])?,
                    Column::MaybeIds(values) => {
                        out.push_bind_param::<Nullable<Id>, _>(&values[row])?;
                    }
                    Column::Times(values) => {
                        out.push_bind_param::<UtcMillis, _>(&values[row])?;
                    }
                    Column::MaybeTimes(values) => {
                        out.push_bind_param::<Nullable<UtcMillis>, _>(&values[row])?;
                    }
                    Column::Texts(values) => out.push_bind_param::<Text, _>(&values[row])?,
                    Column::MaybeTexts(values) => {
                        out.push_bind_param::<Nullable<Text>, _>(&values[row])?;
                    }
                    Column::Shorts(values) => out.push_bind_param::<SmallInt, _>(&values[row])?,
                    Column::Longs(values) => out.push_bind_param::<BigInt, _>(&values[row])?,
                    Column::MaybeLongs(values) => {
                        out.push_bind_param::<Nullable<BigInt>, _>(&values[row])?;
                    }
                    Column::Flags(values) => out.push_bind_param::<Bool, _>(&values[row])?,
                }
            }
            out.push_sql(")");
        }
        Ok(())
    }
}

impl diesel::RunQueryDsl<diesel::SqliteConnection> for InsertSome<'_> {}
