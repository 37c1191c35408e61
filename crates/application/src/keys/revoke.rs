//! Revoking API keys.

use conversations_domain::{AuditAction, AuditEntry, AuditId, KeyId};

use super::KeyService;
use crate::Error;
use crate::ports::Commit;

impl KeyService {
    /// Revokes a key, in whatever workspace it is, for somebody at the command line.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such key.
    pub async fn revoke(&self, id: KeyId) -> Result<(), Error> {
        let moment = self.moments.begin();
        let key = self.keys.find_anywhere(id).await?.ok_or(Error::NotFound)?;
        let audit_id = AuditId::from_uuid(moment.next_id());
        let audit = AuditEntry::at_the_command_line(audit_id, AuditAction::KeyRevoked, id.into());

        let commit = Commit { write: id, history: Vec::new(), audit: vec![audit] };
        if self.keys.revoke(key.workspace, commit).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{ApiKey, Permissions, Source};

    use super::*;
    use crate::keys::{KeyOrder, prepare};
    use crate::ports::MockKeyRepository;
    use crate::testing::{NOW, moments, name, time, workspace};
    use conversations_domain::Actor;

    fn key() -> ApiKey {
        let order = KeyOrder {
            name: name("robot"),
            permissions: Permissions::default(),
            source: Source::Api,
            expires_at: None,
        };
        prepare(workspace(), order, &moments().begin()).expect("a key").0.key
    }

    async fn revoke(id: KeyId, keys: MockKeyRepository) -> Result<(), Error> {
        KeyService::new(Arc::new(keys), moments()).revoke(id).await
    }

    #[tokio::test]
    async fn an_unknown_key_is_not_found() {
        let mut keys = MockKeyRepository::new();
        keys.expect_find_anywhere().returning(|_| Ok(None));

        assert!(matches!(revoke(key().id, keys).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn goes_from_its_own_workspace_and_leaves_an_audit_entry() {
        let mut keys = MockKeyRepository::new();
        let key = key();
        let (id, found) = (key.id, key.clone());
        keys.expect_find_anywhere().returning(move |_| Ok(Some(found.clone())));
        keys.expect_revoke()
            .times(1)
            .withf(move |&asked, Commit { write, history, audit }| {
                let [entry] = audit.as_slice() else { return false };
                asked == workspace()
                    && *write == id
                    && history.is_empty()
                    && entry.action == AuditAction::KeyRevoked
                    && entry.target == id.as_uuid()
                    && entry.by == Actor::command_line()
                    && entry.id.created_at() == time(NOW)
            })
            .returning(|_, _| Ok(true));

        assert!(revoke(id, keys).await.is_ok());
    }

    #[tokio::test]
    async fn a_key_that_vanished_meanwhile_is_not_found() {
        let mut keys = MockKeyRepository::new();
        keys.expect_find_anywhere().returning(|_| Ok(Some(key())));
        keys.expect_revoke().returning(|_, _| Ok(false));

        assert!(matches!(revoke(key().id, keys).await, Err(Error::NotFound)));
    }
}
