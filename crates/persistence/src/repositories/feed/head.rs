//! The head of a feed: its ends and its cursors.

use conversations_application::ports::{FeedEnds, FeedStart, GoneReason, RepositoryError};
use conversations_domain::{EventCursor, EventId, Sequence, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::super::sql_builder::SqlBuilder;
use super::super::{Connection, HAS_WAITING};
use super::position::LAST_ID;
use crate::columns::{DbId, Id};
use crate::error::{Failure, column};
use crate::schema::{event_heads, events};

/// The head of a feed.
pub(super) struct Head {
    /// The last position.
    pub(super) seq: i64,
    /// The last position whose event is no longer stored.
    floor: i64,
    /// The ends of the stored events.
    pub(super) ends: FeedEnds,
    /// Whether events wait for numbers.
    pub(super) waits: bool,
}

/// Where a page starts.
pub(super) struct PageStart {
    /// After this cursor.
    pub(super) cursor: EventCursor,
    /// Whether the feed contains it. Otherwise that depends on the id of the event with its number.
    pub(super) is_known: bool,
}

impl Head {
    /// The head of the feed of a workspace, if it has one.
    pub(super) async fn load(
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<Option<Self>, Failure> {
        let found: Option<(i64, i64, DbId, DbId, bool)> = event_heads::table
            .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
            .select((
                event_heads::seq,
                event_heads::floor,
                event_heads::floor_id,
                SqlBuilder::<Id>::of(LAST_ID),
                SqlBuilder::<Bool>::of(HAS_WAITING),
            ))
            .first(connection)
            .await
            .optional()?;
        let Some((seq, floor, floor_id, last_id, waits)) = found else { return Ok(None) };
        let ends = FeedEnds { earliest: cursor(floor, floor_id)?, latest: cursor(seq, last_id)? };
        Ok(Some(Self { seq, floor, ends, waits }))
    }

    /// Where a page starts, or why the feed cannot continue there.
    pub(super) fn start(&self, start: FeedStart) -> Result<PageStart, GoneReason> {
        let FeedEnds { earliest, latest } = self.ends;
        let cursor = match start {
            FeedStart::Earliest => earliest,
            FeedStart::Latest => latest,
            FeedStart::After(cursor) => cursor,
        };
        let asked = place(cursor.sequence());
        if asked < self.floor {
            return Err(GoneReason::Expired);
        }
        let is_known = cursor == earliest || cursor == latest;
        let is_between = asked > self.floor && asked < self.seq;
        if is_known || is_between {
            Ok(PageStart { cursor, is_known })
        } else {
            Err(GoneReason::Unknown)
        }
    }

    /// The cursor with this number, which is not below the floor.
    pub(super) async fn at(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        number: i64,
    ) -> Result<EventCursor, Failure> {
        if number == self.floor {
            return Ok(self.ends.earliest);
        }
        if number == self.seq {
            return Ok(self.ends.latest);
        }
        let id: Option<DbId> = events::table
            .filter(events::workspace_id.eq(DbId::of(workspace)))
            .filter(events::seq.eq(number))
            .select(events::id)
            .first(connection)
            .await
            .optional()?;
        let id = column("events", "seq", id.ok_or("a number is missing"))?;
        Ok(cursor(number, id)?)
    }
}

/// The cursor of the event with this number and id.
pub(in super::super) fn cursor(number: i64, id: DbId) -> Result<EventCursor, RepositoryError> {
    Ok(EventCursor::at(sequence(number)?, EventId::from_uuid(id.0)))
}

/// A position from a column.
pub(super) fn sequence(number: i64) -> Result<Sequence, RepositoryError> {
    column("events", "seq", u64::try_from(number)).map(Sequence::new)
}

/// A position for a column.
pub(in super::super) fn place(sequence: Sequence) -> i64 {
    i64::try_from(sequence.number()).unwrap_or(i64::MAX)
}
