//! Many rows in one statement: each column is one array, so that the text is the same for whatever
//! many rows, and is prepared once.

use conversations_application::ports::{RepositoryError, SeedBatching};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::{Connection, Database};
use crate::bulk::{Bulk, Column};
use crate::columns::{Id, UtcMillis};
use crate::error::Failure;

/// A transaction of this size takes a fraction of a second. More at once than cores only wait.
pub(crate) const SEED_BATCHING: SeedBatching = SeedBatching { rows: 10_000, concurrency: 3 };

/// Inserts rows.
pub(crate) async fn insert_all(connection: &mut Connection, bulk: Bulk) -> Result<(), Failure> {
    if bulk.rows() > 0 {
        InsertAll { begin: bulk.insert_into(), bulk }.execute(connection).await?;
    }
    Ok(())
}

/// Removes dead rows from these tables and updates the statistics of the planner. PostgreSQL skips
/// tables that the role does not own, and leaves them to autovacuum.
pub(crate) async fn vacuum_analyze(
    database: &Database,
    tables: &'static [&'static str],
) -> Result<(), RepositoryError> {
    let keeps_settings = database.keeps_settings();
    database
        .without_transaction(async move |connection: &mut Connection| {
            let vacuum = format!("VACUUM (ANALYZE) {}", tables.join(", "));
            if keeps_settings {
                // An operator's command has the connections for itself.
                connection.batch_execute("SET statement_timeout = 0").await?;
            }
            connection.batch_execute(&vacuum).await?;
            Ok(())
        })
        .await
}

struct InsertAll {
    begin: String,
    bulk: Bulk,
}

impl QueryId for InsertAll {
    // There is one text per table.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for InsertAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.begin);
        out.push_sql("SELECT * FROM ");
        push_rows(&mut out, &self.bulk)
    }
}

/// Rows as a table: each column is bound as one array.
pub(super) fn push_rows<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b Bulk) -> QueryResult<()> {
    out.push_sql("unnest(");
    for (place, (_, column)) in rows.columns.iter().enumerate() {
        if place > 0 {
            out.push_sql(", ");
        }
        match column {
            Column::Ids(values) => out.push_bind_param::<Array<Id>, _>(values)?,
            Column::MaybeIds(values) => out.push_bind_param::<Array<Nullable<Id>>, _>(values)?,
            Column::Times(values) => out.push_bind_param::<Array<UtcMillis>, _>(values)?,
            Column::MaybeTimes(values) => {
                out.push_bind_param::<Array<Nullable<UtcMillis>>, _>(values)?;
            }
            Column::Texts(values) => out.push_bind_param::<Array<Text>, _>(values)?,
            Column::MaybeTexts(values) => {
                out.push_bind_param::<Array<Nullable<Text>>, _>(values)?;
            }
            Column::Shorts(values) => out.push_bind_param::<Array<SmallInt>, _>(values)?,
            Column::Longs(values) => out.push_bind_param::<Array<BigInt>, _>(values)?,
            Column::MaybeLongs(values) => {
                out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?;
            }
            Column::Flags(values) => out.push_bind_param::<Array<Bool>, _>(values)?,
        }
    }
    out.push_sql(")");
    Ok(())
}
