//! History and audit entries of a write, in its transaction.

use conversations_domain::{
    Actor, AuditEntry, ConversationId, FieldChange, HistoryEntry, HistoryId, WorkspaceId,
};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;

use super::conversation_batch::ConversationBatch;
use super::{Connection, id_for_each_conversation, insert_all};
use crate::bulk::Bulk;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::{AuditRow, HistoryRow};
use crate::schema::{audit_entries, conversation_history, conversations};

/// Adds to the history of conversations and to the audit of a workspace.
pub(super) async fn append_history_and_audit(
    connection: &mut Connection,
    workspace: WorkspaceId,
    history: Vec<HistoryEntry>,
    audit: Vec<AuditEntry>,
) -> Result<(), Failure> {
    let mut rows = Vec::with_capacity(history.len());
    let mut last: Option<(ConversationId, i64)> = None;
    for entry in history {
        let conversation = entry.conversation;
        let revision = match last {
            Some((same, revision)) if same == conversation => revision,
            _ => revision_of(connection, workspace, conversation).await?,
        };
        last = Some((conversation, revision));
        rows.push(HistoryRow::new(workspace, entry, revision)?);
    }
    insert_all(connection, Bulk::of_history(rows)).await?;
    // Row by row: there is seldom more than one.
    for entry in audit {
        diesel::insert_into(audit_entries::table)
            .values(AuditRow::new(workspace, entry))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// The revision that a conversation is at. The write has moved it: history is in the order in which
/// writes came through.
async fn revision_of(
    connection: &mut Connection,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<i64, Failure> {
    let revision = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq(DbId::of(conversation)))
        .select(conversations::revision)
        .first(connection)
        .await?;
    Ok(revision)
}

/// Adds the same change to the history of each of these conversations, in one statement, before it
/// is made. The ids of the entries carry the time of this one.
pub(super) async fn append_change_to_each(
    connection: &mut Connection,
    workspace: WorkspaceId,
    batch: &ConversationBatch,
    (id, change, by): (HistoryId, FieldChange, Actor),
) -> Result<(), Failure> {
    // The statement puts each conversation in the place of this one.
    let conversation = ConversationId::from_uuid(id.into());
    let HistoryRow {
        workspace_id,
        id: _,
        conversation_id: _,
        revision: _,
        field,
        from_value,
        to_value,
        key_id,
        actor_name,
    } = HistoryRow::new(workspace, HistoryEntry { id, conversation, change, by }, 0)?;
    conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq_any(batch.ids()))
        .select((
            workspace_id.into_sql::<Id>(),
            id_for_each_conversation(id.created_at()),
            conversations::id,
            conversations::revision + 1,
            field.into_sql::<Text>(),
            from_value.into_sql::<Nullable<Text>>(),
            to_value.into_sql::<Nullable<Text>>(),
            key_id.into_sql::<Nullable<Id>>(),
            actor_name.into_sql::<Text>(),
        ))
        .insert_into(conversation_history::table)
        .into_columns((
            conversation_history::workspace_id,
            conversation_history::id,
            conversation_history::conversation_id,
            conversation_history::revision,
            conversation_history::field,
            conversation_history::from_value,
            conversation_history::to_value,
            conversation_history::key_id,
            conversation_history::actor_name,
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds an entry for each of these conversations to the audit, in one statement: its target is the
/// conversation, its count the conversation's, and its id carries the time of this one.
pub(super) async fn audit_each(
    connection: &mut Connection,
    workspace: WorkspaceId,
    batch: &ConversationBatch,
    entry: AuditEntry,
) -> Result<(), Failure> {
    let time = entry.id.created_at();
    let AuditRow {
        workspace_id,
        id: _,
        action,
        target_id: _,
        reason,
        message_count: _,
        key_id,
        actor_name,
        request_id,
    } = AuditRow::new(workspace, entry);
    conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq_any(batch.ids()))
        .select((
            workspace_id.into_sql::<Id>(),
            id_for_each_conversation(time),
            action.into_sql::<Text>(),
            conversations::id,
            reason.into_sql::<Nullable<Text>>(),
            conversations::message_count.nullable(),
            key_id.into_sql::<Nullable<Id>>(),
            actor_name.into_sql::<Text>(),
            request_id.into_sql::<Nullable<Text>>(),
        ))
        .insert_into(audit_entries::table)
        .into_columns((
            audit_entries::workspace_id,
            audit_entries::id,
            audit_entries::action,
            audit_entries::target_id,
            audit_entries::reason,
            audit_entries::message_count,
            audit_entries::key_id,
            audit_entries::actor_name,
            audit_entries::request_id,
        ))
        .execute(connection)
        .await?;
    Ok(())
}
