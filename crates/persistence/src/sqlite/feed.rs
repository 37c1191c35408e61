//! The feed on SQLite: only one process writes at a time, so a write numbers its events itself.

use conversations_domain::WorkspaceId;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, insert_all};
use crate::bulk::Bulk;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::NewEventRow;
use crate::schema::event_heads;

/// Whether events of the feed of a queried head wait for numbers.
pub(crate) const HAS_WAITING: &str = "FALSE";

/// How many events of the feed of a queried head wait for numbers and, after a blank, the last one of
/// their tickets: there are no tickets here.
pub(crate) const WAITING: &str = "'0 0'";

/// How many events of the feed of a queried head wait for numbers.
pub(crate) const COUNT_OF_ALL_WAITING: &str = "0";

/// The subjects and types of the waiting events of the workspace that follows.
pub(crate) const WAITING_SUBJECTS: &str =
    "SELECT workspace_id, 0 FROM event_heads WHERE FALSE AND workspace_id = ";

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
    let head = event_heads::table.filter(event_heads::workspace_id.eq(first.workspace_id));
    // Only one transaction writes, so the head stays as it is read. `RETURNING` would make a table for it.
    let last: Option<i64> = head.select(event_heads::seq).first(connection).await.optional()?;
    if let Some(last) = last {
        let moved = diesel::update(head).set(event_heads::seq.eq(last + count));
        moved.execute(connection).await?;
    } else {
        let made = (
            event_heads::workspace_id.eq(first.workspace_id),
            event_heads::seq.eq(count),
            event_heads::floor.eq(0_i64),
            event_heads::floor_id.eq(first.workspace_id),
        );
        diesel::insert_into(event_heads::table).values(made).execute(connection).await?;
    }
    insert_all(connection, Bulk::of_numbered_events(rows, last.unwrap_or(0) + 1)).await
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
