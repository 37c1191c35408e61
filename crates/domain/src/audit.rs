//! What remains of a deletion, and of changes to keys: who, when, what, why; never the content.

use uuid::Uuid;

use crate::vocabulary::vocabulary;
use crate::{Actor, AuditId, Reason};

vocabulary! {
    /// What the audit records.
    AuditAction {
        ConversationDeleted = "conversation.deleted",
        MessageDeleted = "message.deleted",
        CustomerDeleted = "customer.deleted",
        CustomerErased = "customer.erased",
        UserDeleted = "user.deleted",
        InboxDeleted = "inbox.deleted",
        KeyCreated = "key.created",
        KeyUpdated = "key.updated",
        KeyRotated = "key.rotated",
        KeyRevoked = "key.revoked",
    }
}

/// An entry of a workspace's audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: AuditId,
    /// What was done.
    pub action: AuditAction,
    /// The id of what it was done to; it may be the only trace of it.
    pub target: Uuid,
    /// Why, if that was said.
    pub reason: Option<Reason>,
    /// How many messages went: all that a deleted conversation had, or the one that was deleted.
    pub message_count: Option<u64>,
    /// Who did it.
    pub by: Actor,
    /// The request that did it; none from the command line.
    pub request_id: Option<String>,
}
