//! What a caller's own key is, which workspace it opens, and whom it speaks for.

use conversations_domain::{ApiKey, Permission, User, Workspace};

use super::{AuthenticationError, KeyService};
use crate::ports::KeyWithWorkspace;
use crate::{Caller, Error};

/// The key of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentKey {
    /// The key.
    pub key: ApiKey,
    /// Its workspace.
    pub workspace: Workspace,
    /// The user whom it speaks for; `None` as well when the caller may not read users.
    pub user: Option<User>,
}

impl KeyService {
    /// The key of the caller, and its workspace. It takes no permission: it says nothing of others,
    /// except for the user whom the key speaks for, to a caller that may read users. The key expires when
    /// the secret that was sent does.
    ///
    /// # Errors
    /// [`AuthenticationError::Invalid`] when it was revoked since the request was authenticated, or for
    /// a caller that has no key.
    pub async fn current(&self, caller: &Caller) -> Result<CurrentKey, AuthenticationError> {
        let id = caller.actor.key.ok_or(AuthenticationError::Invalid)?;
        let found = self.keys.find_with_workspace(caller.workspace, id).await;
        let found = found.map_err(Error::from)?.ok_or(AuthenticationError::Invalid)?;
        let KeyWithWorkspace { key, workspace } = found;
        let may_read = caller.permissions.allow(Permission::ReadUsers);
        let user = match key.user.filter(|_| may_read) {
            Some(user) => self.users.find(caller.workspace, user).await.map_err(Error::from)?,
            None => None,
        };
        let key = ApiKey { expires_at: caller.expires_at, ..key };
        Ok(CurrentKey { key, workspace, user })
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockKeyRepository, MockUserRepository};
    use crate::testing::{
        self, NOW, caller, caller_who_may, key, key_service_with_users, name, time, user_id,
        workspace,
    };

    fn stored() -> KeyWithWorkspace {
        let workspace = Workspace { id: workspace(), name: name("acme") };
        KeyWithWorkspace { key: key(&[]), workspace }
    }

    /// The stored key, which speaks for a user.
    fn stored_for_a_user() -> KeyWithWorkspace {
        let KeyWithWorkspace { key, workspace } = stored();
        KeyWithWorkspace { key: ApiKey { user: Some(user_id(1)), ..key }, workspace }
    }

    /// Asks for the key of this caller, of whom the storage knows this. There is one user.
    async fn current(
        caller: &Caller,
        found: Option<KeyWithWorkspace>,
    ) -> Result<CurrentKey, AuthenticationError> {
        let (mut keys, mut users) = (MockKeyRepository::new(), MockUserRepository::new());
        keys.expect_find_with_workspace()
            .with(eq(workspace()), eq(caller.actor.key.unwrap_or(key(&[]).id)))
            .returning(move |_, _| Ok(found.clone()));
        users
            .expect_find()
            .with(eq(workspace()), eq(user_id(1)))
            .returning(|_, id| Ok(Some(testing::user(id))));
        key_service_with_users(keys, users).current(caller).await
    }

    #[tokio::test]
    async fn shows_the_key_of_the_caller_and_its_workspace() {
        let found = current(&caller(), Some(stored())).await;

        let KeyWithWorkspace { key, workspace } = stored();
        assert_eq!(found.ok(), Some(CurrentKey { key, workspace, user: None }));
    }

    #[tokio::test]
    async fn whom_it_speaks_for_is_shown_to_those_who_may_read_users() {
        let reader = caller_who_may(&[Permission::ReadUsers]);
        let found = current(&reader, Some(stored_for_a_user())).await.ok();
        assert_eq!(found.and_then(|found| found.user), Some(testing::user(user_id(1))));

        let other = caller_who_may(&[Permission::WriteUsers, Permission::ReadConversations]);
        let found = current(&other, Some(stored_for_a_user())).await.expect("the key");
        assert_eq!((found.user, found.key.user), (None, Some(user_id(1))));
    }

    #[tokio::test]
    async fn the_key_ends_with_the_secret_that_was_sent() {
        let end = Some(time(NOW + 1));
        let with_an_old_secret = Caller { expires_at: end, ..caller() };

        let found = current(&with_an_old_secret, Some(stored())).await;

        assert_eq!(found.ok().map(|found| found.key.expires_at), Some(end));
    }

    #[tokio::test]
    async fn a_key_that_was_revoked_meanwhile_is_not_valid() {
        let found = current(&caller(), None).await;

        assert!(matches!(found, Err(AuthenticationError::Invalid)));
    }

    #[tokio::test]
    async fn a_caller_without_a_key_has_none() {
        let found = current(&Caller::at_the_command_line(workspace()), Some(stored())).await;

        assert!(matches!(found, Err(AuthenticationError::Invalid)));
    }
}
