//! What is remembered of a write, in the transaction of the write.

use conversations_domain::{AuditEntry, HistoryEntry, WorkspaceId};
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::error::Failure;
use crate::rows::{AuditRow, HistoryRow};
use crate::schema::{audit_entries, conversation_history};

/// Adds to the history of conversations and to the audit of a workspace.
pub(super) async fn remember(
    connection: &mut Connection,
    workspace: WorkspaceId,
    history: Vec<HistoryEntry>,
    audit: Vec<AuditEntry>,
) -> Result<(), Failure> {
    // Row by row: SQLite's wrapper knows no insert of many rows, and these are few.
    for entry in history {
        diesel::insert_into(conversation_history::table)
            .values(HistoryRow::new(workspace, entry)?)
            .execute(connection)
            .await?;
    }
    for entry in audit {
        diesel::insert_into(audit_entries::table)
            .values(AuditRow::new(workspace, entry))
            .execute(connection)
            .await?;
    }
    Ok(())
}
