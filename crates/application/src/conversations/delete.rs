//! Erasing a conversation.

use conversations_domain::{AuditAction, AuditEntry, AuditId, ConversationId, Reason};

use super::ConversationService;
use crate::ports::Erasure;
use crate::{Caller, Error};

/// Which conversation shall go, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteConversation {
    /// Which one.
    pub id: ConversationId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
}

impl ConversationService {
    /// Erases a conversation and everything that belongs to it, for good; an audit entry without
    /// any of its content stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation, or no longer.
    pub async fn delete(&self, caller: &Caller, command: DeleteConversation) -> Result<(), Error> {
        let DeleteConversation { id, reason } = command;
        let moment = self.moments.begin();
        let audit = AuditEntry {
            id: AuditId::from_uuid(moment.next_id()),
            action: AuditAction::ConversationDeleted,
            target: id.as_uuid(),
            reason,
            message_count: None,
            by: caller.actor.clone(),
            request_id: Some(caller.request_id.clone()),
        };

        let erasure = Erasure { conversation: id, audit };
        match self.conversations.erase(caller.workspace, erasure).await? {
            Some(_) => Ok(()),
            None => Err(Error::NotFound),
        }
    }
}
