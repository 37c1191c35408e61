//! The head of a feed: its ends and its cursors.

use conversations_application::ports::{FeedEnds, FeedStart, GoneReason, RepositoryError};
use conversations_domain::{EventCursor, EventId, Sequence, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::super::sql_builder::SqlBuilder;
use super::super::{Connection, HAS_WAITING};
use crate::columns::DbId;
use crate::error::{Failure, column};
use crate::schema::{event_heads, events};

/// The head of a feed.
pub(super) struct Head {
    /// The last position.
    pub(super) seq: i64,
    /// The last position whose event is no longer stored.
    floor: i64,
    /// The id of that event.
    floor_id: EventId,
    /// Whether events wait for numbers.
    pub(super) waits: bool,
}

impl Head {
    /// The head of the feed of a workspace, if it has one.
    pub(super) async fn load(
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<Option<Self>, Failure> {
        let found: Option<(i64, i64, DbId, bool)> = event_heads::table
            .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
            .select((
                event_heads::seq,
                event_heads::floor,
                event_heads::floor_id,
                SqlBuilder::<Bool>::of(HAS_WAITING),
            ))
            .first(connection)
            .await
            .optional()?;
        Ok(found.map(|(seq, floor, floor_id, waits)| Self {
            seq,
            floor,
            floor_id: EventId::from_uuid(floor_id.0),
            waits,
        }))
    }

    /// The ends of the stored events.
    pub(super) async fn ends(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<FeedEnds, Failure> {
        let earliest = EventCursor::at(sequence(self.floor)?, self.floor_id);
        let latest = self.at(connection, workspace, self.seq).await?;
        Ok(FeedEnds { earliest, latest })
    }

    /// The cursor to start after, or why the feed cannot.
    pub(super) async fn find(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        (start, ends): (FeedStart, FeedEnds),
    ) -> Result<Result<EventCursor, GoneReason>, Failure> {
        let cursor = match start {
            FeedStart::Earliest => return Ok(Ok(ends.earliest)),
            FeedStart::Latest => return Ok(Ok(ends.latest)),
            FeedStart::After(cursor) => cursor,
        };
        let asked = place(cursor.sequence());
        if asked < self.floor {
            return Ok(Err(GoneReason::Expired));
        }
        if asked > self.seq {
            return Ok(Err(GoneReason::Unknown));
        }
        let present = self.at(connection, workspace, asked).await?;
        Ok(if present == cursor { Ok(cursor) } else { Err(GoneReason::Unknown) })
    }

    /// The cursor with this number, which may be the start of the page.
    pub(super) async fn cursor(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        (number, start): (i64, EventCursor),
    ) -> Result<EventCursor, Failure> {
        if number == place(start.sequence()) {
            return Ok(start);
        }
        self.at(connection, workspace, number).await
    }

    /// The cursor with this number, which is not below the floor.
    async fn at(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        number: i64,
    ) -> Result<EventCursor, Failure> {
        if number == self.floor {
            return Ok(EventCursor::at(sequence(number)?, self.floor_id));
        }
        let id: Option<DbId> = events::table
            .filter(events::workspace_id.eq(DbId::of(workspace)))
            .filter(events::seq.eq(number))
            .select(events::id)
            .first(connection)
            .await
            .optional()?;
        let id = column("events", "seq", id.ok_or("a number is missing"))?;
        Ok(EventCursor::at(sequence(number)?, EventId::from_uuid(id.0)))
    }
}

/// A position from a column.
pub(super) fn sequence(number: i64) -> Result<Sequence, RepositoryError> {
    column("events", "seq", u64::try_from(number)).map(Sequence::new)
}

/// A position for a column.
pub(super) fn place(sequence: Sequence) -> i64 {
    i64::try_from(sequence.number()).unwrap_or(i64::MAX)
}
