//! How far feeds are.

use conversations_application::ports::{FeedPosition, RepositoryError};
use conversations_domain::{EventCursor, EventId, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::sql_builder::SqlBuilder;
use super::super::{COUNT_OF_WAITING, Connection, LAST_TICKET, LoadedRows, LookupKeys, total};
use super::head::sequence;
use crate::columns::{DbId, Id};
use crate::schema::event_heads;

/// The id of the last event of the feed of a queried head; none if that is no longer stored.
const LAST_ID: &str = "(SELECT id FROM events WHERE events.workspace_id = event_heads.workspace_id \
    AND events.seq = event_heads.seq)";

/// Workspace, last position, the id of the last event that was deleted, the id of the last event, the
/// number of waiting events, and the last one of their tickets.
type PositionRow = (DbId, i64, DbId, Option<DbId>, i64, i64);

/// The positions of the feeds of these workspaces.
pub(super) fn find_all(
    connection: &mut Connection,
    workspaces: LookupKeys<WorkspaceId>,
) -> BoxFuture<'_, LoadedRows<WorkspaceId, FeedPosition>> {
    async move {
        let rows: Vec<PositionRow> = event_heads::table
            .filter(event_heads::workspace_id.eq_any(workspaces.into_iter().map(DbId::of)))
            .select((
                event_heads::workspace_id,
                event_heads::seq,
                event_heads::floor_id,
                SqlBuilder::<Nullable<Id>>::of(LAST_ID),
                SqlBuilder::<BigInt>::of(COUNT_OF_WAITING),
                SqlBuilder::<BigInt>::of(LAST_TICKET),
            ))
            .load(connection)
            .await?;
        Ok(rows.into_iter().map(position).collect::<Result<_, _>>()?)
    }
    .boxed()
}

fn position(row: PositionRow) -> Result<(WorkspaceId, FeedPosition), RepositoryError> {
    let (workspace, last, floor_id, last_id, waiting, last_ticket) = row;
    let last_id = EventId::from_uuid(last_id.unwrap_or(floor_id).0);
    let position = FeedPosition {
        cursor: EventCursor::at(sequence(last)?, last_id),
        waiting: total("events_waiting", waiting)?,
        last_ticket: total("events_waiting", last_ticket)?,
    };
    Ok((WorkspaceId::from_uuid(workspace.0), position))
}
