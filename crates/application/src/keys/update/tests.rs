//! The rules of changing a key, above all who may: orders and failures, over mocked ports.

use conversations_domain::{Change, Permission, Permissions, Timestamp, UserId, Version};
use mockall::predicate::eq;

use super::*;
use crate::ports::{MockKeyRepository, MockUserRepository, RepositoryError};
use crate::retry::ATTEMPTS;
use crate::testing::{
    self, NOW, allowed, caller, caller_who_may, key, key_service, key_service_with_users, name,
    tells, time, user_id, workspace,
};
use crate::{InvalidReference, Reference, ReferenceProblem};

/// What the stored key may do.
const STORED: [Permission; 2] = [Permission::ReadCustomers, Permission::WriteCustomers];
/// When the stored key ends.
const END: i64 = NOW + 10;

/// The stored key, used a moment ago.
fn details() -> KeyDetails {
    let key = ApiKey { expires_at: Some(time(END)), ..key(&STORED) };
    KeyDetails { key, last_used_at: Some(time(NOW - 1)) }
}

/// A storage that has the key, and fails a test that writes.
fn storage() -> MockKeyRepository {
    let mut keys = MockKeyRepository::new();
    keys.expect_find()
        .with(eq(workspace()), eq(details().key.id))
        .returning(|_, _| Ok(Some(details())));
    keys
}

/// A storage that has the key and takes one change of it.
fn storage_to_write() -> MockKeyRepository {
    let mut keys = storage();
    keys.expect_update().times(1).returning(|_, _| Ok(()));
    keys
}

async fn update(
    keys: MockKeyRepository,
    caller: &Caller,
    changes: KeyChanges,
) -> Result<KeyDetails, Error> {
    key_service(keys)
        .update(
            caller,
            UpdateKey { id: details().key.id, changes, precondition: Precondition::None },
        )
        .await
}

fn renamed() -> KeyChanges {
    KeyChanges { name: Change::To(name("importer")), ..KeyChanges::default() }
}

fn permitted(permissions: &[Permission]) -> KeyChanges {
    KeyChanges { permissions: Change::To(allowed(permissions)), ..KeyChanges::default() }
}

fn ending(end: Option<Timestamp>) -> KeyChanges {
    KeyChanges { expires_at: Change::To(end), ..KeyChanges::default() }
}

/// The permissions that the caller lacks, which must be why the key was not changed.
#[track_caller]
fn missing(updated: Result<KeyDetails, Error>) -> Permissions {
    let Err(Error::CannotGrant { missing }) = updated else { panic!("{updated:?}") };
    missing
}

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let mut keys = MockKeyRepository::new();
    keys.expect_find()
        .times(1)
        .with(eq(workspace()), eq(details().key.id))
        .returning(|_, _| Ok(None));

    let updated = update(keys, &caller(), renamed()).await;

    assert!(matches!(updated, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_unchanged_update_writes_nothing_and_no_audit_entry() {
    let same = KeyChanges {
        name: Change::To(name("exporter")),
        permissions: Change::To(allowed(&STORED)),
        expires_at: Change::To(Some(time(END))),
        rate_limit: Change::To(None),
        user: Change::To(None),
    };

    let updated = update(storage(), &caller(), same).await;

    assert_eq!(updated.ok(), Some(details()));
}

#[tokio::test]
async fn returns_what_it_stored_and_audits_it() {
    let (stored, shown) = std::sync::mpsc::channel();
    let mut keys = storage();
    keys.expect_update()
        .times(1)
        .withf(|&asked, Commit { write, origin: _, history, audit, response: () }| {
            let [entry] = audit.as_slice() else { return false };
            asked == workspace()
                && write.loaded == Version::FIRST
                && history.is_empty()
                && tells(entry, AuditAction::KeyUpdated, details().key.id, None)
        })
        .returning(move |_, commit| {
            stored.send(commit.write.changed).expect("the test listens");
            Ok(())
        });

    let updated = update(keys, &caller(), renamed()).await.expect("updated");

    let version = Version::FIRST.next();
    let expected = ApiKey { name: name("importer"), version, ..details().key };
    assert_eq!(updated, KeyDetails { key: expected.clone(), ..details() });
    assert_eq!(shown.recv(), Ok(expected));
}

#[tokio::test]
async fn a_stale_write_is_retried_on_the_newest_version() {
    let mut newest = details();
    assert!(newest.key.change(ending(None)));
    let version = newest.key.version;
    let mut keys = MockKeyRepository::new();
    keys.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    keys.expect_find().times(1).returning(move |_, _| Ok(Some(newest.clone())));
    keys.expect_update()
        .times(1)
        .withf(|_, commit| commit.write.loaded == Version::FIRST)
        .returning(|_, _| Err(RepositoryError::Stale));
    keys.expect_update()
        .times(1)
        .withf(move |_, commit| commit.write.loaded == version)
        .returning(|_, _| Ok(()));

    let updated = update(keys, &caller(), renamed()).await;

    let key = updated.expect("the second attempt succeeds").key;
    assert_eq!((key.name, key.expires_at), (name("importer"), None));
    assert_eq!(key.version, version.next());
}

#[tokio::test]
async fn what_somebody_else_took_away_meanwhile_would_be_granted() {
    let mut weaker = details();
    assert!(weaker.key.change(permitted(&[Permission::ReadCustomers])));
    let mut keys = MockKeyRepository::new();
    keys.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    keys.expect_find().times(1).returning(move |_, _| Ok(Some(weaker.clone())));
    keys.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));

    let wanted = KeyChanges { permissions: Change::To(allowed(&STORED)), ..renamed() };
    let updated = update(keys, &caller_who_may(&[Permission::WriteKeys]), wanted).await;

    assert_eq!(missing(updated), allowed(&[Permission::WriteCustomers]));
}

#[tokio::test]
async fn a_key_that_was_revoked_meanwhile_is_not_found() {
    let mut keys = MockKeyRepository::new();
    keys.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    keys.expect_find().times(1).returning(|_, _| Ok(None));
    keys.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));

    let updated = update(keys, &caller(), renamed()).await;

    assert!(matches!(updated, Err(Error::NotFound)));
}

#[tokio::test]
async fn gives_up_after_the_last_attempt() {
    let mut keys = storage();
    keys.expect_update().times(ATTEMPTS as usize).returning(|_, _| Err(RepositoryError::Stale));

    let updated = update(keys, &caller(), renamed()).await;

    assert!(matches!(updated, Err(Error::WriteConflict)));
}

#[tokio::test]
async fn every_permission_that_a_caller_cannot_grant_is_named_and_nothing_is_written() {
    let caller = caller_who_may(&[Permission::WriteKeys, Permission::ReadInboxes]);
    let [read, write] = STORED;
    let wanted =
        [read, write, Permission::ReadInboxes, Permission::WriteInboxes, Permission::ReadAudit];

    let updated = update(storage(), &caller, permitted(&wanted)).await;

    assert_eq!(missing(updated), allowed(&[Permission::WriteInboxes, Permission::ReadAudit]));
}

#[tokio::test]
async fn permissions_that_the_caller_does_not_have_may_be_taken_away() {
    let caller = caller_who_may(&[Permission::WriteKeys, Permission::ReadInboxes]);
    let wanted = [Permission::ReadCustomers, Permission::ReadInboxes];

    let updated = update(storage_to_write(), &caller, permitted(&wanted)).await;

    assert_eq!(updated.expect("updated").key.permissions, allowed(&wanted));
}

#[tokio::test]
async fn a_stronger_key_may_be_renamed() {
    let caller = caller_who_may(&[Permission::WriteKeys]);

    let updated = update(storage_to_write(), &caller, renamed()).await;

    assert_eq!(updated.expect("updated").key.name, name("importer"));
}

#[tokio::test]
async fn the_life_of_a_stronger_key_is_not_extended() {
    let caller = caller_who_may(&[Permission::WriteKeys]);

    for end in [None, Some(time(END + 1))] {
        let updated = update(storage(), &caller, ending(end)).await;

        assert_eq!(missing(updated), allowed(&STORED), "{end:?}");
    }
}

#[tokio::test]
async fn the_life_of_a_stronger_key_may_be_shortened() {
    let caller = caller_who_may(&[Permission::WriteKeys]);
    let sooner = Some(time(NOW + 1));

    let updated = update(storage_to_write(), &caller, ending(sooner)).await;

    assert_eq!(updated.expect("updated").key.expires_at, sooner);
}

#[tokio::test]
async fn a_limit_grants_nothing() {
    let caller = caller_who_may(&[Permission::WriteKeys]);
    let rate_limit = "600/min".parse().ok();
    let changes = KeyChanges { rate_limit: Change::To(rate_limit), ..KeyChanges::default() };

    let updated = update(storage_to_write(), &caller, changes).await;

    assert_eq!(updated.expect("updated").key.rate_limit, rate_limit);
}

/// A change to a key, in a workspace that has this user alone.
async fn speak_for(
    keys: MockKeyRepository,
    caller: &Caller,
    user: Option<UserId>,
) -> Result<KeyDetails, Error> {
    let mut users = MockUserRepository::new();
    users
        .expect_find()
        .with(eq(workspace()), eq(user_id(1)))
        .returning(|_, id| Ok(Some(testing::user(id))));
    users.expect_find().returning(|_, _| Ok(None));
    let changes = KeyChanges { user: Change::To(user), ..KeyChanges::default() };
    let command = UpdateKey { id: details().key.id, changes, precondition: Precondition::None };
    key_service_with_users(keys, users).update(caller, command).await
}

/// A storage that has the key, which speaks for this user.
fn storage_of_a_key_for(user: UserId) -> MockKeyRepository {
    let mut keys = MockKeyRepository::new();
    let key = ApiKey { user: Some(user), ..details().key };
    keys.expect_find()
        .returning(move |_, _| Ok(Some(KeyDetails { key: key.clone(), ..details() })));
    keys
}

#[tokio::test]
async fn a_user_of_the_workspace_is_set_and_grants_nothing() {
    let caller = caller_who_may(&[Permission::WriteKeys]);

    let updated = speak_for(storage_to_write(), &caller, Some(user_id(1))).await;

    assert_eq!(updated.expect("updated").key.user, Some(user_id(1)));
}

#[tokio::test]
async fn a_user_is_removed_without_being_looked_for() {
    let mut keys = storage_of_a_key_for(user_id(2));
    keys.expect_update().times(1).returning(|_, _| Ok(()));

    let updated = speak_for(keys, &caller(), None).await;

    assert_eq!(updated.expect("updated").key.user, None);
}

#[tokio::test]
async fn an_unknown_user_is_refused_and_nothing_is_written() {
    let updated = speak_for(storage(), &caller(), Some(user_id(2))).await;

    let Err(Error::InvalidReferences(invalid)) = updated else { panic!("{updated:?}") };
    let (reference, problem) = (Reference::KeyUser, ReferenceProblem::Unknown);
    assert_eq!(invalid, [InvalidReference { reference, problem }]);
}

#[tokio::test]
async fn the_user_that_a_key_has_is_not_looked_for_again() {
    let updated = speak_for(storage_of_a_key_for(user_id(2)), &caller(), Some(user_id(2))).await;

    assert_eq!(updated.expect("unchanged").key.version, Version::FIRST);
}

#[tokio::test]
async fn a_key_that_is_no_longer_stronger_may_live_longer() {
    let caller = caller_who_may(&[Permission::WriteKeys, Permission::ReadCustomers]);
    let weaker = permitted(&[Permission::ReadCustomers]);
    let endless = KeyChanges { expires_at: Change::To(None), ..weaker };

    let updated = update(storage_to_write(), &caller, endless).await;

    assert_eq!(updated.expect("updated").key.expires_at, None);
}

#[tokio::test]
async fn an_end_that_has_come_is_refused_and_nothing_is_written() {
    for end in [NOW - 1, NOW] {
        let updated = update(storage(), &caller(), ending(Some(time(end)))).await;

        assert!(matches!(updated, Err(Error::Invalid(Invalid::EndIsPast))), "{end}");
    }
}

#[tokio::test]
async fn an_expired_key_may_keep_its_end() {
    let expired = ApiKey { expires_at: Some(time(NOW - 1)), ..details().key };
    let mut keys = MockKeyRepository::new();
    keys.expect_find()
        .returning(move |_, _| Ok(Some(KeyDetails { key: expired.clone(), ..details() })));
    keys.expect_update().times(1).returning(|_, _| Ok(()));

    let changes = KeyChanges { expires_at: Change::To(Some(time(NOW - 1))), ..renamed() };
    let updated = update(keys, &caller(), changes).await;

    assert_eq!(updated.expect("updated").key.expires_at, Some(time(NOW - 1)));
}
