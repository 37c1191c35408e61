//! Reading how many conversations were made on which day.

use conversations_domain::{Status, WorkspaceId};
use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl;

use super::super::{Backend, Connection};
use super::read::{non_negative, push_list, status_names};
use crate::columns::{DbId, Id};
use crate::error::Failure;

/// How many conversations were made on each day, newest first.
struct Days {
    workspace: DbId,
    statuses: Vec<&'static str>,
}

impl QueryFragment<Backend> for Days {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let Self { workspace, statuses } = self;
        out.push_sql(
            "SELECT day, CAST(SUM(n) AS BIGINT) FROM conversation_days WHERE workspace_id = ",
        );
        out.push_bind_param::<Id, _>(workspace)?;
        if !statuses.is_empty() {
            out.push_sql(" AND status IN (");
            push_list!(out, Text, statuses);
            out.push_sql(")");
        }
        out.push_sql(" GROUP BY day HAVING SUM(n) <> 0 ORDER BY day DESC");
        Ok(())
    }
}

impl Query for Days {
    type SqlType = (Integer, BigInt);
}

impl QueryId for Days {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// How many conversations with one of these statuses, or with any if there are none, were made on
/// each day on which there were some, newest first. Days count from 0 for 1970-01-01, in UTC.
pub(in super::super) async fn days(
    connection: &mut Connection,
    workspace: WorkspaceId,
    statuses: &[Status],
) -> Result<Vec<(i32, u64)>, Failure> {
    let query = Days { workspace: DbId::of(workspace), statuses: status_names(statuses) };
    let rows: Vec<(i32, i64)> = query.load(connection).await?;
    Ok(rows.into_iter().map(|(day, sum)| (day, non_negative(sum))).collect())
}
