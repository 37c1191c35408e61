//! Adding to the counts of conversations: all count deltas of a write in one statement.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, SmallInt, Text};
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::{CountRow, DayRow};

/// Adds what these rows say to the stored counts, each table in the order of its key. All rows are
/// of one workspace and one slot.
pub(crate) async fn add_to_counts(
    connection: &mut Connection,
    cells: Vec<CountRow>,
    days: Vec<DayRow>,
) -> Result<(), Failure> {
    let of_cells = cells.iter().map(|cell| (cell.workspace_id, cell.slot));
    let of_days = days.iter().map(|day| (day.workspace_id, day.slot));
    let Some((workspace, slot)) = of_cells.chain(of_days).next() else { return Ok(()) };
    let mut addition = Addition::to(workspace, slot);
    for cell in cells {
        let CountRow { workspace_id: _, inbox_id, assignee_id, status, priority, slot: _, n } =
            cell;
        addition.inboxes.push(inbox_id);
        addition.assignees.push(assignee_id);
        addition.statuses.push(status);
        addition.priorities.push(priority);
        addition.counts.push(n);
    }
    for DayRow { workspace_id: _, day, status, slot: _, n } in days {
        addition.days.push(day);
        addition.statuses_of_days.push(status);
        addition.counts_of_days.push(n);
    }
    addition.execute(connection).await?;
    Ok(())
}

/// Count deltas by their columns.
struct Addition {
    workspace: DbId,
    slot: i16,
    inboxes: Vec<DbId>,
    assignees: Vec<DbId>,
    statuses: Vec<String>,
    priorities: Vec<i16>,
    counts: Vec<i64>,
    days: Vec<i32>,
    statuses_of_days: Vec<String>,
    counts_of_days: Vec<i64>,
}

impl Addition {
    /// Nothing yet, to the counts of this workspace.
    fn to(workspace: DbId, slot: i16) -> Self {
        Self {
            workspace,
            slot,
            inboxes: Vec::new(),
            assignees: Vec::new(),
            statuses: Vec::new(),
            priorities: Vec::new(),
            counts: Vec::new(),
            days: Vec::new(),
            statuses_of_days: Vec::new(),
            counts_of_days: Vec::new(),
        }
    }

    /// Adds to the days, unless none of them changes, as in an assignment.
    fn add_to_days<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH of_days AS ( \
             INSERT INTO conversation_days AS t (workspace_id, day, status, slot, n) SELECT ",
        );
        out.push_bind_param::<Id, _>(&self.workspace)?;
        out.push_sql(", d.day, d.status, ");
        out.push_bind_param::<SmallInt, _>(&self.slot)?;
        out.push_sql(", d.n FROM unnest(");
        out.push_bind_param::<Array<Integer>, _>(&self.days)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.statuses_of_days)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.counts_of_days)?;
        out.push_sql(
            ") AS d (day, status, n) ORDER BY d.day, d.status \
             ON CONFLICT (workspace_id, day, status, slot) \
             DO UPDATE SET n = t.n + excluded.n) ",
        );
        Ok(())
    }
}

impl QueryFragment<Pg> for Addition {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !self.days.is_empty() {
            self.add_to_days(&mut out)?;
        }
        out.push_sql(
            "INSERT INTO conversation_counts AS t \
             (workspace_id, inbox_id, assignee_id, status, priority, slot, n) SELECT ",
        );
        out.push_bind_param::<Id, _>(&self.workspace)?;
        out.push_sql(", c.inbox, c.assignee, c.status, c.priority, ");
        out.push_bind_param::<SmallInt, _>(&self.slot)?;
        out.push_sql(", c.n FROM unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.inboxes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.assignees)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.statuses)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.priorities)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.counts)?;
        out.push_sql(
            ") AS c (inbox, assignee, status, priority, n) \
             ORDER BY c.inbox, c.assignee, c.status, c.priority \
             ON CONFLICT (workspace_id, inbox_id, assignee_id, status, priority, slot) \
             DO UPDATE SET n = t.n + excluded.n",
        );
        Ok(())
    }
}

// There are two texts, with days and without: each is prepared once.
impl QueryId for Addition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
