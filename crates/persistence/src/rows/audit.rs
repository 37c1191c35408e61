//! The rows of `audit_entries`: what remains of deletions and of changes to keys.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Actor, AuditEntry, AuditId, KeyId, Reason, WorkspaceId};
use diesel::{Insertable, Queryable, Selectable};

use super::{count, to_column};
use crate::columns::DbId;
use crate::error::column;
use crate::schema::audit_entries;

const TABLE: &str = "audit_entries";

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct AuditRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) action: String,
    pub(crate) target_id: DbId,
    pub(crate) reason: Option<String>,
    pub(crate) message_count: Option<i64>,
    pub(crate) key_id: Option<DbId>,
    pub(crate) actor_name: String,
    pub(crate) request_id: Option<String>,
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

impl TryFrom<AuditRow> for AuditEntry {
    type Error = RepositoryError;

    fn try_from(row: AuditRow) -> Result<Self, RepositoryError> {
        let AuditRow {
            workspace_id: _,
            id,
            action,
            target_id,
            reason,
            message_count,
            key_id,
            actor_name,
            request_id,
        } = row;
        let messages = message_count.map(|value| count(TABLE, "message_count", value));
        Ok(Self {
            id: AuditId::from_uuid(id.0),
            action: column(TABLE, "action", action.parse())?,
            target: target_id.0,
            reason: column(TABLE, "reason", reason.as_deref().map(Reason::parse).transpose())?,
            message_count: messages.transpose()?,
            by: Actor { key: key_id.map(|id| KeyId::from_uuid(id.0)), name: actor_name },
            request_id,
        })
    }
}
