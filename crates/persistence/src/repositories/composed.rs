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
pub(super) struct Composed<ST> {
    pieces: Vec<Piece>,
    typed: PhantomData<fn() -> ST>,
}

/// A part of a statement, whatever it is.
pub(super) type Fragment = Box<dyn QueryFragment<Backend> + Send>;

enum Piece {
    Text(Cow<'static, str>),
    Fragment(Fragment),
}

impl<ST> Composed<ST> {
    /// An expression that begins with this text.
    pub(super) fn of(text: impl Into<Cow<'static, str>>) -> Self {
        Self { pieces: vec![Piece::Text(text.into())], typed: PhantomData }
    }

    /// Goes on with this text.
    pub(super) fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.pieces.push(Piece::Text(text.into()));
        self
    }

    /// Goes on with this fragment.
    pub(super) fn fragment(self, fragment: impl QueryFragment<Backend> + Send + 'static) -> Self {
        self.boxed(Box::new(fragment))
    }

    /// Goes on with a fragment of a kind that was forgotten.
    pub(super) fn boxed(mut self, fragment: Fragment) -> Self {
        self.pieces.push(Piece::Fragment(fragment));
        self
    }
}

impl<ST: TypedExpressionType> Expression for Composed<ST> {
    type SqlType = ST;
}

// Its author has to know which tables it refers to.
impl<ST, From> AppearsOnTable<From> for Composed<ST> where Self: Expression {}
impl<ST, From> SelectableExpression<From> for Composed<ST> where Self: Expression {}

impl<ST, GroupBy> ValidGrouping<GroupBy> for Composed<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST> QueryId for Composed<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> QueryFragment<Backend> for Composed<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_sql(text),
                Piece::Fragment(fragment) => fragment.walk_ast(out.reborrow())?,
            }
        }
        Ok(())
    }
}
