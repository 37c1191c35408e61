//! What is found by words, as expressions over `conversations`.
//!
//! What a search begins with is one condition, which is asked once, whatever planners make of the
//! rest of a query. What is left is looked up in the texts of each conversation that was found.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};

use super::super::super::search::{AT_EACH_TEXT, IS_ONE_OF, push_has, push_is_found_by};
use super::super::Backend;
use super::super::sql_builder::SqlBuilder;
use super::SUBJECT;
use super::plan::{SearchPlan, SearchStart, TermByWord};
use crate::columns::{DbId, Id};
use crate::schema::conversations;
use crate::text_index::DbTerm;

/// Whether a conversation is found by a search.
pub(in super::super) fn matches_search(plan: &SearchPlan) -> MatchesSearch {
    let SearchPlan { workspace, wanted: _, way } = plan.clone();
    MatchesSearch { workspace, way }
}

/// How many of the terms that are wanted the subject of a conversation has.
pub(in super::super) fn relevance(plan: &SearchPlan) -> Relevance {
    let SearchPlan { workspace, wanted, way: _ } = plan.clone();
    Relevance { workspace, terms: wanted }
}

/// The condition on `conversation_texts` that a search is for, if it is for one term: a conversation is found
/// if one of its texts meets it.
pub(in super::super) fn texts_with_one_term(plan: &SearchPlan) -> Option<SqlBuilder<Bool>> {
    match &plan.way {
        SearchStart::ByTerm { start, wanted, unwanted }
            if wanted.is_empty() && unwanted.is_empty() =>
        {
            let found = IsFound { workspace: plan.workspace, start: start.clone() };
            Some(SqlBuilder::of("").fragment(found))
        }
        SearchStart::ByTerm { .. } | SearchStart::ByFilter { .. } | SearchStart::AllBut(_) => None,
    }
}

/// See [`matches_search`].
#[derive(Debug, Clone)]
pub(in super::super) struct MatchesSearch {
    workspace: DbId,
    way: SearchStart,
}

/// Whether a text has a term.
struct IsFound {
    workspace: DbId,
    start: TermByWord,
}

/// See [`relevance`].
#[derive(Debug, Clone)]
pub(in super::super) struct Relevance {
    workspace: DbId,
    terms: Vec<DbTerm>,
}

impl QueryFragment<Backend> for MatchesSearch {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let Self { workspace, way } = self;
        match way {
            SearchStart::ByTerm { start, wanted, unwanted } => {
                let (begin, end) = IS_ONE_OF;
                out.push_sql(begin);
                push_conversations_with(out.reborrow(), workspace, start)?;
                out.push_sql(end);
                if !wanted.is_empty() || !unwanted.is_empty() {
                    out.push_sql(" AND ");
                    push_has_all_and_none(out.reborrow(), workspace, wanted, unwanted)?;
                }
                Ok(())
            }
            SearchStart::ByFilter { wanted, unwanted } => {
                push_has_all_and_none(out.reborrow(), workspace, wanted, unwanted)
            }
            SearchStart::AllBut(these) => {
                out.push_sql("conversations.id NOT IN (");
                for (place, start) in these.iter().enumerate() {
                    out.push_sql(if place > 0 { " UNION ALL " } else { "" });
                    push_conversations_with(out.reborrow(), workspace, start)?;
                }
                out.push_sql(")");
                Ok(())
            }
        }
    }
}

impl QueryFragment<Backend> for IsFound {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        push_is_found(out, &self.workspace, &self.start)
    }
}

impl QueryFragment<Backend> for Relevance {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("CAST(");
        push_count_in(out.reborrow(), &self.workspace, &self.terms, &[], |out| {
            out.push_sql(" AND conversation_texts.text_id = ");
            out.push_bind_param::<Id, _>(&SUBJECT)
        })?;
        out.push_sql(" AS BIGINT)");
        Ok(())
    }
}

fn push_conversations_with<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    start: &'b TermByWord,
) -> QueryResult<()> {
    out.push_sql("SELECT conversation_texts.conversation_id FROM conversation_texts WHERE ");
    push_is_found(out, workspace, start)
}

fn push_is_found<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    start: &'b TermByWord,
) -> QueryResult<()> {
    let TermByWord { word, term } = start;
    push_is_found_by(out.reborrow(), workspace, word, term)?;
    out.push_sql(AT_EACH_TEXT);
    Ok(())
}

/// That the texts of a conversation have all of these terms, and none of those.
fn push_has_all_and_none<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    wanted: &'b [DbTerm],
    unwanted: &'b [DbTerm],
) -> QueryResult<()> {
    push_count_in(out.reborrow(), workspace, wanted, unwanted, |_| Ok(()))?;
    out.push_sql(&format!(" = {}", wanted.len()));
    Ok(())
}

/// How many terms the texts of a conversation have, such texts of it at least. It is below zero when
/// they have one that is unwanted.
fn push_count_in<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    wanted: &'b [DbTerm],
    unwanted: &'b [DbTerm],
    such: impl FnOnce(&mut AstPass<'_, 'b, Backend>) -> QueryResult<()>,
) -> QueryResult<()> {
    out.push_sql("COALESCE((SELECT 0");
    for (sign, terms) in [(" + ", wanted), (" - 1000 * ", unwanted)] {
        for term in terms {
            out.push_sql(sign);
            out.push_sql("MAX(CASE WHEN ");
            push_has(out.reborrow(), term)?;
            out.push_sql(" THEN 1 ELSE 0 END)");
        }
    }
    out.push_sql(" FROM conversation_texts WHERE conversation_texts.workspace_id = ");
    out.push_bind_param::<Id, _>(workspace)?;
    out.push_sql(" AND conversation_texts.conversation_id = conversations.id");
    such(&mut out)?;
    out.push_sql(AT_EACH_TEXT);
    out.push_sql("), 0)");
    Ok(())
}

impl Expression for MatchesSearch {
    type SqlType = Bool;
}

impl Expression for Relevance {
    type SqlType = BigInt;
}

macro_rules! over_conversations {
    ($($expression:ident),*) => {
        $(
            // Its text depends on the number of terms, which has a limit.
            impl QueryId for $expression {
                type QueryId = ();
                const HAS_STATIC_QUERY_ID: bool = false;
            }

            impl<Source> AppearsOnTable<Source> for $expression {}

            impl SelectableExpression<conversations::table> for $expression {}

            impl<GroupBy> ValidGrouping<GroupBy> for $expression {
                type IsAggregate = diesel::expression::is_aggregate::No;
            }
        )*
    };
}

over_conversations!(MatchesSearch, Relevance);
