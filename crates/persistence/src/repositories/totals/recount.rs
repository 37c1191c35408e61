//! The stored totals and the recount, from one snapshot: one statement sees one snapshot on every
//! database, in any transaction.

use conversations_domain::WorkspaceId;
use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};

use super::super::{Backend, DAY_OF_ID};
use crate::columns::{DbId, Id};

/// Rows of 0 and what a recount finds, and rows of 1 and what is kept: of inboxes, assignees,
/// statuses and priorities.
pub(super) struct CountedCells(DbId);

/// The same of days and statuses.
pub(super) struct CountedDays(DbId);

impl CountedCells {
    pub(super) fn of(workspace: WorkspaceId) -> Self {
        Self(DbId::of(workspace))
    }
}

impl CountedDays {
    pub(super) fn of(workspace: WorkspaceId) -> Self {
        Self(DbId::of(workspace))
    }
}

impl QueryFragment<Backend> for CountedCells {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT 0, inbox_id, assignee_id, status, priority, COUNT(*) \
             FROM conversations WHERE workspace_id = ",
        );
        out.push_bind_param::<Id, _>(&self.0)?;
        out.push_sql(
            " GROUP BY inbox_id, assignee_id, status, priority UNION ALL \
             SELECT 1, inbox_id, assignee_id, status, priority, CAST(SUM(n) AS BIGINT) \
             FROM conversation_counts WHERE workspace_id = ",
        );
        out.push_bind_param::<Id, _>(&self.0)?;
        out.push_sql(" GROUP BY inbox_id, assignee_id, status, priority");
        Ok(())
    }
}

impl Query for CountedCells {
    type SqlType = (Integer, Id, Nullable<Id>, Text, SmallInt, BigInt);
}

impl QueryFragment<Backend> for CountedDays {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT 0, ");
        out.push_sql(DAY_OF_ID);
        out.push_sql(", status, COUNT(*) FROM conversations WHERE workspace_id = ");
        out.push_bind_param::<Id, _>(&self.0)?;
        out.push_sql(
            " GROUP BY 2, 3 UNION ALL \
             SELECT 1, day, status, CAST(SUM(n) AS BIGINT) \
             FROM conversation_days WHERE workspace_id = ",
        );
        out.push_bind_param::<Id, _>(&self.0)?;
        out.push_sql(" GROUP BY 2, 3");
        Ok(())
    }
}

impl Query for CountedDays {
    type SqlType = (Integer, Integer, Text, BigInt);
}

impl QueryId for CountedCells {
    type QueryId = Self;
}

impl QueryId for CountedDays {
    type QueryId = Self;
}
