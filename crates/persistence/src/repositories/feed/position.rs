//! How far feeds are.

use conversations_application::ports::{FeedPosition, RepositoryError};
use conversations_domain::{EventCursor, EventId, Sequence, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::sql_builder::SqlBuilder;
use super::super::{Connection, LoadedRows, LookupKeys, TEXT_OF_ID, WAITING};
use crate::columns::{DbId, Id};
use crate::error::column;
use crate::schema::event_heads;

/// The id of the last event of the feed of a queried head, or of the last event that was deleted.
pub(super) const LAST_ID: &str = "(coalesce((SELECT id FROM events \
    WHERE events.workspace_id = event_heads.workspace_id AND events.seq = event_heads.seq), \
    event_heads.floor_id))";

/// The positions of the feeds of these workspaces.
pub(super) fn find_all(
    connection: &mut Connection,
    workspaces: LookupKeys<WorkspaceId>,
) -> BoxFuture<'_, LoadedRows<WorkspaceId, FeedPosition>> {
    async move {
        let only = if let [only] = workspaces[..] { Some(only) } else { None };
        let position = position_of_head(SqlBuilder::<Text>::of(""), only);
        let rows: Vec<(DbId, String)> = event_heads::table
            .filter(event_heads::workspace_id.eq_any(workspaces.into_iter().map(DbId::of)))
            .select((event_heads::workspace_id, position))
            .load(connection)
            .await?;
        let positions = rows.into_iter().map(|(workspace, position)| {
            Ok((WorkspaceId::from_uuid(workspace.0), parse(&position)?))
        });
        Ok(positions.collect::<Result<_, RepositoryError>>()?)
    }
    .boxed()
}

/// The position of the feed of a workspace, as a column of any query: then it is of the same moment. It
/// is text, for [`parse`], so that it is one column beside those of a list. NULL in a workspace of an
/// earlier version whose feed was never read.
pub(in super::super) fn position_of(workspace: WorkspaceId) -> SqlBuilder<Nullable<Text>> {
    position_of_head(SqlBuilder::of("(SELECT "), Some(workspace))
        .text(" FROM event_heads WHERE event_heads.workspace_id = ")
        .fragment(DbId::of(workspace).into_sql::<Id>())
        .text(")")
}

/// The position of the feed of a queried head: the last number, the id of its event, and what waits. If the
/// head is that of one workspace, each part names it, so that a cluster asks one node for all parts.
pub(in super::super) fn position_of_head<ST>(
    begun: SqlBuilder<ST>,
    only: Option<WorkspaceId>,
) -> SqlBuilder<ST> {
    const OF_HEAD: &str = "event_heads.workspace_id";

    let parts = ["event_heads.seq || ' ' || ", TEXT_OF_ID, LAST_ID, " || ' ' || ", WAITING];
    parts.into_iter().fold(begun, |begun, part| match only {
        None => begun.text(part),
        Some(workspace) => {
            let mut texts = part.split(OF_HEAD);
            let begun = begun.text(texts.next().unwrap_or_default());
            texts.fold(begun, |begun, text| {
                begun.fragment(DbId::of(workspace).into_sql::<Id>()).text(text)
            })
        }
    })
}

/// Reads the column of a position.
pub(in super::super) fn parse(text: &str) -> Result<FeedPosition, RepositoryError> {
    column("event_heads", "position", read(text).ok_or(text))
}

fn read(text: &str) -> Option<FeedPosition> {
    let mut parts = text.split(' ');
    let sequence = Sequence::new(parts.next()?.parse().ok()?);
    let last_id = EventId::from_uuid(parts.next()?.parse().ok()?);
    Some(FeedPosition {
        cursor: EventCursor::at(sequence, last_id),
        waiting: parts.next()?.parse().ok()?,
        last_ticket: parts.next()?.parse().ok()?,
    })
}
