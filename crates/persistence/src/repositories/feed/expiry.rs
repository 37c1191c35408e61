//! Events that are no longer kept.

use conversations_domain::Timestamp;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::Connection;
use super::super::sql_builder::SqlBuilder;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::schema::{event_heads, events};

/// How many events one transaction deletes: other writes wait for it.
const DELETED_AT_ONCE: i64 = 1_000;

/// Deletes some of the events before this id of a workspace that has such; `false` if none has.
pub(super) async fn delete_some(connection: &mut Connection, end: DbId) -> Result<bool, Failure> {
    let workspace: Option<DbId> = event_heads::table
        .filter(begins_before(end))
        .select(event_heads::workspace_id)
        .first(connection)
        .await
        .optional()?;
    let Some(workspace) = workspace else { return Ok(false) };
    delete_some_of(connection, workspace, end).await?;
    Ok(true)
}

/// Whether the first event of the feed of a queried head is before this id.
fn begins_before(end: DbId) -> SqlBuilder<Bool> {
    SqlBuilder::of(
        "EXISTS (SELECT 1 FROM events WHERE events.workspace_id = event_heads.workspace_id \
         AND events.seq = event_heads.floor + 1 AND events.id < ",
    )
    .fragment(end.into_sql::<Id>())
    .text(")")
}

/// The smallest id of this time: ids are ordered by time.
pub(in super::super) fn first_id_at(time: Timestamp) -> DbId {
    let millis = u128::try_from(time.as_unix_millis()).unwrap_or_default();
    DbId(Uuid::from_u128(millis << 80))
}

/// Deletes the first events of a workspace that are before this id. They have no gap, so an event waits
/// until all events before it are deleted.
async fn delete_some_of(
    connection: &mut Connection,
    workspace: DbId,
    end: DbId,
) -> Result<(), Failure> {
    let floor: Option<i64> = for_update!(
        event_heads::table
            .filter(event_heads::workspace_id.eq(workspace))
            .select(event_heads::floor)
    )
    .first(connection)
    .await
    .optional()?;
    let Some(floor) = floor else { return Ok(()) };
    let first: Vec<(i64, DbId)> = events::table
        .filter(events::workspace_id.eq(workspace))
        .filter(events::seq.gt(floor))
        .order(events::seq.asc())
        .limit(DELETED_AT_ONCE)
        .select((events::seq, events::id))
        .load(connection)
        .await?;
    let old = first.into_iter().take_while(|(_, id)| id.0 < end.0);
    let Some((last, id)) = old.last() else { return Ok(()) };
    diesel::delete(events::table)
        .filter(events::workspace_id.eq(workspace))
        .filter(events::seq.le(last))
        .execute(connection)
        .await?;
    diesel::update(event_heads::table)
        .filter(event_heads::workspace_id.eq(workspace))
        .set((event_heads::floor.eq(last), event_heads::floor_id.eq(id)))
        .execute(connection)
        .await?;
    Ok(())
}
