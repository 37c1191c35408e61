//! Adding to the counts of conversations: row by row, which costs next to nothing where a statement
//! is a call.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, SmallInt, Text};
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;

use super::{Connection, insert_events};
use crate::columns::Id;
use crate::error::Failure;
use crate::rows::{CountRow, DayRow, NewEventRow};

/// Adds what these rows say to the stored counts, and stores these events of one workspace.
pub(crate) async fn add_to_counts(
    connection: &mut Connection,
    cells: Vec<CountRow>,
    days: Vec<DayRow>,
    events: Vec<NewEventRow>,
) -> Result<(), Failure> {
    for cell in cells {
        AddToCell(cell).execute(connection).await?;
    }
    for day in days {
        AddToDay(day).execute(connection).await?;
    }
    insert_events(connection, events).await
}

// Diesel prepares its own `DO UPDATE` again each time; of these there is one text each.
#[derive(QueryId)]
struct AddToCell(CountRow);

#[derive(QueryId)]
struct AddToDay(DayRow);

impl QueryFragment<Sqlite> for AddToCell {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let CountRow { workspace_id, inbox_id, assignee_id, status, priority, slot, n } = &self.0;
        out.push_sql(
            "INSERT INTO conversation_counts \
             (workspace_id, inbox_id, assignee_id, status, priority, slot, n) VALUES (",
        );
        out.push_bind_param::<Id, _>(workspace_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Id, _>(inbox_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Id, _>(assignee_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(status)?;
        out.push_sql(", ");
        out.push_bind_param::<SmallInt, _>(priority)?;
        out.push_sql(", ");
        out.push_bind_param::<SmallInt, _>(slot)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(n)?;
        out.push_sql(
            ") ON CONFLICT (workspace_id, inbox_id, assignee_id, status, priority, slot) \
             DO UPDATE SET n = n + excluded.n",
        );
        Ok(())
    }
}

impl QueryFragment<Sqlite> for AddToDay {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let DayRow { workspace_id, day, status, slot, n } = &self.0;
        out.push_sql("INSERT INTO conversation_days (workspace_id, day, status, slot, n) VALUES (");
        out.push_bind_param::<Id, _>(workspace_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Integer, _>(day)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(status)?;
        out.push_sql(", ");
        out.push_bind_param::<SmallInt, _>(slot)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(n)?;
        out.push_sql(
            ") ON CONFLICT (workspace_id, day, status, slot) DO UPDATE SET n = n + excluded.n",
        );
        Ok(())
    }
}
