//! Compares the stored totals with a recount, and repairs them.
//!
//! Every write changes conversations and counts in one transaction, so at each moment the counts
//! differ from a recount by the same: by what some error once made of them. The recount of a moment
//! and the counts of that moment are read by one statement, and the difference is added to whatever
//! the counts have become meanwhile. So no write waits for a recount. Only two repairs
//! at once must not add the difference twice: each locks the workspace.

use std::collections::BTreeMap;

use async_trait::async_trait;
use conversations_application::ports::{
    Counter, Mismatch, RepositoryError, TotalsReport, TotalsRepository,
};
use conversations_application::read_model::AssigneeFilter;
use conversations_domain::{InboxId, NewEvent, Origin, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::{Connection, Database};
use super::recount::{CountedCells, CountedDays};
use super::{ALL, Cell, CountDeltas, Day, NOBODY, compact};
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::workspaces;
use crate::work::Deadline;

pub(in super::super) struct DieselTotals(pub(in super::super) Database);

#[async_trait]
impl TotalsRepository for DieselTotals {
    async fn check(&self, workspace: WorkspaceId) -> Result<TotalsReport, RepositoryError> {
        self.0
            .snapshot_long(async move |connection: &mut Connection| {
                let (comparison, _) = compare(connection, workspace).await?;
                Ok(comparison)
            })
            .await
    }

    async fn repair(
        &self,
        workspace: WorkspaceId,
        origin: Origin,
    ) -> Result<TotalsReport, RepositoryError> {
        let slot = self.0.slot();
        let repaired = self
            .0
            .write_long(Deadline::NEVER, async move |connection: &mut Connection| {
                let _held: Option<DbId> = for_no_key_update!(
                    workspaces::table
                        .filter(workspaces::id.eq(DbId::of(workspace)))
                        .select(workspaces::id)
                )
                .first(connection)
                .await
                .optional()?;
                let (comparison, mut missing) = compare(connection, workspace).await?;
                if !comparison.differences.is_empty() {
                    missing.add_events(workspace, &origin, [NewEvent::of_reset()]);
                }
                missing.apply(connection, workspace, slot).await?;
                Ok(comparison)
            })
            .await;
        self.0.feed_notifier().notify(workspace);
        repaired
    }

    async fn merge(&self, workspace: WorkspaceId) -> Result<(), RepositoryError> {
        compact::merge(&self.0, workspace).await
    }
}

/// Whether it is kept, and inbox, assignee, status, priority and number.
type CellRow = (i32, DbId, Option<DbId>, String, i16, i64);

/// A number that is kept, and what it should be.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    kept: i64,
    counted: i64,
}

/// What differs, and what is missing where it does.
async fn compare(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<(TotalsReport, CountDeltas), Failure> {
    let mut cells: BTreeMap<Cell, Pair> = BTreeMap::new();
    let mut conversations = 0;
    let rows: Vec<CellRow> = CountedCells::of(workspace).load(connection).await?;
    for (kept, inbox, assignee, status, priority, n) in rows {
        let (inbox, assignee) = (inbox.0, assignee.map_or(NOBODY, |assignee| assignee.0));
        if kept == 1 {
            cells.entry(Cell { inbox, assignee, status, priority }).or_default().kept += n;
            continue;
        }
        conversations += n;
        for cell in Cell::all_of(inbox, assignee, &status, priority) {
            cells.entry(cell).or_default().counted += n;
        }
    }
    let mut days: BTreeMap<Day, Pair> = BTreeMap::new();
    let rows: Vec<(i32, i32, String, i64)> = CountedDays::of(workspace).load(connection).await?;
    for (kept, day, status, n) in rows {
        let pair = days.entry(Day { day, status }).or_default();
        *(if kept == 1 { &mut pair.kept } else { &mut pair.counted }) += n;
    }

    let numbers = cells.len() + days.len();
    cells.retain(|_, pair| pair.kept != pair.counted);
    days.retain(|_, pair| pair.kept != pair.counted);
    let of_cells = cells.iter().map(|(cell, pair)| difference(cell.numbered(), *pair));
    let of_days = days.iter().map(|(day, pair)| difference(day.numbered(), *pair));
    let comparison = TotalsReport {
        conversations: u64::try_from(conversations).unwrap_or(0),
        numbers: numbers as u64,
        differences: of_cells.chain(of_days).collect(),
    };
    let missing = CountDeltas {
        cells: cells.into_iter().map(|(cell, pair)| (cell, pair.counted - pair.kept)).collect(),
        days: days.into_iter().map(|(day, pair)| (day, pair.counted - pair.kept)).collect(),
        events: Vec::new(),
    };
    Ok((comparison, missing))
}

fn difference(of: Counter, Pair { kept, counted }: Pair) -> Mismatch {
    Mismatch { of, kept, counted }
}

impl Cell {
    fn numbered(&self) -> Counter {
        let Self { inbox, assignee, status, priority } = self;
        Counter::Cell {
            inbox: (*inbox != ALL).then(|| InboxId::from_uuid(*inbox)),
            assignee: match *assignee {
                ALL => None,
                NOBODY => Some(AssigneeFilter::Nobody),
                user => Some(AssigneeFilter::User(UserId::from_uuid(user))),
            },
            status: status.clone(),
            priority: *priority,
        }
    }
}

impl Day {
    fn numbered(&self) -> Counter {
        Counter::Day { day: self.day, status: self.status.clone() }
    }
}
