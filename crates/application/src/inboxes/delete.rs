//! Deleting inboxes.

use conversations_domain::{AuditAction, InboxId, Reason};

use super::InboxService;
use crate::ports::{Commit, Deletion};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which inbox to delete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteInbox {
    /// Which one.
    pub id: InboxId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl InboxService {
    /// Deletes an inbox in which no conversation lies.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such inbox, or no longer;
    /// [`Error::PreconditionFailed`]; [`Error::Conflict`] when conversations lie in it.
    pub async fn delete(&self, caller: &Caller, command: DeleteInbox) -> Result<(), Error> {
        retry_on_conflict(async || self.try_delete(caller, command.clone()).await).await
    }

    async fn try_delete(&self, caller: &Caller, command: DeleteInbox) -> Result<(), Error> {
        let DeleteInbox { id, reason, precondition } = command;
        let context = self.contexts.begin();
        let audit = vec![caller.audit(&context, AuditAction::InboxDeleted, id, reason)];

        let observed =
            precondition.compare(self.get(caller, id)).await?.map(|inbox| inbox.version());
        let commit = Commit {
            write: Deletion { id, observed },
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        self.inboxes.delete(caller.workspace, commit).await?.into_result()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Conflict;
    use crate::ports::{DeletionOutcome, MockInboxRepository, RepositoryError};
    use crate::retry::ATTEMPTS;
    use crate::testing::{caller, context_factory, inbox, reason, state, tells, workspace};
    use conversations_domain::Version;

    async fn delete(inboxes: MockInboxRepository) -> Result<(), Error> {
        let command = DeleteInbox {
            id: inbox().id(),
            reason: Some(reason()),
            precondition: Precondition::None,
        };
        InboxService::new(Arc::new(inboxes), context_factory()).delete(&caller(), command).await
    }

    #[tokio::test]
    async fn an_empty_inbox_goes_and_leaves_an_audit_entry() {
        let mut inboxes = MockInboxRepository::new();
        inboxes
            .expect_delete()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let [entry] = audit.as_slice() else { return false };
                asked == workspace()
                    && *write == Deletion::of(inbox().id())
                    && history.is_empty()
                    && tells(entry, AuditAction::InboxDeleted, inbox().id(), Some(reason()))
            })
            .returning(|_, _| Ok(DeletionOutcome::Done));

        let deleted = delete(inboxes).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn an_inbox_that_is_absent_is_not_found() {
        let mut inboxes = MockInboxRepository::new();
        inboxes.expect_delete().times(1).returning(|_, _| Ok(DeletionOutcome::Absent));

        let deleted = delete(inboxes).await;

        assert!(matches!(deleted, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn an_inbox_with_conversations_stays() {
        let mut inboxes = MockInboxRepository::new();
        inboxes
            .expect_delete()
            .times(1)
            .returning(|_, _| Ok(DeletionOutcome::InUse { conversations: 3 }));

        let deleted = delete(inboxes).await;

        let in_use = Conflict::InUse { conversations: 3 };
        assert!(matches!(deleted, Err(Error::Conflict(conflict)) if conflict == in_use));
    }

    #[tokio::test]
    async fn a_conversation_that_began_meanwhile_is_counted() {
        let mut inboxes = MockInboxRepository::new();
        inboxes.expect_delete().times(1).returning(|_, _| Err(RepositoryError::Stale));
        inboxes
            .expect_delete()
            .times(1)
            .returning(|_, _| Ok(DeletionOutcome::InUse { conversations: 1 }));

        let deleted = delete(inboxes).await;

        let in_use = Conflict::InUse { conversations: 1 };
        assert!(matches!(deleted, Err(Error::Conflict(conflict)) if conflict == in_use));
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut inboxes = MockInboxRepository::new();
        inboxes
            .expect_delete()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let deleted = delete(inboxes).await;

        assert!(matches!(deleted, Err(Error::WriteConflict)));
    }

    #[tokio::test]
    async fn deletes_only_the_observed_version() {
        for (tag, there) in [("2", false), ("1", true)] {
            let mut inboxes = MockInboxRepository::new();
            inboxes.expect_find().times(1).returning(|_, _| Ok(Some(inbox())));
            inboxes
                .expect_delete()
                .times(usize::from(there))
                .withf(|_, commit| commit.write.observed == Some(Version::FIRST))
                .returning(|_, _| Ok(DeletionOutcome::Done));

            let command = DeleteInbox { id: inbox().id(), reason: None, precondition: state(tag) };
            let service = InboxService::new(Arc::new(inboxes), context_factory());
            let deleted = service.delete(&caller(), command).await;

            assert_eq!(deleted.is_ok(), there);
            assert_eq!(matches!(deleted, Err(Error::PreconditionFailed)), !there);
        }
    }
}
