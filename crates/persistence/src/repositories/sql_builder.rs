//! SQL that diesel has no words for, put together of its fragments.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::Backend;

/// An expression of the type `ST`: texts, and fragments with what is bound in them. Its statement is
/// prepared once and cached by its text, unlike one with diesel's `sql` literals: so the texts have
/// to come from a finite set. Values never become text.
pub(super) struct SqlBuilder<ST> {
    parts: Vec<SqlPart>,
    typed: PhantomData<fn() -> ST>,
}

/// A part of a statement, whatever it is.
pub(super) type Fragment = Box<dyn QueryFragment<Backend> + Send>;

enum SqlPart {
    Text(Cow<'static, str>),
    Fragment(Fragment),
}

impl<ST> SqlBuilder<ST> {
    /// An expression that begins with this text.
    pub(super) fn of(text: impl Into<Cow<'static, str>>) -> Self {
        Self { parts: vec![SqlPart::Text(text.into())], typed: PhantomData }
    }

    /// Goes on with this text.
    pub(super) fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(SqlPart::Text(text.into()));
        self
    }

    /// Goes on with this fragment.
    pub(super) fn fragment(self, fragment: impl QueryFragment<Backend> + Send + 'static) -> Self {
        self.boxed(Box::new(fragment))
    }

    /// Goes on with a fragment of a kind that was forgotten.
    pub(super) fn boxed(mut self, fragment: Fragment) -> Self {
        self.parts.push(SqlPart::Fragment(fragment));
        self
    }
}

impl<ST: TypedExpressionType> Expression for SqlBuilder<ST> {
    type SqlType = ST;
}

// Its author has to know which tables it refers to.
impl<ST, From> AppearsOnTable<From> for SqlBuilder<ST> where Self: Expression {}
impl<ST, From> SelectableExpression<From> for SqlBuilder<ST> where Self: Expression {}

impl<ST, GroupBy> ValidGrouping<GroupBy> for SqlBuilder<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST> QueryId for SqlBuilder<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> QueryFragment<Backend> for SqlBuilder<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        for piece in &self.parts {
            match piece {
                SqlPart::Text(text) => out.push_sql(text),
                SqlPart::Fragment(fragment) => fragment.walk_ast(out.reborrow())?,
            }
        }
        Ok(())
    }
}
