//! An entry of the audit as callers see it.

use conversations_domain::{AuditAction, AuditEntry, AuditId, ConversationId, Reason, Timestamp};
use uuid::Uuid;

use crate::actor::ActorBody;
use crate::body::response_body;
use crate::examples;
use crate::schema::ResponseBody;

response_body! {
    /// A record of a deletion, or of a change to a key.
    #[body(name = "AuditEntry")]
    pub(crate) struct AuditBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: AuditId,
        /// The action.
        action: AuditAction,
        // It no longer refers to anything if that was deleted.
        /// The id of the affected resource.
        target_id: Uuid,
        /// The reason. The audit keeps it, so it must not contain personal data.
        reason: Option<Reason>,
        /// Number of deleted messages.
        message_count: Option<u64>,
        /// The key or the operator that did it.
        by: ActorBody,
        /// The request id; null for the command line.
        request_id: Option<String>,
        /// Creation time.
        created_at: Timestamp,
    }
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

impl ResponseBody for AuditBody {
    fn example() -> Option<Self> {
        let entry = AuditEntry {
            id: AuditId::parse(examples::MESSAGE).ok()?,
            action: AuditAction::ConversationDeleted,
            target: ConversationId::parse(examples::CONVERSATION).ok()?.into(),
            reason: Reason::parse("asked for it").ok(),
            message_count: Some(2),
            by: examples::actor(),
            request_id: Some("import-17".to_owned()),
        };
        Some(entry.into())
    }
}
