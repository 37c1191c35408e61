//! How many conversations there are, kept with every write: see
//! `migrations/*/2026-11-25-120000_count_conversations`.
//!
//! A write notes in a [`CountDeltas`] what it adds and removes, and applies it when everything else is
//! done, so that cells are locked as briefly as possible, and always in the order of their keys:
//! otherwise two writes could deadlock.
//!
//! The events of the write are noted in it too. They are stored after every row of the write is
//! locked, because their order follows the order of the changed rows.

/// Rows of `conversation_counts` in the order of the key, held.
macro_rules! in_key_order {
    ($rows:expr) => {
        for_update!(
            $rows
                .order((
                    conversation_counts::inbox_id,
                    conversation_counts::assignee_id,
                    conversation_counts::status,
                    conversation_counts::priority,
                    conversation_counts::slot,
                ))
                .select(CountRow::as_select())
        )
    };
}

mod check;
mod compact;
mod days;
mod read;
mod recount;

use std::collections::BTreeMap;

use conversations_domain::{ConversationId, NewEvent, Origin, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

pub(super) use check::DieselTotals;
pub(super) use compact::{drop_cells_of_inbox, drop_cells_of_user};
pub(super) use days::days;
pub(super) use read::{CellFields, Total, TotalsByField, non_negative};

use super::{Connection, add_to_counts};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{CountRow, CountedConversation, DayRow, NewEventRow};
use crate::schema::{conversation_counts, conversation_days};

/// In the place of an inbox or an assignee: all of them.
const ALL: Uuid = Uuid::max();

/// In the place of an assignee: unassigned.
const NOBODY: Uuid = Uuid::nil();

/// Milliseconds.
const DAY: i64 = 86_400_000;

/// The changes that a write makes to counts, summed up, and its events.
#[derive(Debug, Default)]
pub(super) struct CountDeltas {
    cells: BTreeMap<Cell, i64>,
    days: BTreeMap<Day, i64>,
    events: Vec<NewEventRow>,
}

/// The count deltas of writes that share a transaction, workspace by workspace: in one order, or two who
/// apply theirs could wait for each other.
#[derive(Debug, Default)]
pub(super) struct WorkspaceCountDeltas(BTreeMap<WorkspaceId, CountDeltas>);

/// What a cell counts, in the order of the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    inbox: Uuid,
    assignee: Uuid,
    status: String,
    priority: i16,
}

/// What is counted per day, in the order of the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Day {
    day: i32,
    status: String,
}

impl Cell {
    /// The cells that a conversation is in: of its inbox or of all, and of its assignee or of all.
    fn all_of(inbox: Uuid, assignee: Uuid, status: &str, priority: i16) -> [Self; 4] {
        [(inbox, assignee), (inbox, ALL), (ALL, assignee), (ALL, ALL)]
            .map(|(inbox, assignee)| Self { inbox, assignee, status: status.to_owned(), priority })
    }
}

impl CountDeltas {
    /// Counts a conversation that was not there.
    pub(super) fn add(&mut self, conversation: &CountedConversation) {
        self.count(conversation, 1);
    }

    /// Counts off a conversation that is there no more.
    pub(super) fn remove(&mut self, conversation: &CountedConversation) {
        self.count(conversation, -1);
    }

    /// Counts a conversation that changed.
    pub(super) fn change(&mut self, before: &CountedConversation, after: &CountedConversation) {
        self.remove(before);
        self.add(after);
    }

    /// Adds events, in this order, after the earlier ones.
    pub(super) fn add_events(
        &mut self,
        workspace: WorkspaceId,
        origin: &Origin,
        events: impl IntoIterator<Item = NewEvent>,
    ) {
        for event in events {
            let place = self.events.len();
            self.events.push(NewEventRow::new(workspace, origin, place, event));
        }
    }

    fn count(&mut self, conversation: &CountedConversation, n: i64) {
        let CountedConversation { id, status, priority, inbox_id, assignee_id } = conversation;
        let assignee = assignee_id.map_or(NOBODY, |assignee| assignee.0);
        for cell in Cell::all_of(inbox_id.0, assignee, status, *priority) {
            *self.cells.entry(cell).or_default() += n;
        }
        let day = Day { day: day_of(*id), status: status.clone() };
        *self.days.entry(day).or_default() += n;
    }

    /// Updates the counts, and stores the events: the last step of a write.
    pub(super) async fn apply(
        self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        slot: i16,
    ) -> Result<(), Failure> {
        let workspace_id = DbId::of(workspace);
        let cells = self.cells.into_iter().filter(|&(_, n)| n != 0).map(|(cell, n)| {
            let Cell { inbox, assignee, status, priority } = cell;
            let (inbox_id, assignee_id) = (DbId(inbox), DbId(assignee));
            CountRow { workspace_id, inbox_id, assignee_id, status, priority, slot, n }
        });
        let days = self.days.into_iter().filter(|&(_, n)| n != 0).map(|(day, n)| {
            let Day { day, status } = day;
            DayRow { workspace_id, day, status, slot, n }
        });
        add_to_counts(connection, cells.collect(), days.collect(), self.events).await
    }
}

impl WorkspaceCountDeltas {
    /// The count deltas of a workspace.
    pub(super) fn of(&mut self, workspace: WorkspaceId) -> &mut CountDeltas {
        self.0.entry(workspace).or_default()
    }

    /// Brings all counts to where the writes leave them: the last thing that they do.
    pub(super) async fn apply(self, connection: &mut Connection, slot: i16) -> Result<(), Failure> {
        for (workspace, deltas) in self.0 {
            deltas.apply(connection, workspace, slot).await?;
        }
        Ok(())
    }
}

/// Empties the counts of a workspace whose conversations are gone.
pub(super) async fn empty(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<(), Failure> {
    // Writers who were let in before may still be there: in the order in which they take them.
    let of_workspace = conversation_counts::workspace_id.eq(DbId::of(workspace));
    let _held: Vec<CountRow> =
        in_key_order!(conversation_counts::table.filter(of_workspace)).load(connection).await?;
    let _held: Vec<i64> = for_update!(
        conversation_days::table
            .filter(conversation_days::workspace_id.eq(DbId::of(workspace)))
            .order((conversation_days::day, conversation_days::status, conversation_days::slot))
            .select(conversation_days::n)
    )
    .load(connection)
    .await?;
    diesel::delete(conversation_counts::table)
        .filter(conversation_counts::workspace_id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    diesel::delete(conversation_days::table)
        .filter(conversation_days::workspace_id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    Ok(())
}

/// The day on which a conversation was made, from 0 for 1970-01-01.
fn day_of(id: DbId) -> i32 {
    let millis = ConversationId::from_uuid(id.0).created_at().as_unix_millis();
    // Days of 48 bits of milliseconds are far below 2³¹.
    i32::try_from(millis / DAY).unwrap_or(i32::MAX)
}
