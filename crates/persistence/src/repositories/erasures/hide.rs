//! Hiding what is too large to be deleted in one short transaction.

use conversations_application::ports::{ErasureKind, RepositoryError};
use conversations_domain::{
    Actor, AuditEntry, ConversationId, CustomerId, HistoryId, UserId, WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::conversation_batch::ConversationBatch;
use super::super::customer_tags::delete_tags;
use super::super::stored_responses::{delete_responses_about, delete_responses_about_batch};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::{CustomerRow, ErasureRow};
use crate::schema::{conversation_labels, conversations, customers, erasures, users};

/// What stands in the place of a subject that is gone: no subject is empty.
const NOTHING: &str = "-";

/// Notes a deletion whose target was made invisible.
pub(in super::super) async fn record_pending(
    connection: &mut Connection,
    row: ErasureRow,
) -> Result<(), Failure> {
    diesel::insert_into(erasures::table).values(row).execute(connection).await?;
    Ok(())
}

/// Hides a conversation, which is held, and notes its deletion, of which the audit tells already:
/// from now on it belongs to a customer of its own, who is being erased.
pub(in super::super) async fn hide_conversation(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: ConversationId,
    audit: &AuditEntry,
) -> Result<(), Failure> {
    let (workspace_id, own) = (DbId::of(workspace), DbId::of(id));
    let row = ErasureRow::audited(workspace, ErasureKind::Conversation, id, audit.clone());
    diesel::insert_into(customers::table)
        .values(CustomerRow::erasing(workspace_id, own, row.requested_at))
        .execute(connection)
        .await?;
    diesel::update(conversations::table)
        .filter(conversations::workspace_id.eq(workspace_id))
        .filter(conversations::id.eq(own))
        .set((
            conversations::customer_id.eq(Some(own)),
            conversations::subject.eq(NOTHING),
            conversations::labels.eq("[]"),
            conversations::external_source.eq(None::<String>),
            conversations::external_id.eq(None::<String>),
            conversations::version.eq(conversations::version + 1),
            conversations::revision.eq(conversations::revision + 1),
        ))
        .execute(connection)
        .await?;
    diesel::delete(conversation_labels::table)
        .filter(conversation_labels::workspace_id.eq(workspace_id))
        .filter(conversation_labels::conversation_id.eq(own))
        .execute(connection)
        .await?;
    delete_responses_about_batch(connection, workspace, &ConversationBatch::one(id)).await?;
    record_pending(connection, row).await
}

/// Hides a customer, who is held, with all their conversations, and notes their erasure: of each
/// conversation this will be told to the audit. Their own content is gone.
pub(in super::super) async fn hide_customer(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: CustomerId,
    each: AuditEntry,
) -> Result<(), Failure> {
    let this = || {
        customers::table
            .filter(customers::workspace_id.eq(DbId::of(workspace)))
            .filter(customers::id.eq(DbId::of(id)))
    };
    let version: i64 = this().select(customers::version).first(connection).await?;
    let row = ErasureRow::audited(workspace, ErasureKind::Customer, id, each);
    let mut gone = CustomerRow::erasing(row.workspace_id, row.target_id, row.requested_at);
    // Callers that have loaded the customer learn that it changed.
    gone.version = version + 1;
    let no_key = customers::email_folded.eq(None::<String>);
    diesel::update(this()).set((no_key, gone)).execute(connection).await?;
    delete_tags(connection, workspace, id).await?;
    delete_responses_about(connection, workspace, id).await?;
    record_pending(connection, row).await
}

/// Hides a user, who is held, and notes their deletion: the history of each of their conversations
/// will tell that this one took it from them. Their own content is gone.
pub(in super::super) async fn hide_user(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: UserId,
    history: HistoryId,
    by: Actor,
) -> Result<(), Failure> {
    let row = ErasureRow::by(workspace, ErasureKind::User, id, history.created_at(), by);
    let hidden = diesel::update(users::table)
        .filter(users::workspace_id.eq(DbId::of(workspace)))
        .filter(users::id.eq(DbId::of(id)))
        .set((
            users::name.eq(""),
            users::email.eq(""),
            // Not an address, and unique.
            users::email_folded.eq(id.to_string()),
            users::updated_at.eq(DbTime(history.created_at())),
            users::version.eq(users::version + 1),
            users::erasing.eq(true),
            users::external_source.eq(None::<String>),
            users::external_id.eq(None::<String>),
        ))
        .execute(connection)
        .await?;
    if hidden == 0 {
        return Err(RepositoryError::Stale.into());
    }
    delete_responses_about(connection, workspace, id).await?;
    record_pending(connection, row).await
}
