//! Changing inboxes.

use conversations_domain::{Inbox, InboxChanges, InboxId};

use super::InboxService;
use crate::ports::{Commit, Updated};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// What is wanted of an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateInbox {
    /// Which one.
    pub id: InboxId,
    /// What should become of it.
    pub changes: InboxChanges,
    /// The precondition, so that the caller does not change an unseen state.
    pub precondition: Precondition,
}

impl InboxService {
    /// Changes an inbox and answers it as it is then. What is set to the value that it has changes
    /// nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`]; [`Error::WriteConflict`] when others keep changing it.
    pub async fn update(&self, caller: &Caller, command: UpdateInbox) -> Result<Inbox, Error> {
        retry_on_conflict(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(&self, caller: &Caller, command: UpdateInbox) -> Result<Inbox, Error> {
        let UpdateInbox { id, changes, precondition } = command;
        let context = self.contexts.begin();

        let mut inbox = self.get(caller, id).await?;
        precondition.check(&inbox)?;
        let before = inbox.clone();
        if !inbox.change(changes, context.now()) {
            return Ok(inbox);
        }
        let write = Updated {
            changed: inbox.clone(),
            loaded: before.version(),
            fields: inbox.changed_since(&before),
        };
        let commit = Commit::of(caller.origin(&context), write);
        self.inboxes.update(caller.workspace, commit).await?;
        Ok(inbox)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{Change, Channel, Version};
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockInboxRepository, RepositoryError};
    use crate::retry::ATTEMPTS;
    use crate::testing::{NOW, caller, context_factory, inbox, name, time, workspace};

    /// A storage that has the inbox.
    fn storage() -> MockInboxRepository {
        let mut inboxes = MockInboxRepository::new();
        inboxes
            .expect_find()
            .with(eq(workspace()), eq(inbox().id()))
            .returning(|_, _| Ok(Some(inbox())));
        inboxes
    }

    async fn update(inboxes: MockInboxRepository, changes: InboxChanges) -> Result<Inbox, Error> {
        let command = UpdateInbox { id: inbox().id(), changes, precondition: Precondition::None };
        InboxService::new(Arc::new(inboxes), context_factory()).update(&caller(), command).await
    }

    fn renamed() -> InboxChanges {
        InboxChanges { name: Change::To(name("Sales")), ..InboxChanges::default() }
    }

    #[tokio::test]
    async fn an_unknown_inbox_is_not_found() {
        let mut inboxes = MockInboxRepository::new();
        inboxes
            .expect_find()
            .times(1)
            .with(eq(workspace()), eq(inbox().id()))
            .returning(|_, _| Ok(None));

        let updated = update(inboxes, renamed()).await;

        assert!(matches!(updated, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn an_unchanged_update_writes_nothing() {
        let (name, channel) = (Change::To(name("Support")), Change::To(Channel::Email));

        let updated = update(storage(), InboxChanges { name, channel }).await;

        assert_eq!(updated.ok(), Some(inbox()));
    }

    #[tokio::test]
    async fn returns_what_it_stored() {
        let (stored, shown) = std::sync::mpsc::channel();
        let mut inboxes = storage();
        inboxes
            .expect_update()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                asked == workspace()
                    && write.loaded == Version::FIRST
                    && history.is_empty()
                    && audit.is_empty()
            })
            .returning(move |_, commit| {
                stored.send(commit.write.changed).expect("the test listens");
                Ok(())
            });

        let updated = update(inboxes, renamed()).await.expect("updated");

        assert_eq!(shown.recv(), Ok(updated.clone()));
        let updated = updated.into_parts();
        assert_eq!(updated.name, name("Sales"));
        assert_eq!(updated.updated_at, time(NOW));
        assert_eq!(updated.version, Version::FIRST.next());
    }

    #[tokio::test]
    async fn a_stale_write_is_retried_on_the_newest_version() {
        let mut moved = inbox();
        let by_others = InboxChanges { channel: Change::To(Channel::Chat), ..Default::default() };
        assert!(moved.change(by_others, time(NOW - 1)));
        let newest = moved.version();
        let mut inboxes = MockInboxRepository::new();
        inboxes.expect_find().times(1).returning(|_, _| Ok(Some(inbox())));
        inboxes.expect_find().times(1).returning(move |_, _| Ok(Some(moved.clone())));
        inboxes
            .expect_update()
            .times(1)
            .withf(|_, commit| commit.write.loaded == Version::FIRST)
            .returning(|_, _| Err(RepositoryError::Stale));
        inboxes
            .expect_update()
            .times(1)
            .withf(move |_, commit| commit.write.loaded == newest)
            .returning(|_, _| Ok(()));

        let updated = update(inboxes, renamed()).await;

        let updated = updated.expect("the second attempt succeeds").into_parts();
        assert_eq!((updated.name, updated.channel), (name("Sales"), Channel::Chat));
        assert_eq!(updated.version, newest.next());
    }

    #[tokio::test]
    async fn an_inbox_that_vanished_meanwhile_is_not_found() {
        let mut inboxes = MockInboxRepository::new();
        inboxes.expect_find().times(1).returning(|_, _| Ok(Some(inbox())));
        inboxes.expect_find().times(1).returning(|_, _| Ok(None));
        inboxes.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(inboxes, renamed()).await;

        assert!(matches!(updated, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut inboxes = storage();
        inboxes
            .expect_update()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(inboxes, renamed()).await;

        assert!(matches!(updated, Err(Error::WriteConflict)));
    }
}
