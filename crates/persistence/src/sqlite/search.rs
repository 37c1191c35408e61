//! What SQLite does in its own way about search: an FTS5 table indexes the words of another table,
//! and is told of its rows.

use conversations_domain::WorkspaceId;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, BoxedDeleteStatement, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;

use super::{Backend, Connection};
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::TextRow;
use crate::schema::conversation_texts;
pub(super) use crate::text_index::SpacedWords as StoredWords;
use crate::text_index::{DbTerm, Part, TextQuery};

diesel::table! {
    use crate::text_index::TextVector;
    use diesel::sql_types::{BigInt, Text};

    conversation_words (rowid) {
        rowid -> BigInt,
        words -> TextVector,
        #[sql_name = "conversation_words"]
        command -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(conversation_texts, conversation_words);

/// What a conversation is to be among, around a query of ids.
pub(super) const IS_ONE_OF: (&str, &str) = ("conversations.id IN (", ")");

/// What every connection is told: a look into the index, at each place of each word in their order.
/// Unlike a query of the index that asks for all that begins like something, it begins at once.
pub(super) const INSTANCES: &str = "\
    CREATE VIRTUAL TABLE temp.word_instances USING fts5vocab (main, conversation_words, instance)";

/// That a search goes on, as the end of a condition on `conversation_texts`.
pub(super) const AT_EACH_TEXT: &str = " AND while_awaited(conversation_texts.row_number)";

/// The condition that a row of `conversation_texts` is of this workspace and has this term, which is
/// found by one of its words. The plus keeps SQLite from walking through all that a workspace has:
/// the words are of a workspace themselves.
pub(super) fn push_is_found_by<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    word: &'b DbTerm,
    term: &'b DbTerm,
) -> QueryResult<()> {
    out.push_sql("+conversation_texts.workspace_id = ");
    out.push_bind_param::<Id, _>(workspace)?;
    out.push_sql(
        " AND conversation_texts.row_number IN (SELECT conversation_words.rowid \
         FROM conversation_words WHERE conversation_words MATCH ",
    );
    out.push_bind_param::<TextQuery, _>(word)?;
    out.push_sql(")");
    if word != term {
        out.push_sql(" AND ");
        push_has(out, term)?;
    }
    Ok(())
}

/// The condition that a row of `conversation_texts` has this term, by looking at its words.
pub(super) fn push_has<'b>(mut out: AstPass<'_, 'b, Backend>, term: &'b DbTerm) -> QueryResult<()> {
    out.push_sql("instr(' ' || conversation_texts.words || ' ', ");
    out.push_bind_param::<Part, _>(term)?;
    out.push_sql(") > 0");
    Ok(())
}

/// A query that finds a row for each text with a word, up to a limit.
pub(super) struct TextsWithWord {
    word: DbTerm,
    /// The first and the last word, if it may go on.
    range: Option<(String, String)>,
    most: i64,
}

impl TextsWithWord {
    pub(super) fn with(_: WorkspaceId, word: &DbTerm, most: i64) -> Self {
        let (first, last) = word.range();
        Self { word: word.clone(), range: last.map(|last| (first, last)), most }
    }
}

impl QueryFragment<Backend> for TextsWithWord {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        match &self.range {
            None => {
                out.push_sql(
                    "SELECT rowid FROM conversation_words WHERE conversation_words MATCH ",
                );
                out.push_bind_param::<TextQuery, _>(&self.word)?;
                out.push_sql(" AND while_awaited(rowid)");
            }
            Some((first, last)) => {
                out.push_sql("SELECT DISTINCT doc FROM word_instances WHERE term >= ");
                out.push_bind_param::<Text, _>(first)?;
                out.push_sql(" AND term <= ");
                out.push_bind_param::<Text, _>(last)?;
                out.push_sql(" AND while_awaited(doc)");
            }
        }
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)
    }
}

/// The number of a row of `conversation_texts`, which it has on SQLite only.
#[derive(Debug, Clone, Copy, QueryId)]
struct RowNumber;

impl QueryFragment<Backend> for RowNumber {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("conversation_texts.row_number");
        Ok(())
    }
}

impl Expression for RowNumber {
    type SqlType = BigInt;
}

impl AppearsOnTable<conversation_texts::table> for RowNumber {}

impl SelectableExpression<conversation_texts::table> for RowNumber {}

impl<GroupBy> ValidGrouping<GroupBy> for RowNumber {
    type IsAggregate = diesel::expression::is_aggregate::No;
}

/// Stores rows, and indexes each.
pub(super) async fn index_rows(
    connection: &mut Connection,
    rows: Vec<TextRow<StoredWords>>,
) -> Result<(), Failure> {
    for TextRow { workspace_id, conversation_id, text_id, part, words } in rows {
        diesel::insert_into(conversation_texts::table)
            .values((
                conversation_texts::workspace_id.eq(workspace_id),
                conversation_texts::conversation_id.eq(conversation_id),
                conversation_texts::text_id.eq(text_id),
                conversation_texts::part.eq(part),
                conversation_texts::words.eq(words.clone()),
            ))
            .execute(connection)
            .await?;
        diesel::insert_into(conversation_words::table)
            .values((
                conversation_words::rowid.eq(last_insert_rowid()),
                conversation_words::words.eq(words),
            ))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Takes rows out of the index, which has to be told their words, and deletes them.
pub(super) async fn forget_rows(
    connection: &mut Connection,
    rows: conversation_texts::BoxedQuery<'static, Backend>,
    gone: BoxedDeleteStatement<'static, Backend, conversation_texts::table>,
) -> Result<(), Failure> {
    rows.select(("delete".into_sql::<Text>(), RowNumber, conversation_texts::words))
        .insert_into(conversation_words::table)
        .into_columns((
            conversation_words::command,
            conversation_words::rowid,
            conversation_words::words,
        ))
        .execute(connection)
        .await?;
    gone.execute(connection).await?;
    Ok(())
}

diesel::define_sql_function! {
    /// The number of the row that was inserted last.
    fn last_insert_rowid() -> BigInt;
}

#[cfg(test)]
mod tests;
