//! The rows of `conversation_history` and `audit_entries`: what is remembered of writes.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Actor, AuditEntry, FieldChange, HistoryEntry, Reason, WorkspaceId};
use diesel::Insertable;

use super::to_column;
use crate::columns::DbId;
use crate::error::column;
use crate::schema::{audit_entries, conversation_history};

#[derive(Debug, Insertable)]
#[diesel(table_name = conversation_history)]
pub(crate) struct HistoryRow {
    workspace_id: DbId,
    id: DbId,
    conversation_id: DbId,
    field: String,
    from_value: Option<String>,
    to_value: Option<String>,
    key_id: Option<DbId>,
    actor_name: String,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct AuditRow {
    workspace_id: DbId,
    id: DbId,
    action: String,
    target_id: DbId,
    reason: Option<String>,
    message_count: Option<i64>,
    key_id: Option<DbId>,
    actor_name: String,
    request_id: Option<String>,
}

impl HistoryRow {
    pub(crate) fn new(
        workspace: WorkspaceId,
        entry: HistoryEntry,
    ) -> Result<Self, RepositoryError> {
        let HistoryEntry { id, conversation, change, by } = entry;
        let FieldChange { field, from, to } = change;
        let Actor { key, name } = by;
        let json = |name, value: Option<String>| {
            let json = value.map(|text| serde_json::to_string(&text)).transpose();
            column("conversation_history", name, json)
        };
        Ok(Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            conversation_id: DbId::of(conversation),
            field: field.as_str().to_owned(),
            from_value: json("from_value", from)?,
            to_value: json("to_value", to)?,
            key_id: key.map(DbId::of),
            actor_name: name,
        })
    }
}

impl AuditRow {
    pub(crate) fn new(workspace: WorkspaceId, entry: AuditEntry) -> Self {
        let AuditEntry { id, action, target, reason, message_count, by, request_id } = entry;
        let Actor { key, name } = by;
        Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            action: action.as_str().to_owned(),
            target_id: DbId(target),
            reason: reason.map(Reason::into_string),
            message_count: message_count.map(to_column),
            key_id: key.map(DbId::of),
            actor_name: name,
            request_id,
        }
    }
}
