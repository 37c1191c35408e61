//! Deleting a message.

use conversations_domain::{AuditAction, ConversationId, MessageId, Reason};

use super::MessageService;
use crate::ports::{Commit, MessageDeletion};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which message to delete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteMessage {
    /// The conversation that it belongs to.
    pub conversation: ConversationId,
    /// Which one.
    pub id: MessageId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl MessageService {
    /// Permanently deletes a message. The conversation counts one less, and the number is not used
    /// again.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation, or the conversation no
    /// such message, or no longer; [`Error::PreconditionFailed`].
    pub async fn delete(&self, caller: &Caller, command: DeleteMessage) -> Result<(), Error> {
        retry_on_conflict(async || self.try_delete(caller, command.clone()).await).await
    }

    async fn try_delete(&self, caller: &Caller, command: DeleteMessage) -> Result<(), Error> {
        let DeleteMessage { conversation, id, reason, precondition } = command;
        precondition.compare(self.get(caller, conversation, id)).await?;
        let context = self.contexts.begin();
        let write = MessageDeletion { conversation, message: id, now: context.now() };
        let mut audit = caller.audit(&context, AuditAction::MessageDeleted, id, reason);
        audit.message_count = Some(1);

        let commit = Commit {
            write,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit: vec![audit],
            response: (),
        };
        let deleted = self.messages.delete(caller.workspace, commit).await?;
        if deleted { Ok(()) } else { Err(Error::NotFound) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::testing::{NOW, Ports, caller, conversation_id, reason, tells, time, workspace};

    fn message_id() -> MessageId {
        MessageId::from_uuid(Uuid::from_u128(800))
    }

    async fn delete(ports: Ports, reason: Option<Reason>) -> Result<(), Error> {
        let command = DeleteMessage {
            conversation: conversation_id(),
            id: message_id(),
            reason,
            precondition: Precondition::None,
        };
        ports.message_service().delete(&caller(), command).await
    }

    #[tokio::test]
    async fn deletes_at_the_time_of_the_command_and_audits_it() {
        let mut ports = Ports::default();
        ports
            .messages
            .expect_delete()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let MessageDeletion { conversation, message, now } = *write;
                let [entry] = audit.as_slice() else { return false };
                asked == workspace()
                    && conversation == conversation_id()
                    && message == message_id()
                    && now == time(NOW)
                    && history.is_empty()
                    && tells(entry, AuditAction::MessageDeleted, message_id(), Some(reason()))
                    && entry.message_count == Some(1)
            })
            .returning(|_, _| Ok(true));

        let deleted = delete(ports, Some(reason())).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn a_reason_is_not_needed() {
        let mut ports = Ports::default();
        ports
            .messages
            .expect_delete()
            .times(1)
            .withf(|_, commit| commit.audit.iter().all(|entry| entry.reason.is_none()))
            .returning(|_, _| Ok(true));

        let deleted = delete(ports, None).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn a_message_that_is_absent_is_not_found() {
        let mut ports = Ports::default();
        ports.messages.expect_delete().times(1).returning(|_, _| Ok(false));

        let deleted = delete(ports, Some(reason())).await;

        assert!(matches!(deleted, Err(Error::NotFound)));
    }
}
