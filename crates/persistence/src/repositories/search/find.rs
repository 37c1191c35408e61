//! What is found by words, as expressions over `conversations`.
//!
//! What has a term is asked for once, whatever planners make of the rest of a query: they know
//! nothing of how many that may be, and one that took them for few would ask again for each
//! conversation. So all the wanted terms are one condition, and all the unwanted ones another.

use conversations_application::search::{SearchQuery, Term};
use conversations_domain::WorkspaceId;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};

use super::super::super::search::{IS_ONE_OF, push_text_has};
use super::super::Backend;
use super::SUBJECT;
use crate::columns::{DbId, Id};
use crate::schema::conversations;
use crate::words::DbTerm;

/// Whether a conversation is found by a query.
pub(in super::super) fn found(workspace: WorkspaceId, query: &SearchQuery) -> Found {
    Found {
        workspace: DbId::of(workspace),
        wanted: terms(workspace, query.wanted()),
        unwanted: terms(workspace, query.unwanted()),
    }
}

/// How many of the terms that are wanted the subject of a conversation has.
pub(in super::super) fn relevance(workspace: WorkspaceId, query: &SearchQuery) -> Relevance {
    Relevance { workspace: DbId::of(workspace), terms: terms(workspace, query.wanted()) }
}

fn terms(workspace: WorkspaceId, terms: &[Term]) -> Vec<DbTerm> {
    terms.iter().map(|term| DbTerm::of(workspace, term)).collect()
}

/// See [`found`].
#[derive(Debug, Clone)]
pub(in super::super) struct Found {
    workspace: DbId,
    wanted: Vec<DbTerm>,
    unwanted: Vec<DbTerm>,
}

/// See [`relevance`].
#[derive(Debug, Clone)]
pub(in super::super) struct Relevance {
    workspace: DbId,
    terms: Vec<DbTerm>,
}

impl QueryFragment<Backend> for Found {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        // A query has one or the other.
        if !self.wanted.is_empty() {
            let (begin, end) = IS_ONE_OF;
            out.push_sql(begin);
            push_each(out.reborrow(), &self.workspace, &self.wanted, " INTERSECT ")?;
            out.push_sql(end);
        }
        if !self.wanted.is_empty() && !self.unwanted.is_empty() {
            out.push_sql(" AND ");
        }
        if !self.unwanted.is_empty() {
            out.push_sql("conversations.id NOT IN (");
            push_each(out.reborrow(), &self.workspace, &self.unwanted, " UNION ALL ")?;
            out.push_sql(")");
        }
        Ok(())
    }
}

impl QueryFragment<Backend> for Relevance {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("CAST(0");
        for term in &self.terms {
            out.push_sql(" + CASE WHEN conversations.id IN (");
            push_conversations_with(out.reborrow(), &self.workspace, term)?;
            out.push_sql(" AND conversation_texts.text_id = ");
            out.push_bind_param::<Id, _>(&SUBJECT)?;
            out.push_sql(") THEN 1 ELSE 0 END");
        }
        out.push_sql(" AS BIGINT)");
        Ok(())
    }
}

/// The conversations with each of these terms, with something between.
fn push_each<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    terms: &'b [DbTerm],
    between: &str,
) -> QueryResult<()> {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            out.push_sql(between);
        }
        push_conversations_with(out.reborrow(), workspace, term)?;
    }
    Ok(())
}

fn push_conversations_with<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    term: &'b DbTerm,
) -> QueryResult<()> {
    out.push_sql("SELECT conversation_texts.conversation_id FROM conversation_texts WHERE ");
    push_text_has(out, workspace, term)
}

impl Expression for Found {
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

over_conversations!(Found, Relevance);
