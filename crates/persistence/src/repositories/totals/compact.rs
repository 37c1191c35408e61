//! Compacting the counts: merges several slots into one, and removes zeros. No sum changes, so
//! others may read, write or repair meanwhile.

use conversations_application::ports::RepositoryError;
use conversations_domain::{InboxId, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, SmallInt, Text};
use diesel_async::RunQueryDsl;

use super::super::{Backend, Connection, Database};
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::CountRow;
use crate::schema::{conversation_counts, conversation_days};

/// How many cells one transaction folds: others wait for it.
const STEP: usize = 20;

/// Inbox, assignee, status and priority of a cell.
type CellKey = (DbId, DbId, String, i16);

/// A slot with the sum, if there is one, and the slots that go.
type Compacted = (Option<(i16, i64)>, Vec<i16>);

/// A day, and a status.
type DayKey = (i32, String);

/// Folds every cell and every day of a workspace.
pub(super) async fn merge(
    database: &Database,
    workspace: WorkspaceId,
) -> Result<(), RepositoryError> {
    let cells: Vec<CellKey> = database
        .read(async move |connection: &mut Connection| {
            Ok(CellsToCompact(DbId::of(workspace)).load(connection).await?)
        })
        .await?;
    for some in cells.chunks(STEP) {
        let some = some.to_vec();
        database
            .write(async move |connection: &mut Connection| {
                for cell in some {
                    compact_cell(connection, workspace, cell).await?;
                }
                Ok(())
            })
            .await?;
    }
    let days: Vec<DayKey> = database
        .read(async move |connection: &mut Connection| {
            Ok(DaysToCompact(DbId::of(workspace)).load(connection).await?)
        })
        .await?;
    for some in days.chunks(STEP) {
        let some = some.to_vec();
        database
            .write(async move |connection: &mut Connection| {
                for day in some {
                    compact_day(connection, workspace, day).await?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// Some slots, with what is in each, and how they are left: the sum in the first, the others gone.
/// `None` when they are as they should be.
fn compacted(slots: &[(i16, i64)]) -> Option<Compacted> {
    let sum: i64 = slots.iter().map(|&(_, n)| n).sum();
    match *slots {
        [] => None,
        _ if sum == 0 => Some((None, slots.iter().map(|&(slot, _)| slot).collect())),
        [_] => None,
        [(first, _), ref others @ ..] => {
            Some((Some((first, sum)), others.iter().map(|&(slot, _)| slot).collect()))
        }
    }
}

/// Leaves the given slots of what a condition finds in a table as they should be.
macro_rules! write_compacted {
    ($connection:ident, $table:ident, $these:expr) => {{
        // Rows that a writer has locked are skipped: this never waits for locks, so it cannot
        // deadlock.
        let slots: Vec<(i16, i64)> = for_update_skip_locked!(
            $table::table.filter($these).order($table::slot).select(($table::slot, $table::n))
        )
        .load($connection)
        .await?;
        let Some((kept, gone)) = compacted(&slots) else { return Ok(()) };
        diesel::delete($table::table)
            .filter($these)
            .filter($table::slot.eq_any(gone))
            .execute($connection)
            .await?;
        if let Some((slot, n)) = kept {
            diesel::update($table::table)
                .filter($these)
                .filter($table::slot.eq(slot))
                .set($table::n.eq(n))
                .execute($connection)
                .await?;
        }
    }};
}

async fn compact_cell(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (inbox, assignee, status, priority): CellKey,
) -> Result<(), Failure> {
    let these = || {
        conversation_counts::workspace_id
            .eq(DbId::of(workspace))
            .and(conversation_counts::inbox_id.eq(inbox))
            .and(conversation_counts::assignee_id.eq(assignee))
            .and(conversation_counts::status.eq(status.clone()))
            .and(conversation_counts::priority.eq(priority))
    };
    write_compacted!(connection, conversation_counts, these());
    Ok(())
}

async fn compact_day(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (day, status): DayKey,
) -> Result<(), Failure> {
    let these = || {
        conversation_days::workspace_id
            .eq(DbId::of(workspace))
            .and(conversation_days::day.eq(day))
            .and(conversation_days::status.eq(status.clone()))
    };
    write_compacted!(connection, conversation_days, these());
    Ok(())
}

/// Drops the cells of an inbox that is empty. Its deletion has locked the inbox.
pub(in super::super) async fn drop_cells_of_inbox(
    connection: &mut Connection,
    workspace: WorkspaceId,
    inbox: InboxId,
) -> Result<(), Failure> {
    let these = || {
        conversation_counts::workspace_id
            .eq(DbId::of(workspace))
            .and(conversation_counts::inbox_id.eq(DbId::of(inbox)))
    };
    let rows: Vec<CountRow> =
        in_key_order!(conversation_counts::table.filter(these())).load(connection).await?;
    if sum_to_zero(&rows) {
        diesel::delete(conversation_counts::table).filter(these()).execute(connection).await?;
    }
    Ok(())
}

/// Drops the cells of a user to whom nothing is assigned now. The deletion has locked the user.
pub(in super::super) async fn drop_cells_of_user(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<(), Failure> {
    let these = || {
        conversation_counts::workspace_id
            .eq(DbId::of(workspace))
            .and(conversation_counts::assignee_id.eq(DbId::of(user)))
    };
    let rows: Vec<CountRow> =
        in_key_order!(conversation_counts::table.filter(these())).load(connection).await?;
    if sum_to_zero(&rows) {
        diesel::delete(conversation_counts::table).filter(these()).execute(connection).await?;
    }
    Ok(())
}

/// Whether the slots of each cell, which come one after the other, add up to nothing. What some error
/// left there is not swept away: a check tells of it.
fn sum_to_zero(rows: &[CountRow]) -> bool {
    let key = |row: &CountRow| (row.inbox_id, row.assignee_id, row.status.clone(), row.priority);
    rows.chunk_by(|one, other| key(one) == key(other))
        .all(|slots| slots.iter().map(|row| row.n).sum::<i64>() == 0)
}

struct CellsToCompact(DbId);

struct DaysToCompact(DbId);

impl QueryFragment<Backend> for CellsToCompact {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT inbox_id, assignee_id, status, priority FROM conversation_counts \
             WHERE workspace_id = ",
        );
        out.push_bind_param::<Id, _>(&self.0)?;
        out.push_sql(
            " GROUP BY inbox_id, assignee_id, status, priority \
             HAVING COUNT(*) > 1 OR SUM(n) = 0",
        );
        Ok(())
    }
}

impl Query for CellsToCompact {
    type SqlType = (Id, Id, Text, SmallInt);
}

impl QueryId for CellsToCompact {
    type QueryId = Self;
}

impl QueryFragment<Backend> for DaysToCompact {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT day, status FROM conversation_days WHERE workspace_id = ");
        out.push_bind_param::<Id, _>(&self.0)?;
        out.push_sql(" GROUP BY day, status HAVING COUNT(*) > 1 OR SUM(n) = 0");
        Ok(())
    }
}

impl Query for DaysToCompact {
    type SqlType = (Integer, Text);
}

impl QueryId for DaysToCompact {
    type QueryId = Self;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compaction_keeps_the_sum() {
        assert_eq!(compacted(&[]), None);
        assert_eq!(compacted(&[(3, 7)]), None);
        assert_eq!(compacted(&[(3, 0)]), Some((None, vec![3])));
        assert_eq!(compacted(&[(0, -2), (3, 2)]), Some((None, vec![0, 3])));
        assert_eq!(compacted(&[(1, -2), (3, 7), (9, 1)]), Some((Some((1, 6)), vec![3, 9])));
    }
}
