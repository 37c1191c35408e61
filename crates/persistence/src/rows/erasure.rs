//! The rows of `erasures`: deletions that are not over.

use conversations_application::ports::{ErasureKind, PendingErasure, RepositoryError};
use conversations_domain::{
    Actor, AuditAction, AuditEntry, AuditId, HistoryId, KeyId, Reason, Timestamp, WorkspaceId,
};
use diesel::{Insertable, Queryable, Selectable};
use uuid::Uuid;

use crate::columns::{DbId, DbTime};
use crate::error::column;
use crate::schema::erasures;

const TABLE: &str = "erasures";

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = erasures)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct ErasureRow {
    pub(crate) workspace_id: DbId,
    pub(crate) target_id: DbId,
    pub(crate) kind: String,
    pub(crate) requested_at: DbTime,
    pub(crate) reason: Option<String>,
    pub(crate) key_id: Option<DbId>,
    pub(crate) actor_name: String,
    pub(crate) request_id: Option<String>,
}

impl ErasureRow {
    /// A deletion of this, with what its steps tell the audit of each conversation.
    pub(crate) fn audited(
        workspace: WorkspaceId,
        kind: ErasureKind,
        target: impl Into<Uuid>,
        entry: AuditEntry,
    ) -> Self {
        let requested_at = entry.id.created_at();
        let AuditEntry { id: _, action: _, target: _, reason, message_count: _, by, request_id } =
            entry;
        Self {
            reason: reason.map(Reason::into_string),
            request_id,
            ..Self::by(workspace, kind, target, requested_at, by)
        }
    }

    /// A deletion of this, with what its steps tell histories.
    pub(crate) fn by(
        workspace: WorkspaceId,
        kind: ErasureKind,
        target: impl Into<Uuid>,
        requested_at: Timestamp,
        Actor { key, name }: Actor,
    ) -> Self {
        Self {
            workspace_id: DbId::of(workspace),
            target_id: DbId::of(target),
            kind: kind.as_str().to_owned(),
            requested_at: DbTime(requested_at),
            reason: None,
            key_id: key.map(DbId::of),
            actor_name: name,
            request_id: None,
        }
    }

    pub(crate) fn kind(&self) -> Result<ErasureKind, RepositoryError> {
        column(TABLE, "kind", ErasureKind::of(&self.kind).ok_or("no such kind"))
    }

    /// What remains of each conversation. Which it was, and with how many messages, is for the
    /// storage to fill in.
    pub(crate) fn audit_entry(&self) -> Result<AuditEntry, RepositoryError> {
        let reason = self.reason.as_deref().map(Reason::parse).transpose();
        Ok(AuditEntry {
            id: AuditId::from_uuid(id_at(self.requested_at)),
            action: AuditAction::ConversationDeleted,
            target: self.target_id.0,
            reason: column(TABLE, "reason", reason)?,
            message_count: None,
            by: self.actor(),
            request_id: self.request_id.clone(),
        })
    }

    /// Whose time each entry of a history has.
    pub(crate) fn history_id(&self) -> HistoryId {
        HistoryId::from_uuid(id_at(self.requested_at))
    }

    /// Who asked for it.
    pub(crate) fn actor(&self) -> Actor {
        let key = self.key_id.map(|key| KeyId::from_uuid(key.0));
        Actor { key, name: self.actor_name.clone() }
    }
}

impl TryFrom<ErasureRow> for PendingErasure {
    type Error = RepositoryError;

    fn try_from(row: ErasureRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            workspace: WorkspaceId::from_uuid(row.workspace_id.0),
            target: row.target_id.0,
            kind: row.kind()?,
            requested_at: row.requested_at.0,
        })
    }
}

/// An id that carries a time and nothing else.
fn id_at(DbTime(time): DbTime) -> Uuid {
    let millis = u128::try_from(time.as_unix_millis()).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}
