//! The rows with these ids, each in its workspace.

use diesel::QueryResult;
use diesel::expression::is_aggregate;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Bool};
use uuid::Uuid;

use super::LookupKeys;
use crate::columns::{DbId, Id, the_only_one};

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

// There are two texts: for one workspace, and for several.
impl<W, I> QueryId for InKeys<W, I> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<W: QueryFragment<Pg>, I: QueryFragment<Pg>> QueryFragment<Pg> for InKeys<W, I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if let Some(workspace) = the_only_one(&self.workspaces) {
            // A database on several machines knows by this which of them to ask.
            self.workspace.walk_ast(out.reborrow())?;
            out.push_sql(" = ");
            out.push_bind_param::<Id, _>(workspace)?;
            out.push_sql(" AND ");
            self.id.walk_ast(out.reborrow())?;
            out.push_sql(" = ANY(");
            out.push_bind_param::<Array<Id>, _>(&self.ids)?;
            out.push_sql(")");
            return Ok(());
        }
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
