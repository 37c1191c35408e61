//! Deleting users.

use conversations_domain::{AuditAction, HistoryId, Reason, UserId};

use super::UserService;
use crate::ports::{Commit, ErasureProgress, RepositoryError, UserDeletion};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which user to delete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteUser {
    /// Which one.
    pub id: UserId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl UserService {
    /// Deletes a user. The conversations that were assigned to them become unassigned, and their
    /// histories record it; what the user wrote stays. The user is no longer visible then. Of many
    /// conversations some may still wait for that entry, which the answer says.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such user, or no longer;
    /// [`Error::PreconditionFailed`].
    pub async fn delete(
        &self,
        caller: &Caller,
        command: DeleteUser,
    ) -> Result<ErasureProgress, Error> {
        let id = command.id;
        retry_on_conflict(async || self.try_delete(caller, command.clone()).await).await?;
        Ok(self.erasures.finish(caller.workspace, id).await)
    }

    async fn try_delete(&self, caller: &Caller, command: DeleteUser) -> Result<(), Error> {
        let DeleteUser { id, reason, precondition } = command;
        let context = self.contexts.begin();
        let write = UserDeletion {
            user: id,
            observed: precondition.compare(self.get(caller, id)).await?.map(|user| user.version()),
            history: HistoryId::from_uuid(context.next_id()),
            by: caller.actor.clone(),
        };
        let audit = vec![caller.audit(&context, AuditAction::UserDeleted, id, reason)];

        let commit = Commit {
            write,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        match self.users.delete(caller.workspace, commit).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::NotFound),
            // An entry of the same conversation and the same millisecond: the next one is free.
            Err(RepositoryError::Duplicate) => Err(Error::WriteConflict),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ports::{MockUserRepository, RepositoryError};
    use crate::retry::ATTEMPTS;
    use crate::testing::{
        NOW, caller, context_factory, nothing_left, reason, state, tells, time, user, user_id,
        workspace,
    };
    use conversations_domain::Version;

    async fn delete(users: MockUserRepository) -> Result<ErasureProgress, Error> {
        let command =
            DeleteUser { id: user_id(1), reason: Some(reason()), precondition: Precondition::None };
        UserService::new(Arc::new(users), nothing_left(), context_factory())
            .delete(&caller(), command)
            .await
    }

    #[tokio::test]
    async fn history_and_audit_tell_of_one_deletion() {
        let mut users = MockUserRepository::new();
        users
            .expect_delete()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let UserDeletion { user, observed: None, history: unassigned, by } = write else {
                    return false;
                };
                let [entry] = audit.as_slice() else { return false };
                asked == workspace()
                    && *user == user_id(1)
                    && unassigned.created_at() == time(NOW)
                    && *by == caller().actor
                    && history.is_empty()
                    && tells(entry, AuditAction::UserDeleted, user_id(1), Some(reason()))
            })
            .returning(|_, _| Ok(true));

        let deleted = delete(users).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn a_user_who_is_absent_is_not_found() {
        let mut users = MockUserRepository::new();
        users.expect_delete().times(1).returning(|_, _| Ok(false));

        let deleted = delete(users).await;

        assert!(matches!(deleted, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn a_deletion_that_met_another_write_is_tried_again() {
        let mut users = MockUserRepository::new();
        users.expect_delete().times(1).returning(|_, _| Err(RepositoryError::Stale));
        users.expect_delete().times(1).returning(|_, _| Ok(true));

        let deleted = delete(users).await;

        assert!(deleted.is_ok());
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut users = MockUserRepository::new();
        users
            .expect_delete()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let deleted = delete(users).await;

        assert!(matches!(deleted, Err(Error::WriteConflict)));
    }

    #[tokio::test]
    async fn a_deletion_that_takes_too_long_is_not_tried_again() {
        let mut users = MockUserRepository::new();
        users
            .expect_delete()
            .times(1)
            .returning(|_, _| Err(RepositoryError::Unavailable("too long".into())));

        let deleted = delete(users).await;

        assert!(matches!(deleted, Err(Error::Unavailable(_))));
    }

    #[tokio::test]
    async fn deletes_only_the_observed_version() {
        for (tag, there) in [("2", false), ("1", true)] {
            let mut users = MockUserRepository::new();
            users.expect_find().times(1).returning(|_, _| Ok(Some(user(user_id(1)))));
            users
                .expect_delete()
                .times(usize::from(there))
                .withf(|_, commit| commit.write.observed == Some(Version::FIRST))
                .returning(|_, _| Ok(true));

            let command = DeleteUser { id: user_id(1), reason: None, precondition: state(tag) };
            let service = UserService::new(Arc::new(users), nothing_left(), context_factory());
            let deleted = service.delete(&caller(), command).await;

            assert_eq!(deleted.is_ok(), there);
            assert_eq!(matches!(deleted, Err(Error::PreconditionFailed)), !there);
        }
    }
}
