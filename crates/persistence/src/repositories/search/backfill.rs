//! What the migrations that change how conversations are searched leave to do.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Conversation, ConversationId, Message, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::super::{Connection, Database};
use super::super::backfill::backfill;
use super::super::conversation_batch::ConversationBatch;
use super::{IndexedTexts, TextsToIndex};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{ConversationRow, MessageRow};
use crate::schema::{conversations, conversations_without_texts, messages};

/// How many conversations one transaction takes. Others write between two of them.
const STEP: i64 = 200;

/// Finds the words of the conversations that were stored before there was a search, or when text was
/// folded otherwise: SQL cannot fold text. Others may do the same beside it.
pub(in super::super) async fn backfill_texts(database: &Database) -> Result<(), RepositoryError> {
    let what = "migrating: indexing the words of existing conversations";
    backfill(database, what, has_more, process_batch).await
}

/// Whether there are such conversations.
async fn has_more(connection: &mut Connection) -> Result<bool, Failure> {
    let first: Option<DbId> = conversations_without_texts::table
        .select(conversations_without_texts::conversation_id)
        .first(connection)
        .await
        .optional()?;
    Ok(first.is_some())
}

/// Does it for some conversations, and answers for how many.
async fn process_batch(connection: &mut Connection) -> Result<usize, Failure> {
    // Those of one workspace: a cluster locks rows of one node only.
    let workspace: Option<DbId> = conversations_without_texts::table
        .select(conversations_without_texts::workspace_id)
        .order(conversations_without_texts::workspace_id)
        .first(connection)
        .await
        .optional()?;
    let Some(workspace) = workspace else { return Ok(0) };
    // The first to lock them does them: others wait, and then find them done.
    let rows: Vec<(DbId, DbId)> = for_update!(
        conversations_without_texts::table
            .filter(conversations_without_texts::workspace_id.eq(workspace))
            .order(conversations_without_texts::conversation_id)
            .limit(STEP)
            .select((
                conversations_without_texts::workspace_id,
                conversations_without_texts::conversation_id,
            ))
    )
    .load(connection)
    .await?;
    for &(workspace_id, id) in &rows {
        let workspace = WorkspaceId::from_uuid(workspace_id.0);
        index_conversation(connection, workspace, ConversationId::from_uuid(id.0)).await?;
        diesel::delete(conversations_without_texts::table)
            .filter(conversations_without_texts::workspace_id.eq(workspace_id))
            .filter(conversations_without_texts::conversation_id.eq(id))
            .execute(connection)
            .await?;
    }
    Ok(rows.len())
}

async fn index_conversation(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: ConversationId,
) -> Result<(), Failure> {
    // Held, so that no message arrives and none goes meanwhile.
    let row: Option<ConversationRow> = for_update!(
        conversations::table
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.eq(DbId::of(id)))
            .select(ConversationRow::as_select())
    )
    .first(connection)
    .await
    .optional()?;
    let Some(row) = row else { return Ok(()) };
    let rows: Vec<MessageRow> = messages::table
        .filter(messages::workspace_id.eq(DbId::of(workspace)))
        .filter(messages::conversation_id.eq(DbId::of(id)))
        .select(MessageRow::as_select())
        .load(connection)
        .await?;

    // Since the migration some of it may have been stored with its words.
    IndexedTexts::Of(ConversationBatch::one(id)).remove(connection, workspace).await?;
    let mut texts = TextsToIndex::of(workspace, &Conversation::try_from(row)?);
    for row in rows {
        let message = Message::try_from(row)?;
        let body = message.body().as_str();
        texts.extend(TextsToIndex::of_message(workspace, id, message.id(), body));
    }
    texts.index(connection).await
}
