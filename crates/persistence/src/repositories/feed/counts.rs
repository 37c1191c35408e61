//! How many events feeds have, and how many wait for numbers.

use conversations_application::ports::{FeedCount, RepositoryError, WaitingEvents};
use conversations_domain::{EventId, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};
use diesel_async::RunQueryDsl;

use super::super::sql_builder::SqlBuilder;
use super::super::{COUNT_OF_ALL_WAITING, Connection, FIRST_WAITING, total};
use crate::columns::{DbId, Id};
use crate::error::{Failure, column};
use crate::schema::event_heads;

/// The number of stored events of a queried head.
const STORED: &str = "(SELECT count(*) FROM events \
    WHERE events.workspace_id = event_heads.workspace_id AND events.seq > event_heads.floor)";

/// How many events wait, and the id of one of the oldest.
type WaitingRow = (i64, Option<DbId>);

/// The waiting events of a queried head, as a [`WaitingRow`].
fn waiting() -> (SqlBuilder<BigInt>, SqlBuilder<Nullable<Id>>) {
    (SqlBuilder::of(COUNT_OF_ALL_WAITING), SqlBuilder::of(FIRST_WAITING))
}

/// The feeds in which events wait for numbers.
pub(super) async fn backlogs(
    connection: &mut Connection,
) -> Result<Vec<(WorkspaceId, WaitingEvents)>, Failure> {
    let rows: Vec<(DbId, WaitingRow)> = event_heads::table
        .filter(SqlBuilder::<Bool>::of(FIRST_WAITING).text(" IS NOT NULL"))
        .select((event_heads::workspace_id, waiting()))
        .load(connection)
        .await?;
    let backlogs = rows.into_iter().map(|(workspace, waiting)| {
        Ok((WorkspaceId::from_uuid(workspace.0), waiting_events(waiting)?))
    });
    backlogs.collect()
}

/// The counts of all feeds.
pub(super) async fn of_all(connection: &mut Connection) -> Result<Vec<FeedCount>, Failure> {
    let rows: Vec<(DbId, i64, i64, i64, WaitingRow)> = event_heads::table
        .order(event_heads::workspace_id)
        .select((
            event_heads::workspace_id,
            event_heads::seq,
            event_heads::floor,
            SqlBuilder::<BigInt>::of(STORED),
            waiting(),
        ))
        .load(connection)
        .await?;
    let counts = rows.into_iter().map(|(workspace, last, floor, stored, waiting)| {
        Ok(FeedCount {
            workspace: WorkspaceId::from_uuid(workspace.0),
            expected: column("event_heads", "seq", u64::try_from(last - floor))?,
            stored: total("events", stored)?,
            waiting: waiting_events(waiting)?,
        })
    });
    counts.collect()
}

fn waiting_events((count, first): WaitingRow) -> Result<WaitingEvents, RepositoryError> {
    let oldest = first.map(|id| EventId::from_uuid(id.0).created_at());
    Ok(WaitingEvents { count: total("events_waiting", count)?, oldest })
}
