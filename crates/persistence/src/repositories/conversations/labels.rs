//! The list of which conversation has which label.

use conversations_domain::{ConversationId, Tags, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::conversation_labels;

/// Lists a conversation under its labels.
pub(super) async fn insert_labels(
    connection: &mut Connection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    labels: &Tags,
) -> Result<(), Failure> {
    for label in labels.iter() {
        diesel::insert_into(conversation_labels::table)
            .values((
                conversation_labels::workspace_id.eq(DbId::of(workspace)),
                conversation_labels::label.eq(label),
                conversation_labels::conversation_id.eq(DbId::of(conversation)),
            ))
            .execute(connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn delete_labels(
    connection: &mut Connection,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<(), Failure> {
    diesel::delete(conversation_labels::table)
        .filter(conversation_labels::workspace_id.eq(DbId::of(workspace)))
        .filter(conversation_labels::conversation_id.eq(DbId::of(conversation)))
        .execute(connection)
        .await?;
    Ok(())
}
