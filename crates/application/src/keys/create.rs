//! Creating API keys.

use conversations_domain::{ApiKey, AuditAction, KeyId, Version, WorkspaceId};
use uuid::Uuid;

use super::{KeySecret, KeyService, NewApiKey};
use crate::ports::{Commit, KeyRecord};
use crate::retry::retry_on_conflict;
use crate::{Caller, CommandContext, Error, Invalid, ResponseRecorder, ResponseSubjects};

/// A key that was made, with its secret: it is never shown again.
pub struct CreatedKey {
    /// The key.
    pub key: ApiKey,
    /// Its secret.
    pub secret: KeySecret,
}

impl ResponseSubjects for CreatedKey {
    fn subjects(&self) -> Vec<Uuid> {
        let Self { key: ApiKey { id, .. }, secret: _ } = self;
        vec![id.as_uuid()]
    }
}

impl NewApiKey {
    /// Makes sure that the caller may have such a key made.
    ///
    /// # Errors
    /// [`Error::CannotGrant`] when it should have permissions that the caller has not.
    pub fn allow(&self, caller: &Caller) -> Result<(), Error> {
        caller.require_to_grant(&self.permissions)
    }
}

impl KeyService {
    /// Makes a key of the caller's workspace.
    ///
    /// # Errors
    /// [`Error::CannotGrant`] when it should have permissions that the caller has not;
    /// [`Error::Invalid`] when its end is past; [`Error::InvalidReferences`] when the workspace has no
    /// such user.
    pub async fn create(
        &self,
        caller: &Caller,
        order: NewApiKey,
        recorder: ResponseRecorder<CreatedKey>,
    ) -> Result<CreatedKey, Error> {
        order.allow(caller)?;
        retry_on_conflict(async || self.try_create(caller, order.clone(), recorder.clone()).await)
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        order: NewApiKey,
        recorder: ResponseRecorder<CreatedKey>,
    ) -> Result<CreatedKey, Error> {
        let context = self.contexts.begin();
        if order.expires_at.is_some_and(|end| end <= context.now()) {
            return Err(Invalid::EndIsPast.into());
        }
        self.check_user(caller.workspace, order.user).await?;

        let (new, secret) = generate(caller.workspace, order, &context)?;
        let created = CreatedKey { key: new.key.clone(), secret };
        let audit = vec![caller.audit(&context, AuditAction::KeyCreated, created.key.id, None)];
        let response = recorder.with_outcome(context.now(), &created)?;
        let commit = Commit {
            write: new,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response,
        };
        self.keys.create(caller.workspace, commit).await?;
        Ok(created)
    }
}

/// A key that is ready to be stored, and its secret.
pub(crate) fn generate(
    workspace: WorkspaceId,
    order: NewApiKey,
    context: &CommandContext<'_>,
) -> Result<(KeyRecord, KeySecret), Error> {
    let NewApiKey { name, permissions, source, expires_at, rate_limit, user } = order;
    let secret = KeySecret::generate().map_err(|error| Error::Internal(Box::new(error)))?;
    let key = ApiKey {
        id: KeyId::from_uuid(context.next_id()),
        workspace,
        name,
        permissions,
        source,
        expires_at,
        rate_limit,
        user,
        hint: secret.hint(),
        version: Version::FIRST,
    };
    Ok((KeyRecord { key, hash: secret.hash() }, secret))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use conversations_domain::{Permission, Permissions, Source, Timestamp, UserId};
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockKeyRepository, MockUserRepository, OptionalResponse, RepositoryError};
    use crate::testing::{
        self, NOW, allowed, caller, caller_who_may, key_service, key_service_with_users, name,
        tells, time, user_id, workspace,
    };
    use crate::{InvalidReference, Reference, ReferenceProblem};

    fn order(permissions: Permissions) -> NewApiKey {
        let (name, source) = (name("exporter"), Source::Api);
        NewApiKey { name, permissions, source, expires_at: None, rate_limit: None, user: None }
    }

    fn ending(end: Timestamp) -> NewApiKey {
        NewApiKey {
            expires_at: Some(end),
            rate_limit: "600/min".parse().ok(),
            ..order(Permissions::all())
        }
    }

    /// What the storage was asked to write, and where.
    type CapturedWrite = (WorkspaceId, Commit<KeyRecord, OptionalResponse>);

    /// A storage that takes one key, and what it was asked to write.
    fn storage() -> (MockKeyRepository, mpsc::Receiver<CapturedWrite>) {
        let (sender, written) = mpsc::channel();
        let mut keys = MockKeyRepository::new();
        keys.expect_create().times(1).returning(move |workspace, commit| {
            sender.send((workspace, commit)).expect("the test listens");
            Ok(())
        });
        (keys, written)
    }

    /// The permissions that a caller lacks, if that is why no key was made.
    fn missing(made: Result<CreatedKey, Error>) -> Option<Permissions> {
        match made {
            Err(Error::CannotGrant { missing }) => Some(missing),
            _ => None,
        }
    }

    #[tokio::test]
    async fn returns_what_it_stored_with_a_valid_secret() {
        let (keys, written) = storage();

        let made = key_service(keys)
            .create(&caller(), ending(time(NOW + 1)), ResponseRecorder::disabled())
            .await;

        let CreatedKey { key, secret } = made.expect("made");
        let (asked, Commit { write: stored, origin: _, history, audit: _, response: _ }) =
            written.recv().expect("stored");
        assert_eq!(asked, workspace());
        assert_eq!(stored.hash, secret.hash());
        assert_eq!(stored.key, key);
        assert!(history.is_empty());
        let expected = ApiKey {
            id: key.id,
            workspace: workspace(),
            name: name("exporter"),
            permissions: Permissions::all(),
            source: Source::Api,
            expires_at: Some(time(NOW + 1)),
            rate_limit: "600/min".parse().ok(),
            user: None,
            hint: secret.hint(),
            version: Version::FIRST,
        };
        assert_eq!(key, expected);
        assert_eq!(key.id.created_at(), time(NOW));
    }

    #[tokio::test]
    async fn the_audit_records_the_key() {
        let (keys, written) = storage();

        let made = key_service(keys)
            .create(&caller(), order(Permissions::all()), ResponseRecorder::disabled())
            .await;

        let key = made.expect("made").key;
        let (_, Commit { write: _, origin: _, history: _, audit, response: _ }) =
            written.recv().expect("stored");
        let [entry] = audit.as_slice() else { panic!("{audit:?}") };
        assert!(tells(entry, AuditAction::KeyCreated, key.id, None), "{entry:?}");
    }

    #[tokio::test]
    async fn at_the_command_line_every_permission_is_granted() {
        let (keys, written) = storage();
        let operator = Caller::at_the_command_line(workspace());

        let made = key_service(keys)
            .create(&operator, order(Permissions::all()), ResponseRecorder::disabled())
            .await;

        assert_eq!(made.expect("made").key.permissions, Permissions::all());
        let (_, Commit { write: _, origin: _, history: _, audit, response: _ }) =
            written.recv().expect("stored");
        let [entry] = audit.as_slice() else { panic!("{audit:?}") };
        assert_eq!((entry.by.key, entry.request_id.as_ref()), (None, None));
    }

    #[tokio::test]
    async fn a_caller_grants_what_it_has_and_no_more() {
        let (keys, _written) = storage();
        let own = [Permission::ReadCustomers, Permission::WriteKeys];

        let made = key_service(keys)
            .create(&caller_who_may(&own), order(allowed(&own)), ResponseRecorder::disabled())
            .await;

        assert_eq!(made.expect("made").key.permissions, allowed(&own));
    }

    #[tokio::test]
    async fn every_permission_that_a_caller_cannot_grant_is_named_and_nothing_is_written() {
        let caller = caller_who_may(&[Permission::ReadCustomers, Permission::WriteKeys]);
        let wanted = allowed(&[
            Permission::ReadCustomers,
            Permission::WriteCustomers,
            Permission::ReadAudit,
        ]);

        let made = key_service(MockKeyRepository::new())
            .create(&caller, order(wanted), ResponseRecorder::disabled())
            .await;

        let expected = allowed(&[Permission::WriteCustomers, Permission::ReadAudit]);
        assert_eq!(missing(made), Some(expected));
    }

    #[tokio::test]
    async fn an_end_that_has_come_is_refused_and_nothing_is_written() {
        for end in [NOW - 1, NOW] {
            let service = key_service(MockKeyRepository::new());

            let made =
                service.create(&caller(), ending(time(end)), ResponseRecorder::disabled()).await;

            assert!(matches!(made, Err(Error::Invalid(Invalid::EndIsPast))), "{end}");
        }
    }

    /// Makes a key for a user whom the workspace has or has not.
    async fn create_for(
        user: UserId,
        found: bool,
        keys: MockKeyRepository,
    ) -> Result<CreatedKey, Error> {
        let mut users = MockUserRepository::new();
        users
            .expect_find()
            .times(1)
            .with(eq(workspace()), eq(user))
            .returning(move |_, id| Ok(found.then(|| testing::user(id))));
        let order = NewApiKey { user: Some(user), ..order(Permissions::all()) };
        key_service_with_users(keys, users)
            .create(&caller(), order, ResponseRecorder::disabled())
            .await
    }

    #[tokio::test]
    async fn a_key_may_speak_for_a_user_of_the_workspace() {
        let (keys, written) = storage();

        let made = create_for(user_id(1), true, keys).await;

        assert_eq!(made.expect("made").key.user, Some(user_id(1)));
        let (_, Commit { write: stored, .. }) = written.recv().expect("stored");
        assert_eq!(stored.key.user, Some(user_id(1)));
    }

    #[tokio::test]
    async fn a_user_elsewhere_is_refused_and_nothing_is_written() {
        let made = create_for(user_id(1), false, MockKeyRepository::new()).await;

        let Err(Error::InvalidReferences(invalid)) = made else { panic!("a key was made") };
        let (reference, problem) = (Reference::KeyUser, ReferenceProblem::Unknown);
        assert_eq!(invalid, [InvalidReference { reference, problem }]);
    }

    #[tokio::test]
    async fn a_key_that_is_not_stored_is_not_shown() {
        let mut keys = MockKeyRepository::new();
        keys.expect_create().times(1).returning(|_, _| Err(RepositoryError::StorageFull));

        let made = key_service(keys)
            .create(&caller(), order(Permissions::all()), ResponseRecorder::disabled())
            .await;

        assert!(matches!(made, Err(Error::StorageFull)));
    }
}
