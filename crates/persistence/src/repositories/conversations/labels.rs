//! The list of which conversation has which label.

use conversations_domain::{ConversationId, Tags, WorkspaceId};
use diesel_async::RunQueryDsl;

use super::super::{Connection, in_keys, insert_all, key_batches};
use crate::bulk::Bulk;
use crate::error::Failure;
use crate::schema::conversation_labels;

/// Labels of conversations.
pub(super) type Labelled = (WorkspaceId, ConversationId, Tags);

/// Lists new conversations under their labels.
pub(super) async fn insert_labels(
    connection: &mut Connection,
    labelled: &[Labelled],
) -> Result<(), Failure> {
    insert_all(connection, Bulk::of_labels(labelled)).await
}

/// Lists conversations under these labels, and no longer under others.
pub(super) async fn replace_labels(
    connection: &mut Connection,
    labelled: &[Labelled],
) -> Result<(), Failure> {
    let conversations = labelled.iter().map(|&(workspace, id, _)| (workspace, id)).collect();
    for keys in key_batches(conversations) {
        diesel::delete(conversation_labels::table)
            .filter(in_keys(
                conversation_labels::workspace_id,
                conversation_labels::conversation_id,
                keys,
            ))
            .execute(connection)
            .await?;
    }
    insert_labels(connection, labelled).await
}
