//! Adding to the counts of conversations: all count deltas of a write in one statement, with the events of the write.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, SmallInt, Text};
use diesel_async::RunQueryDsl;

use super::bulk::push_rows;
use super::{Connection, insert_events};
use crate::bulk::Bulk;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::{CountRow, DayRow, NewEventRow};

/// Adds what these rows say to the stored counts, each table in the order of its key, and stores these
/// events. All rows are of one workspace and one slot.
pub(crate) async fn add_to_counts(
    connection: &mut Connection,
    cells: Vec<CountRow>,
    days: Vec<DayRow>,
    events: Vec<NewEventRow>,
) -> Result<(), Failure> {
    let of_cells = cells.iter().map(|cell| (cell.workspace_id, cell.slot));
    let of_days = days.iter().map(|day| (day.workspace_id, day.slot));
    let Some((workspace, slot)) = of_cells.chain(of_days).next() else {
        return insert_events(connection, events).await;
    };
    let mut addition = Addition::to(workspace, slot);
    if !events.is_empty() {
        addition.events = Some(Bulk::of_waiting_events(events));
    }
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
    events: Option<Bulk>,
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
            events: None,
        }
    }

    /// Adds to the days, unless none of them changes, as in an assignment.
    fn add_to_days<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "of_days AS ( \
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
             DO UPDATE SET n = t.n + excluded.n)",
        );
        Ok(())
    }
}

/// Stores events. Their tickets are taken in the order of the rows.
fn leave<'b>(events: &'b Bulk, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    out.push_sql("new_events AS (");
    out.push_sql(&events.insert_into());
    out.push_sql("SELECT * FROM ");
    push_rows(out, events)?;
    out.push_sql(") ");
    Ok(())
}

impl QueryFragment<Pg> for Addition {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut begin = "WITH ";
        if !self.days.is_empty() {
            out.push_sql(begin);
            self.add_to_days(&mut out)?;
            begin = ", ";
        }
        if let Some(events) = &self.events {
            out.push_sql(begin);
            leave(events, &mut out)?;
        }
        out.push_sql(
            " INSERT INTO conversation_counts AS t \
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

// There are four texts, with days and without, with events and without: each is prepared once.
impl QueryId for Addition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
