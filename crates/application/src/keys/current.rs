//! What a caller's own key is, and which workspace it opens.

use conversations_domain::ApiKey;

use super::{AuthenticationError, KeyService};
use crate::ports::KeyWithWorkspace;
use crate::{Caller, Error};

impl KeyService {
    /// The key of the caller, and its workspace. It takes no permission: it says nothing of others. The
    /// key expires when the secret that was sent does.
    ///
    /// # Errors
    /// [`AuthenticationError::Invalid`] when it was revoked since the request was authenticated, or for
    /// a caller that has no key.
    pub async fn current(&self, caller: &Caller) -> Result<KeyWithWorkspace, AuthenticationError> {
        let id = caller.actor.key.ok_or(AuthenticationError::Invalid)?;
        let found = self.keys.find_with_workspace(caller.workspace, id).await;
        let found = found.map_err(Error::from)?.ok_or(AuthenticationError::Invalid)?;
        let KeyWithWorkspace { key, workspace } = found;
        let key = ApiKey { expires_at: caller.expires_at, ..key };
        Ok(KeyWithWorkspace { key, workspace })
    }
}

#[cfg(test)]
mod tests {
    use conversations_domain::Workspace;
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::MockKeyRepository;
    use crate::testing::{NOW, caller, key, key_service, name, time, workspace};

    fn stored() -> KeyWithWorkspace {
        let workspace = Workspace { id: workspace(), name: name("acme") };
        KeyWithWorkspace { key: key(&[]), workspace }
    }

    /// Asks for the key of this caller, of whom the storage knows this.
    async fn current(
        caller: &Caller,
        found: Option<KeyWithWorkspace>,
    ) -> Result<KeyWithWorkspace, AuthenticationError> {
        let mut keys = MockKeyRepository::new();
        keys.expect_find_with_workspace()
            .with(eq(workspace()), eq(caller.actor.key.unwrap_or(key(&[]).id)))
            .returning(move |_, _| Ok(found.clone()));
        key_service(keys).current(caller).await
    }

    #[tokio::test]
    async fn shows_the_key_of_the_caller_and_its_workspace() {
        let found = current(&caller(), Some(stored())).await;

        assert_eq!(found.ok(), Some(stored()));
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
    async fn somebody_without_a_key_has_none() {
        let found = current(&Caller::at_the_command_line(workspace()), Some(stored())).await;

        assert!(matches!(found, Err(AuthenticationError::Invalid)));
    }
}
