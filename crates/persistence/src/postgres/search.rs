//! What PostgreSQL does in its own way about search: a GIN index finds words.

use conversations_domain::WorkspaceId;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, BoxedDeleteStatement, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, SmallInt};
use diesel_async::RunQueryDsl;

use super::{Backend, Connection};
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::TextRow;
use crate::schema::conversation_texts;
pub(super) use crate::text_index::PositionedWords as StoredWords;
use crate::text_index::{DbTerm, TextQuery, TextVector};

/// What a conversation is to be among, around a query of ids: a sublink that is done once, before all
/// else, and then looked up by the primary key.
pub(super) const IS_ONE_OF: (&str, &str) = ("conversations.id = ANY(ARRAY(", "))");

/// What SQLite asks at each row: here it is told from outside when to stop.
pub(super) const AT_EACH_TEXT: &str = "";

/// The condition that a row of `conversation_texts` is of this workspace and has this term. No index of
/// this table begins with the workspace, which would have the planner walk through all that one has:
/// the words are of a workspace themselves.
pub(super) fn push_is_found_by<'b>(
    mut out: AstPass<'_, 'b, Backend>,
    workspace: &'b DbId,
    _word: &'b DbTerm,
    term: &'b DbTerm,
) -> QueryResult<()> {
    out.push_sql("conversation_texts.workspace_id = ");
    out.push_bind_param::<Id, _>(workspace)?;
    out.push_sql(" AND ");
    push_has(out, term)
}

/// The condition that a row of `conversation_texts` has this term.
pub(super) fn push_has<'b>(mut out: AstPass<'_, 'b, Backend>, term: &'b DbTerm) -> QueryResult<()> {
    out.push_sql("conversation_texts.words @@ ");
    out.push_bind_param::<TextQuery, _>(term)
}

/// A query that finds a row for each text with a word, up to a limit.
pub(super) struct TextsWithWord {
    workspace: DbId,
    word: DbTerm,
    most: i64,
}

impl TextsWithWord {
    pub(super) fn with(workspace: WorkspaceId, word: &DbTerm, most: i64) -> Self {
        Self { workspace: DbId::of(workspace), word: word.clone(), most }
    }
}

impl QueryFragment<Backend> for TextsWithWord {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT 1 FROM conversation_texts WHERE ");
        push_is_found_by(out.reborrow(), &self.workspace, &self.word, &self.word)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)
    }
}

/// Rows on their way into the table, in one statement however many they are.
#[derive(QueryId)]
struct NewRows {
    workspaces: Vec<DbId>,
    conversations: Vec<DbId>,
    texts: Vec<DbId>,
    parts: Vec<i16>,
    words: Vec<StoredWords>,
}

impl QueryFragment<Backend> for NewRows {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO conversation_texts (workspace_id, conversation_id, text_id, part, words) \
             SELECT * FROM unnest(",
        );
        out.push_bind_param::<Array<Id>, _>(&self.workspaces)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.conversations)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.texts)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.parts)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<TextVector>, _>(&self.words)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<Connection> diesel::RunQueryDsl<Connection> for NewRows {}

/// Stores rows, which the index follows by itself.
pub(super) async fn index_rows(
    connection: &mut Connection,
    rows: Vec<TextRow<StoredWords>>,
) -> Result<(), Failure> {
    let mut new = NewRows {
        workspaces: Vec::with_capacity(rows.len()),
        conversations: Vec::with_capacity(rows.len()),
        texts: Vec::with_capacity(rows.len()),
        parts: Vec::with_capacity(rows.len()),
        words: Vec::with_capacity(rows.len()),
    };
    for TextRow { workspace_id, conversation_id, text_id, part, words } in rows {
        new.workspaces.push(workspace_id);
        new.conversations.push(conversation_id);
        new.texts.push(text_id);
        new.parts.push(part);
        new.words.push(words);
    }
    new.execute(connection).await?;
    Ok(())
}

/// Deletes rows, which the index follows by itself.
pub(super) async fn forget_rows(
    connection: &mut Connection,
    _rows: conversation_texts::BoxedQuery<'static, Backend>,
    gone: BoxedDeleteStatement<'static, Backend, conversation_texts::table>,
) -> Result<(), Failure> {
    gone.execute(connection).await?;
    Ok(())
}
