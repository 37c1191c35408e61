//! An entry of the audit as callers see it.

use conversations_domain::{AuditAction, AuditEntry, AuditId, ConversationId, Reason, Timestamp};
use uuid::Uuid;

use crate::actor::ActorBody;
use crate::body::response_body;
use crate::examples;
use crate::schema::Shown;

response_body! {
    /// What remains of a deletion, and of a change of a key.
    #[body(name = "AuditEntry")]
    pub(crate) struct AuditBody {
        /// Its id.
        #[serde(rename = "_id")]
        id: AuditId,
        /// What was done.
        action: AuditAction,
        // It leads nowhere any more if that was deleted.
        /// The id of what it was done to.
        target_id: Uuid,
        /// Why, for the audit, which keeps it: personal data does not belong in it.
        reason: Option<Reason>,
        /// How many messages went.
        message_count: Option<u64>,
        /// Who did it.
        by: ActorBody,
        /// The request; null from the command line.
        request_id: Option<String>,
        /// When.
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

impl Shown for AuditBody {
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
