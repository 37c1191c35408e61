//! Giving API keys a new secret.

use std::time::Duration;

use conversations_domain::{ApiKey, AuditAction, KeyId, Timestamp};

use super::{KeySecret, KeyService};
use crate::ports::{Commit, KeyRotation, Updated};
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Invalid};

/// A key that has a new secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatedKey {
    /// The key.
    pub key: ApiKey,
    /// When the secret before it stops opening the key; `None` when it has stopped already.
    pub old_ends_at: Option<Timestamp>,
}

impl KeyService {
    /// Gives a key a new secret, in whatever workspace it is, for an operator at the command line.
    /// The secret that it had opens it for as long as `grace` says, and without one not at all:
    /// then no earlier secret does either. All else stays as it is.
    ///
    /// `show` is given the new secret before anything is written: otherwise an operator who cannot be
    /// shown the new one would have lost the old one too. When `show` fails, nothing is written.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such key; [`Error::Invalid`] when its own end has come,
    /// because no secret would open it; what `show` answers.
    pub async fn rotate_anywhere<E: From<Error>>(
        &self,
        id: KeyId,
        grace: Option<Duration>,
        show: impl FnOnce(&ApiKey, &KeySecret) -> Result<(), E>,
    ) -> Result<RotatedKey, E> {
        let key = self.key_to_rotate(id).await?;
        let secret = KeySecret::generate().map_err(|error| Error::Internal(Box::new(error)))?;
        show(&key, &secret)?;
        Ok(retry_on_conflict(async || self.try_rotate(id, grace, &secret).await).await?)
    }

    async fn try_rotate(
        &self,
        id: KeyId,
        grace: Option<Duration>,
        secret: &KeySecret,
    ) -> Result<RotatedKey, Error> {
        let mut key = self.key_to_rotate(id).await?;
        let (caller, context) = (Caller::at_the_command_line(key.workspace), self.contexts.begin());
        let loaded = key.version;
        key.replace_secret(secret.hint());
        let old_ends_at = grace.and_then(|grace| {
            let millis = i64::try_from(grace.as_millis()).ok()?;
            Timestamp::from_unix_millis(context.now().as_unix_millis().checked_add(millis)?)
        });

        let audit = vec![caller.audit(&context, AuditAction::KeyRotated, id, None)];
        let revision = Updated { changed: key.clone(), loaded, fields: Vec::new() };
        let write = KeyRotation { revision, hash: secret.hash(), old_ends_at, now: context.now() };
        let commit = Commit {
            write,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        self.keys.rotate(key.workspace, commit).await?;
        Ok(RotatedKey { key, old_ends_at })
    }

    async fn key_to_rotate(&self, id: KeyId) -> Result<ApiKey, Error> {
        let key = self.keys.find_anywhere(id).await?.ok_or(Error::NotFound)?;
        if key.is_expired(self.contexts.begin().now()) {
            return Err(Invalid::EndIsPast.into());
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use conversations_domain::{Actor, WorkspaceId};

    use super::*;
    use crate::ports::{MockKeyRepository, RepositoryError};
    use crate::testing::{NOW, key, key_service, time, workspace};

    const HOUR: Duration = Duration::from_secs(3_600);

    /// A storage that has the key.
    fn storage() -> MockKeyRepository {
        let mut keys = MockKeyRepository::new();
        keys.expect_find_anywhere().returning(|_| Ok(Some(key(&[]))));
        keys
    }

    /// Where it is stored, and what.
    type CapturedWrite = (WorkspaceId, Commit<KeyRotation>);

    async fn rotate(grace: Option<Duration>) -> (RotatedKey, String, CapturedWrite) {
        let (sender, written) = mpsc::channel();
        let mut keys = storage();
        keys.expect_rotate().times(1).returning(move |workspace, commit| {
            sender.send((workspace, commit)).expect("the test listens");
            Ok(())
        });
        let mut shown = String::new();
        let show = |_: &ApiKey, secret: &KeySecret| {
            secret.expose_secret().clone_into(&mut shown);
            Ok::<_, Error>(())
        };
        let rotated = key_service(keys).rotate_anywhere(key(&[]).id, grace, show).await;
        (rotated.expect("rotated"), shown, written.recv().expect("stored"))
    }

    #[tokio::test]
    async fn only_the_secret_is_new() {
        let (rotated, shown, (asked, commit)) = rotate(None).await;

        let secret = KeySecret::parse(&shown).expect("a secret");
        let expected = ApiKey { hint: secret.hint(), version: key(&[]).version.next(), ..key(&[]) };
        assert_eq!(rotated, RotatedKey { key: expected.clone(), old_ends_at: None });
        assert_eq!(asked, workspace());
        let Commit { write, origin: _, history, audit, response: () } = commit;
        let revision = Updated { changed: expected, loaded: key(&[]).version, fields: Vec::new() };
        let (hash, now) = (secret.hash(), time(NOW));
        assert_eq!(write, KeyRotation { revision, hash, old_ends_at: None, now });
        assert!(history.is_empty());
        let [entry] = audit.as_slice() else { panic!("{audit:?}") };
        assert_eq!(
            (entry.action, entry.target, &entry.by),
            (AuditAction::KeyRotated, key(&[]).id.as_uuid(), &Actor::command_line())
        );
    }

    #[tokio::test]
    async fn the_old_secret_ends_when_its_time_is_over() {
        let (rotated, _, (_, commit)) = rotate(Some(HOUR)).await;

        assert_eq!(rotated.old_ends_at, Some(time(NOW + 3_600_000)));
        assert_eq!(commit.write.old_ends_at, Some(time(NOW + 3_600_000)));
    }

    #[tokio::test]
    async fn a_secret_that_could_not_be_shown_replaces_none() {
        let show = |_: &ApiKey, _: &KeySecret| Err(Error::NotFound);

        // The mock does not expect that anything is stored.
        let refused = key_service(storage()).rotate_anywhere(key(&[]).id, None, show).await;

        assert!(matches!(refused, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn a_key_that_has_ended_or_is_not_there_gets_no_secret_shown() {
        let mut ended = MockKeyRepository::new();
        let past = ApiKey { expires_at: Some(time(NOW)), ..key(&[]) };
        ended.expect_find_anywhere().returning(move |_| Ok(Some(past.clone())));
        let mut absent = MockKeyRepository::new();
        absent.expect_find_anywhere().returning(|_| Ok(None));
        let show = |_: &ApiKey, _: &KeySecret| panic!("nothing is shown");

        let refused = key_service(ended).rotate_anywhere::<Error>(key(&[]).id, None, show).await;
        assert!(matches!(refused, Err(Error::Invalid(Invalid::EndIsPast))));
        let refused = key_service(absent).rotate_anywhere::<Error>(key(&[]).id, None, show).await;
        assert!(matches!(refused, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn a_change_that_came_meanwhile_is_kept() {
        let mut keys = storage();
        let mut stale = true;
        keys.expect_rotate().times(2).returning(move |_, _| {
            let outcome = if stale { Err(RepositoryError::Stale) } else { Ok(()) };
            stale = false;
            outcome
        });
        let show = |_: &ApiKey, _: &KeySecret| Ok::<_, Error>(());

        assert!(key_service(keys).rotate_anywhere(key(&[]).id, None, show).await.is_ok());
    }
}
