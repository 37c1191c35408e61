//! An entry of the audit as a line.

use conversations_domain::{AuditAction, AuditEntry, AuditId, Reason, Timestamp};

use super::ActorRecord;
use crate::field::{AnyId, Number, PlainText};
use crate::object::object;

object! {
    /// An entry of the audit.
    AuditRecord as "audit" {
        /// Unique id (UUIDv7).
        id: AuditId = "_id",
        /// The action.
        action: AuditAction = "action",
        /// The id of the affected resource, which may no longer exist.
        target_id: AnyId = "targetId",
        /// The reason.
        reason: Option<Reason> = "reason",
        /// Number of deleted messages.
        message_count: Option<Number> = "messageCount",
        /// Who did it.
        by: ActorRecord = "by",
        /// The request id; null for the command line.
        request_id: Option<PlainText> = "requestId",
        /// Creation time: the time inside the id.
        created_at: Timestamp = "createdAt",
    }
}

impl From<AuditEntry> for AuditRecord {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, action, target, reason, message_count, by, request_id } = entry;
        Self {
            id,
            action,
            target_id: AnyId(target),
            reason,
            message_count: message_count.map(Number),
            by: by.into(),
            request_id: request_id.map(PlainText),
            created_at: id.created_at(),
        }
    }
}

impl From<AuditRecord> for AuditEntry {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord {
            id,
            action,
            target_id: AnyId(target),
            reason,
            message_count,
            by,
            request_id,
            created_at: _,
        } = record;
        let message_count = message_count.map(|Number(count)| count);
        let request_id = request_id.map(|PlainText(text)| text);
        Self { id, action, target, reason, message_count, by: by.into(), request_id }
    }
}
