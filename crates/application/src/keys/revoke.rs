//! Revoking API keys.

use conversations_domain::{AuditAction, KeyId, Reason};

use super::KeyService;
use crate::ports::Commit;
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// Which key to revoke, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeKey {
    /// Which one.
    pub id: KeyId,
    /// Why, for the audit.
    pub reason: Option<Reason>,
    /// The precondition, so that the caller does not delete an unseen state.
    pub precondition: Precondition,
}

impl KeyService {
    /// Revokes a key: from now on it opens nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such key, or no longer;
    /// [`Error::PreconditionFailed`] when a state is demanded, because keys have no tags.
    pub async fn revoke(&self, caller: &Caller, command: RevokeKey) -> Result<(), Error> {
        retry_on_conflict(async || self.try_revoke(caller, command.clone()).await).await
    }

    async fn try_revoke(&self, caller: &Caller, command: RevokeKey) -> Result<(), Error> {
        let RevokeKey { id, reason, precondition } = command;
        if precondition.requires_state() {
            self.get(caller, id).await?;
            precondition.check_without_etag()?;
        }
        let context = self.contexts.begin();
        let audit = vec![caller.audit(&context, AuditAction::KeyRevoked, id, reason)];

        let commit = Commit {
            write: id,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        let revoked = self.keys.revoke(caller.workspace, commit).await?;
        if revoked { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Revokes a key, in whatever workspace it is, for an operator at the command line.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such key.
    pub async fn revoke_anywhere(&self, id: KeyId) -> Result<(), Error> {
        let key = self.keys.find_anywhere(id).await?.ok_or(Error::NotFound)?;
        let caller = Caller::at_the_command_line(key.workspace);
        self.revoke(&caller, RevokeKey { id, reason: None, precondition: Precondition::None }).await
    }
}

#[cfg(test)]
mod tests {
    use conversations_domain::{Actor, ApiKey, WorkspaceId};
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::ports::{MockKeyRepository, RepositoryError};
    use crate::testing::{NOW, caller, key, key_service, reason, tells, time, workspace};

    async fn revoke(keys: MockKeyRepository) -> Result<(), Error> {
        let command =
            RevokeKey { id: key(&[]).id, reason: Some(reason()), precondition: Precondition::None };
        key_service(keys).revoke(&caller(), command).await
    }

    async fn revoke_anywhere(keys: MockKeyRepository) -> Result<(), Error> {
        key_service(keys).revoke_anywhere(key(&[]).id).await
    }

    fn elsewhere() -> WorkspaceId {
        WorkspaceId::from_uuid(Uuid::from_u128(101))
    }

    /// A storage that has the key in some workspace.
    fn storage() -> MockKeyRepository {
        let mut keys = MockKeyRepository::new();
        keys.expect_find_anywhere()
            .times(1)
            .with(eq(key(&[]).id))
            .returning(|_| Ok(Some(ApiKey { workspace: elsewhere(), ..key(&[]) })));
        keys
    }

    #[tokio::test]
    async fn goes_from_the_workspace_of_the_caller_and_leaves_an_audit_entry() {
        let mut keys = MockKeyRepository::new();
        keys.expect_revoke()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let [entry] = audit.as_slice() else { return false };
                asked == workspace()
                    && *write == key(&[]).id
                    && history.is_empty()
                    && tells(entry, AuditAction::KeyRevoked, key(&[]).id, Some(reason()))
            })
            .returning(|_, _| Ok(true));

        assert!(revoke(keys).await.is_ok());
    }

    #[tokio::test]
    async fn a_key_that_is_absent_is_not_found() {
        let mut keys = MockKeyRepository::new();
        keys.expect_revoke().times(1).returning(|_, _| Ok(false));

        assert!(matches!(revoke(keys).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn a_key_that_could_not_be_revoked_is_not_said_to_be() {
        let mut keys = MockKeyRepository::new();
        keys.expect_revoke()
            .times(1)
            .returning(|_, _| Err(RepositoryError::Unavailable("gone".into())));

        assert!(matches!(revoke(keys).await, Err(Error::Unavailable(_))));
    }

    #[tokio::test]
    async fn an_unknown_key_is_not_found_anywhere() {
        let mut keys = MockKeyRepository::new();
        keys.expect_find_anywhere().returning(|_| Ok(None));

        assert!(matches!(revoke_anywhere(keys).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn at_the_command_line_it_goes_from_its_own_workspace_with_an_audit_entry() {
        let mut keys = storage();
        keys.expect_revoke()
            .times(1)
            .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
                let [entry] = audit.as_slice() else { return false };
                asked == elsewhere()
                    && *write == key(&[]).id
                    && history.is_empty()
                    && entry.action == AuditAction::KeyRevoked
                    && entry.target == key(&[]).id.as_uuid()
                    && entry.reason.is_none()
                    && entry.by == Actor::command_line()
                    && entry.request_id.is_none()
                    && entry.id.created_at() == time(NOW)
            })
            .returning(|_, _| Ok(true));

        assert!(revoke_anywhere(keys).await.is_ok());
    }

    #[tokio::test]
    async fn a_key_that_vanished_meanwhile_is_not_found() {
        let mut keys = storage();
        keys.expect_revoke().times(1).returning(|_, _| Ok(false));

        assert!(matches!(revoke_anywhere(keys).await, Err(Error::NotFound)));
    }
}
