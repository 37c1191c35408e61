//! The rows with these ids, each in its workspace.

use diesel::expression::is_aggregate;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Bool};
use diesel::{Column, QueryResult};
use uuid::Uuid;

use super::LookupKeys;
use crate::columns::{DbId, Id};

/// Whether a row is one of these. The query builder has no word for it: what it makes of many pairs
/// has as many texts as there are numbers of them, and none would be prepared for the next time.
#[derive(Debug, Clone)]
pub(crate) struct InKeys<W, I> {
    workspace: W,
    id: I,
    workspaces: Vec<DbId>,
    ids: Vec<DbId>,
}

/// The rows whose workspace and id are one of these pairs.
pub(crate) fn in_keys<W, I>(
    workspace: W,
    id: I,
    keys: LookupKeys<(impl Into<Uuid>, impl Into<Uuid>)>,
) -> InKeys<W, I> {
    let pairs = keys.into_iter().map(|(workspace, id)| (DbId::of(workspace), DbId::of(id)));
    let (workspaces, ids) = pairs.unzip();
    InKeys { workspace, id, workspaces, ids }
}

impl<W, I> Expression for InKeys<W, I> {
    type SqlType = Bool;
}

impl<W, I, From> AppearsOnTable<From> for InKeys<W, I>
where
    W: AppearsOnTable<From>,
    I: AppearsOnTable<From>,
{
}

impl<W, I, From> SelectableExpression<From> for InKeys<W, I>
where
    W: SelectableExpression<From>,
    I: SelectableExpression<From>,
{
}

impl<W, I, Grouped> ValidGrouping<Grouped> for InKeys<W, I> {
    type IsAggregate = is_aggregate::No;
}

// The text of the statement depends on the columns alone, which their types say.
impl<W: Column + 'static, I: Column + 'static> QueryId for InKeys<W, I>
where
    W: QueryId,
    I: QueryId,
{
    type QueryId = InKeys<W::QueryId, I::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = W::HAS_STATIC_QUERY_ID && I::HAS_STATIC_QUERY_ID;
}

impl<W: QueryFragment<Pg>, I: QueryFragment<Pg>> QueryFragment<Pg> for InKeys<W, I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        self.workspace.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.id.walk_ast(out.reborrow())?;
        out.push_sql(") IN (SELECT * FROM unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.workspaces)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.ids)?;
        out.push_sql("))");
        Ok(())
    }
}
