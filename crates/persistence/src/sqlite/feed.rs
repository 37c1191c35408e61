//! The feed on SQLite: only one process writes at a time, so a write numbers its events itself.

use conversations_domain::WorkspaceId;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;

use super::{Connection, insert_all};
use crate::bulk::Bulk;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::NewEventRow;
use crate::schema::event_heads;

/// Whether events of the feed of a queried head wait for numbers.
pub(crate) const HAS_WAITING: &str = "FALSE";

/// How many events of the feed of a queried head wait for numbers.
pub(crate) const COUNT_OF_WAITING: &str = "0";

/// The last one of their tickets, which do not exist here.
pub(crate) const LAST_TICKET: &str = "0";

/// The same, whatever the head says.
pub(crate) const COUNT_OF_ALL_WAITING: &str = COUNT_OF_WAITING;

/// The id of one of the oldest events that wait for numbers.
pub(crate) const FIRST_WAITING: &str = "NULL";

/// The number of the newest event of the feed of a queried head.
pub(crate) const NEWEST: &str = "event_heads.seq";

/// Stores events of one workspace.
pub(crate) async fn insert_events(
    connection: &mut Connection,
    rows: Vec<NewEventRow>,
) -> Result<(), Failure> {
    let Some(first) = rows.as_slice().first() else { return Ok(()) };
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let moved = MoveHead { workspace: first.workspace_id, count };
    let head: i64 = moved.get_result(connection).await?;
    insert_all(connection, Bulk::of_numbered_events(rows, head - count + 1)).await
}

/// Returns the last number of a workspace, if it has a head: no events wait.
pub(crate) async fn number_events(
    connection: &mut Connection,
    workspace: WorkspaceId,
    _thorough: bool,
) -> Result<Option<i64>, Failure> {
    let last = event_heads::table
        .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
        .select(event_heads::seq);
    Ok(last.first(connection).await.optional()?)
}

/// Does nothing, for the same reason.
pub(crate) fn drop_waiting_events(
    _: &mut Connection,
    _: WorkspaceId,
) -> std::future::Ready<Result<(), Failure>> {
    std::future::ready(Ok(()))
}

/// Takes numbers, and returns the last one.
#[derive(QueryId)]
struct MoveHead {
    workspace: DbId,
    count: i64,
}

impl QueryFragment<Sqlite> for MoveHead {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self { workspace, count } = self;
        out.push_sql("INSERT INTO event_heads (workspace_id, seq, floor, floor_id) VALUES (");
        out.push_bind_param::<Id, _>(workspace)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(count)?;
        out.push_sql(", 0, ");
        out.push_bind_param::<Id, _>(workspace)?;
        out.push_sql(
            ") ON CONFLICT (workspace_id) DO UPDATE SET seq = seq + excluded.seq RETURNING seq",
        );
        Ok(())
    }
}

impl Query for MoveHead {
    type SqlType = BigInt;
}
