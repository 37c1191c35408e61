//! Deleting rows with all that belongs to them, and nothing else refers to.

use conversations_domain::{CustomerId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::conversation_batch::ConversationBatch;
use super::super::customer_tags::delete_tags;
use super::super::search::IndexedTexts;
use super::super::stored_responses::{delete_responses_about, delete_responses_about_batch};
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::{
    conversation_history, conversation_labels, conversations, customers, messages,
};

/// Deletes conversations. What refers to something goes before it.
pub(super) async fn delete_conversations(
    connection: &mut Connection,
    workspace: WorkspaceId,
    batch: &ConversationBatch,
) -> Result<(), Failure> {
    macro_rules! delete_from {
        ($($table:ident.$id:ident),*) => {
            $(diesel::delete($table::table)
                .filter($table::workspace_id.eq(DbId::of(workspace)))
                .filter($table::$id.eq_any(batch.ids()))
                .execute(connection)
                .await?;)*
        };
    }

    delete_responses_about_batch(connection, workspace, batch).await?;
    IndexedTexts::Of(batch.clone()).remove(connection, workspace).await?;
    delete_from!(
        conversation_labels.conversation_id,
        conversation_history.conversation_id,
        messages.conversation_id,
        conversations.id
    );
    Ok(())
}

/// Deletes a customer to whom nothing refers.
pub(in super::super) async fn delete_customer(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: CustomerId,
) -> Result<(), Failure> {
    delete_tags(connection, workspace, customer).await?;
    diesel::delete(customers::table)
        .filter(customers::workspace_id.eq(DbId::of(workspace)))
        .filter(customers::id.eq(DbId::of(customer)))
        .execute(connection)
        .await?;
    delete_responses_about(connection, workspace, customer).await
}
