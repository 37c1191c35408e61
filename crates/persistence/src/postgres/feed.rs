//! The feed on PostgreSQL: writes store events without numbers, and the next reader numbers them.
//!
//! To number them itself, each write would have to lock one row of the workspace until its commit is on
//! disk. Instead, a write takes a ticket after it has locked the rows that it changes. A write that waits
//! for a row takes its ticket after the commit of the other one, so the order of tickets is the order of
//! the changes of each row. A reader locks the head of the feed, and numbers with a statement that
//! starts after that, so it sees all that other readers numbered.

use conversations_domain::WorkspaceId;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;

use super::sharding::SETTLED;
use super::{Connection, insert_all};
use crate::bulk::Bulk;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::NewEventRow;
use crate::schema::event_heads;

/// Selects from the waiting events of the feed of a queried head. A database that was restored into
/// another cluster counts transactions anew: then `settled` is ignored.
macro_rules! select_waiting {
    ($columns:literal) => {
        concat!(
            "(SELECT ",
            $columns,
            " FROM events_waiting \
             WHERE events_waiting.workspace_id = event_heads.workspace_id \
             AND events_waiting.xid >= CASE \
             WHEN event_heads.settled > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 \
             ELSE event_heads.settled END)"
        )
    };
}

/// Whether events of the feed of a queried head wait for numbers.
pub(crate) const HAS_WAITING: &str = concat!("EXISTS ", select_waiting!("1"));

/// How many events of the feed of a queried head wait for numbers and, after a blank, the last one of
/// their tickets, or 0.
pub(crate) const WAITING: &str = select_waiting!("count(*) || ' ' || coalesce(max(ticket), 0)");

/// The subjects and types of the waiting events of the workspace that follows.
pub(crate) const WAITING_SUBJECTS: &str = concat!(
    "SELECT waiting.subject_id, waiting.kind FROM event_heads CROSS JOIN LATERAL ",
    select_waiting!("subject_id, kind"),
    " AS waiting WHERE event_heads.workspace_id = "
);

/// How many events of the feed of a queried head wait for numbers, without regard to `settled`.
pub(crate) const COUNT_OF_ALL_WAITING: &str = "(SELECT count(*) FROM events_waiting \
    WHERE events_waiting.workspace_id = event_heads.workspace_id)";

/// The id of an event of the oldest transaction whose events wait for numbers, in the feed of a queried
/// head.
pub(crate) const FIRST_WAITING: &str = "(SELECT id FROM events_waiting \
    WHERE events_waiting.workspace_id = event_heads.workspace_id ORDER BY xid, ticket LIMIT 1)";

/// The number that the newest event of the feed of a queried head has or will get.
pub(crate) const NEWEST: &str = "event_heads.seq + (SELECT count(*) FROM events_waiting \
    WHERE events_waiting.workspace_id = event_heads.workspace_id)";

/// Stores events of one workspace: the last step of a write.
pub(crate) async fn insert_events(
    connection: &mut Connection,
    rows: Vec<NewEventRow>,
) -> Result<(), Failure> {
    insert_all(connection, Bulk::of_waiting_events(rows)).await
}

/// Numbers the waiting events of a workspace, and returns the last number, if it has a head. `thorough`
/// ignores `settled`.
pub(crate) async fn number_events(
    connection: &mut Connection,
    workspace: WorkspaceId,
    thorough: bool,
) -> Result<Option<i64>, Failure> {
    let workspace = DbId::of(workspace);
    let held: Option<i64> = event_heads::table
        .filter(event_heads::workspace_id.eq(workspace))
        .select(event_heads::seq)
        .for_update()
        .first(connection)
        .await
        .optional()?;
    if held.is_none() {
        return Ok(None);
    }
    Ok(Some(Number { workspace, thorough }.get_result(connection).await?))
}

/// Deletes the waiting events of a workspace.
pub(crate) async fn drop_waiting_events(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<(), Failure> {
    DropWaiting(DbId::of(workspace)).execute(connection).await?;
    Ok(())
}

/// Moves all committed waiting events into the feed. Events of one transaction are adjacent, at the
/// position of its first ticket.
#[derive(QueryId)]
struct Number {
    workspace: DbId,
    thorough: bool,
}

impl QueryFragment<Pg> for Number {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { workspace, thorough } = self;
        out.push_sql("WITH head AS (SELECT seq, CASE WHEN ");
        out.push_bind_param::<Bool, _>(thorough)?;
        out.push_sql(
            " OR settled > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 \
             ELSE settled END AS settled, ",
        );
        out.push_sql(SETTLED);
        out.push_sql(" AS next FROM event_heads WHERE workspace_id = ");
        out.push_bind_param::<Id, _>(workspace)?;
        out.push_sql("), moved AS (DELETE FROM events_waiting WHERE workspace_id = ");
        out.push_bind_param::<Id, _>(workspace)?;
        out.push_sql(
            " AND xid >= (SELECT settled FROM head) RETURNING *), \
             placed AS (SELECT *, min(ticket) OVER (PARTITION BY xid) AS first FROM moved), \
             numbered AS (INSERT INTO events (workspace_id, seq, id, kind, subject_id, part_id, \
             part_number, version, fields, key_id, actor_name) \
             SELECT workspace_id, \
             (SELECT seq FROM head) + row_number() OVER (ORDER BY first, ticket), \
             id, kind, subject_id, part_id, part_number, version, fields, key_id, actor_name \
             FROM placed) \
             UPDATE event_heads SET seq = seq + (SELECT count(*) FROM moved), \
             settled = (SELECT next FROM head) WHERE workspace_id = ",
        );
        out.push_bind_param::<Id, _>(workspace)?;
        out.push_sql(" RETURNING seq");
        Ok(())
    }
}

impl Query for Number {
    type SqlType = BigInt;
}

#[derive(QueryId)]
struct DropWaiting(DbId);

impl QueryFragment<Pg> for DropWaiting {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("DELETE FROM events_waiting WHERE workspace_id = ");
        out.push_bind_param::<Id, _>(&self.0)
    }
}
