//! An entry of the audit as callers see it.

use conversations_domain::{AuditAction, AuditEntry, AuditId, Reason, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::actor::ActorBody;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditBody {
    #[serde(rename = "_id")]
    id: AuditId,
    action: AuditAction,
    /// The id of what it was done to, which leads nowhere any more if that was deleted.
    target_id: Uuid,
    reason: Option<Reason>,
    message_count: Option<u64>,
    by: ActorBody,
    request_id: Option<String>,
    created_at: Timestamp,
}

impl From<AuditEntry> for AuditBody {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, action, target, reason, message_count, by, request_id } = entry;
        Self {
            id,
            action,
            target_id: target,
            reason,
            message_count,
            by: by.into(),
            request_id,
            created_at: id.created_at(),
        }
    }
}
