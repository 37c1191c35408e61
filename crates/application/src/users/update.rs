//! Changing users.

use conversations_domain::{User, UserChanges, UserId};

use super::UserService;
use crate::ports::{Commit, RepositoryError, Updated};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Changes to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateUser {
    /// Which one.
    pub id: UserId,
    /// What should become of it.
    pub changes: UserChanges,
    /// The precondition, so that the caller does not change an unseen state.
    pub precondition: Precondition,
}

impl UserService {
    /// Changes a user and answers them as they are then. What is set to the value that it has changes
    /// nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`]; [`Error::Conflict`] when the e-mail
    /// address is already in use; [`Error::WriteConflict`] when others keep changing them.
    pub async fn update(&self, caller: &Caller, command: UpdateUser) -> Result<User, Error> {
        retry_on_conflict(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(&self, caller: &Caller, command: UpdateUser) -> Result<User, Error> {
        let UpdateUser { id, changes, precondition } = command;
        let user = self.get(caller, id).await?;
        self.change(caller, user, changes, &precondition).await
    }

    /// Changes a user as they were loaded.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        mut user: User,
        changes: UserChanges,
        precondition: &Precondition,
    ) -> Result<User, Error> {
        let context = self.contexts.begin();
        precondition.check(&user)?;
        let before = user.clone();
        if !user.change(changes, context.now()) {
            return Ok(user);
        }
        let write = Updated {
            changed: user.clone(),
            loaded: before.version(),
            fields: user.changed_since(&before),
        };
        let commit = Commit::of(caller.origin(&context), write);
        match self.users.update(caller.workspace, commit).await {
            Ok(()) => Ok(user),
            Err(RepositoryError::Duplicate) => {
                Err(self.conflict_of(caller.workspace, &user).await?.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{Change, Role, Version};
    use mockall::predicate::eq;

    use super::*;
    use crate::Conflict;
    use crate::ports::MockUserRepository;
    use crate::retry::ATTEMPTS;
    use crate::testing::{
        NOW, caller, context_factory, email, name, nothing_left, time, user, user_id, workspace,
    };

    /// A storage that has the user.
    fn storage() -> MockUserRepository {
        let mut users = MockUserRepository::new();
        users
            .expect_find()
            .with(eq(workspace()), eq(user_id(1)))
            .returning(|_, id| Ok(Some(user(id))));
        users
    }

    async fn update(users: MockUserRepository, changes: UserChanges) -> Result<User, Error> {
        let command = UpdateUser { id: user_id(1), changes, precondition: Precondition::None };
        UserService::new(Arc::new(users), nothing_left(), context_factory())
            .update(&caller(), command)
            .await
    }

    fn renamed() -> UserChanges {
        UserChanges { name: Change::To(name("Rear Admiral")), ..UserChanges::default() }
    }

    #[tokio::test]
    async fn an_unknown_user_is_not_found() {
        let mut users = MockUserRepository::new();
        users
            .expect_find()
            .times(1)
            .with(eq(workspace()), eq(user_id(1)))
            .returning(|_, _| Ok(None));

        let updated = update(users, renamed()).await;

        assert!(matches!(updated, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn an_unchanged_update_writes_nothing() {
        let same = UserChanges {
            external_id: Change::To(None),
            name: Change::To(name("Grace")),
            email: Change::To(email("grace@example.org")),
            role: Change::To(Role::Agent),
        };

        let updated = update(storage(), same).await;

        assert_eq!(updated.ok(), Some(user(user_id(1))));
    }

    #[tokio::test]
    async fn returns_what_it_stored() {
        let (stored, shown) = std::sync::mpsc::channel();
        let mut users = storage();
        users
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

        let updated = update(users, renamed()).await.expect("updated");

        assert_eq!(shown.recv(), Ok(updated.clone()));
        let updated = updated.into_parts();
        assert_eq!(updated.name, name("Rear Admiral"));
        assert_eq!(updated.updated_at, time(NOW));
        assert_eq!(updated.version, Version::FIRST.next());
    }

    #[tokio::test]
    async fn a_stale_write_is_retried_on_the_newest_version() {
        let mut promoted = user(user_id(1));
        let by_others = UserChanges { role: Change::To(Role::Admin), ..UserChanges::default() };
        assert!(promoted.change(by_others, time(NOW - 1)));
        let newest = promoted.version();
        let mut users = MockUserRepository::new();
        users.expect_find().times(1).returning(|_, id| Ok(Some(user(id))));
        users.expect_find().times(1).returning(move |_, _| Ok(Some(promoted.clone())));
        users
            .expect_update()
            .times(1)
            .withf(|_, commit| commit.write.loaded == Version::FIRST)
            .returning(|_, _| Err(RepositoryError::Stale));
        users
            .expect_update()
            .times(1)
            .withf(move |_, commit| commit.write.loaded == newest)
            .returning(|_, _| Ok(()));

        let updated = update(users, renamed()).await;

        let updated = updated.expect("the second attempt succeeds").into_parts();
        assert_eq!((updated.name, updated.role), (name("Rear Admiral"), Role::Admin));
        assert_eq!(updated.version, newest.next());
    }

    #[tokio::test]
    async fn a_user_who_vanished_meanwhile_is_not_found() {
        let mut users = MockUserRepository::new();
        users.expect_find().times(1).returning(|_, id| Ok(Some(user(id))));
        users.expect_find().times(1).returning(|_, _| Ok(None));
        users.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(users, renamed()).await;

        assert!(matches!(updated, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn gives_up_after_the_last_attempt() {
        let mut users = storage();
        users
            .expect_update()
            .times(ATTEMPTS as usize)
            .returning(|_, _| Err(RepositoryError::Stale));

        let updated = update(users, renamed()).await;

        assert!(matches!(updated, Err(Error::WriteConflict)));
    }

    #[tokio::test]
    async fn a_taken_email_conflicts_and_is_not_tried_again() {
        let mut users = storage();
        users.expect_update().times(1).returning(|_, _| Err(RepositoryError::Duplicate));

        let taken = Change::To(email("taken@example.org"));
        let updated = update(users, UserChanges { email: taken, ..UserChanges::default() }).await;

        assert!(matches!(updated, Err(Error::Conflict(Conflict::EmailTaken))));
    }
}
