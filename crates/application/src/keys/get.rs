//! Reading one API key.

use conversations_domain::KeyId;

use super::KeyService;
use crate::read_model::KeyDetails;
use crate::{Caller, Error};

impl KeyService {
    /// The key with this id; never its secret.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such key.
    pub async fn get(&self, caller: &Caller, id: KeyId) -> Result<KeyDetails, Error> {
        self.keys.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::MockKeyRepository;
    use crate::testing::{NOW, caller, key, key_service, time, workspace};

    async fn get(answer: Option<KeyDetails>) -> Result<KeyDetails, Error> {
        let mut keys = MockKeyRepository::new();
        keys.expect_find()
            .times(1)
            .with(eq(workspace()), eq(key(&[]).id))
            .returning(move |_, _| Ok(answer.clone()));
        key_service(keys).get(&caller(), key(&[]).id).await
    }

    #[tokio::test]
    async fn shows_the_key_and_when_it_was_last_used() {
        let stored = KeyDetails { key: key(&[]), last_used_at: Some(time(NOW - 1)) };

        let found = get(Some(stored.clone())).await;

        assert_eq!(found.ok(), Some(stored));
    }

    #[tokio::test]
    async fn reads_the_callers_workspace_only() {
        let found = get(None).await;

        assert!(matches!(found, Err(Error::NotFound)));
    }
}
