//! Records of deletions and of changes to keys and webhooks: who, when, what, why; never the content.

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
        WebhookCreated = "webhook.created",
        WebhookUpdated = "webhook.updated",
        WebhookSecretRotated = "webhook.secret_rotated",
        WebhookDeleted = "webhook.deleted",
    }
}

/// An entry of a workspace's audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: AuditId,
    /// What was done.
    pub action: AuditAction,
    /// The id of the affected resource, which may no longer exist.
    pub target: Uuid,
    /// The reason, if one was given.
    pub reason: Option<Reason>,
    /// The number of deleted messages: those of the deleted conversation, or 1 for a deleted
    /// message.
    pub message_count: Option<u64>,
    /// Who did it.
    pub by: Actor,
    /// The request id; none for the command line.
    pub request_id: Option<String>,
}
