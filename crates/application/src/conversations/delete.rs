//! Erasing a conversation.

use conversations_domain::{AuditAction, ConversationId, Reason};

use super::ConversationService;
use crate::ports::{ConversationErasure, ErasureProgress};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which conversation to delete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteConversation {
    /// Which one.
    pub id: ConversationId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl ConversationService {
    /// Permanently erases a conversation and everything that belongs to it; an audit entry without
    /// any of its content stays. It is no longer visible then. Parts of a long one may still be
    /// stored; the result says so.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation, or no longer;
    /// [`Error::PreconditionFailed`] when it is in another state than the caller demands.
    pub async fn delete(
        &self,
        caller: &Caller,
        command: DeleteConversation,
    ) -> Result<ErasureProgress, Error> {
        let id = command.id;
        retry_on_conflict(async || self.try_delete(caller, command.clone()).await).await?;
        Ok(self.erasures.finish(caller.workspace, id).await)
    }

    async fn try_delete(&self, caller: &Caller, command: DeleteConversation) -> Result<(), Error> {
        let DeleteConversation { id, reason, precondition } = command;
        let context = self.contexts.begin();
        let audit = caller.audit(&context, AuditAction::ConversationDeleted, id, reason);

        let observed = precondition
            .compare(self.get(caller, id))
            .await?
            .map(|details| details.observed_versions());
        let erasure = ConversationErasure { conversation: id, observed, audit };
        match self.conversations.erase(caller.workspace, erasure).await? {
            Some(_) => Ok(()),
            None => Err(Error::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::{always, eq};

    use super::*;
    use crate::testing::{NOW, Ports, caller, conversation_id, details, state, time, workspace};

    fn because(reason: Option<&str>) -> DeleteConversation {
        let reason = reason.map(|text| Reason::parse(text).expect("a reason"));
        DeleteConversation { id: conversation_id(), reason, precondition: Precondition::None }
    }

    #[tokio::test]
    async fn a_missing_conversation_is_not_found() {
        let mut ports = Ports::default();
        ports
            .conversations
            .expect_erase()
            .times(1)
            .with(eq(workspace()), always())
            .returning(|_, _| Ok(None));

        let deleted = ports.conversation_service().delete(&caller(), because(None)).await;

        assert!(matches!(deleted, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn the_audit_records_who_what_why_and_when() {
        let mut ports = Ports::default();
        ports
            .conversations
            .expect_erase()
            .times(1)
            .withf(|_, ConversationErasure { conversation, observed, audit }| {
                observed.is_none()
                    && *conversation == conversation_id()
                    && audit.id.created_at() == time(NOW)
                    && audit.action == AuditAction::ConversationDeleted
                    && audit.target == conversation_id().as_uuid()
                    && audit.reason == Reason::parse("asked for it").ok()
                    && audit.by == caller().actor
                    && audit.request_id == caller().request_id
            })
            .returning(|_, _| Ok(Some(3)));

        let service = ports.conversation_service();
        let deleted = service.delete(&caller(), because(Some("asked for it"))).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn a_reason_is_not_needed() {
        let mut ports = Ports::default();
        ports
            .conversations
            .expect_erase()
            .times(1)
            .withf(|_, erasure| erasure.audit.reason.is_none())
            .returning(|_, _| Ok(Some(0)));

        let deleted = ports.conversation_service().delete(&caller(), because(None)).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn erases_only_the_observed_version() {
        for (tag, there) in [("2-0-0", false), ("1-0-0", true)] {
            let mut ports = Ports::with_conversation(details());
            ports
                .conversations
                .expect_erase()
                .times(usize::from(there))
                .withf(|_, erasure| erasure.observed == Some(details().observed_versions()))
                .returning(|_, _| Ok(Some(0)));

            let command = DeleteConversation { precondition: state(tag), ..because(None) };
            let deleted = ports.conversation_service().delete(&caller(), command).await;

            assert_eq!(deleted.is_ok(), there);
            assert_eq!(matches!(deleted, Err(Error::PreconditionFailed)), !there);
        }
    }
}
