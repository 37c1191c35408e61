//! The users whom keys speak for: only users of the workspace, and none who is deleted.

use std::sync::Arc;

use conversations_application::ports::{Commit, KeyRecord, KeyRotation, RepositoryError, Updated};
use conversations_domain::{ApiKey, Change, KeyChanges, KeyId, User, UserId, UserParts};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::{changed_key, user_removal};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_key, a_user, an_origin, at, email, name, next_id};

/// A key that is to speak for a user who is not in the workspace is not stored, and neither is such a
/// change.
pub async fn a_user_out_of_the_workspace_is_stale(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.user(a_user()).await.id();
    let gone = tenant.user(a_user()).await.id();
    delete(&tenant, gone).await;
    let key = tenant.key().await.key;

    for user in [theirs, gone, UserId::from_uuid(next_id(at(0)))] {
        let new = speaking_for(a_key(tenant.id), user);
        assert_stale(&create(&tenant, &new).await);
        assert_eq!(find(&tenant, new.key.id).await, None);
        let write = changed_key(&key, for_user(Some(user)));
        let changed = repositories.keys.update(tenant.id, Commit::of(an_origin(), write)).await;
        assert_stale(&changed);
    }
    assert_eq!(find(&tenant, key.id).await, Some(key));
}

/// Keys that speak for a user stay without them when the user is deleted. They have changed then; other
/// keys have not, and neither have those of a user elsewhere who has the same id.
pub async fn keys_stay_without_a_deleted_user(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let user = tenant.user(a_user()).await;
    let twin = UserParts { email: email("twin@x.org"), ..user.clone().into_parts() };
    let twin = Commit::of(an_origin(), User::restore(twin));
    repositories.users.create(other.id, twin).await.expect("a twin elsewhere");
    let keys = [stored_for(&tenant, user.id()).await.key, stored_for(&tenant, user.id()).await.key];
    let colleague = tenant.user(a_user()).await.id();
    let others = [stored_for(&tenant, colleague).await.key, tenant.key().await.key];
    let elsewhere = stored_for(&other, user.id()).await.key;

    delete(&tenant, user.id()).await;

    for key in keys {
        let expected = ApiKey { user: None, version: key.version.next(), ..key.clone() };
        assert_eq!(find(&tenant, key.id).await, Some(expected));
        // A caller that has loaded the key before does not bring the user back.
        let renamed = KeyChanges { name: Change::To(name("Late")), ..KeyChanges::default() };
        let write = changed_key(&key, renamed);
        let late = repositories.keys.update(tenant.id, Commit::of(an_origin(), write)).await;
        assert_stale(&late);
    }
    for key in others {
        assert_eq!(find(&tenant, key.id).await, Some(key));
    }
    assert_eq!(find(&other, elsewhere.id).await, Some(elsewhere));
}

/// A key with a new secret speaks for the same user.
pub async fn a_new_secret_keeps_the_user(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let user = tenant.user(a_user()).await.id();
    let KeyRecord { key, hash: _ } = stored_for(&tenant, user).await;
    let mut changed = key.clone();
    changed.replace_secret("wxyz".to_owned());
    let revision = Updated { changed: changed.clone(), loaded: key.version, fields: Vec::new() };
    let write =
        KeyRotation { revision, hash: a_key(tenant.id).hash, old_ends_at: None, now: at(10) };

    let rotated = repositories.keys.rotate(tenant.id, Commit::of(an_origin(), write)).await;
    assert!(rotated.is_ok(), "{rotated:?}");

    assert_eq!(changed.user, Some(user));
    assert_eq!(find(&tenant, key.id).await, Some(changed));
}

/// Keys that are made for a user who is deleted at the same time are refused, or stay without them.
pub async fn no_key_speaks_for_a_user_deleted_meanwhile(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;

    for _ in 0..6 {
        let user = tenant.user(a_user()).await.id();
        let users = Arc::clone(&repositories.users);
        let deleting =
            tokio::spawn(async move { users.delete(workspace, user_removal(user, at(0))).await });
        let made = at_once((0..8).map(|_| {
            let keys = Arc::clone(&repositories.keys);
            let new = speaking_for(a_key(workspace), user);
            async move {
                let id = new.key.id;
                keys.create(workspace, Commit::of(an_origin(), new)).await.map(|()| id)
            }
        }))
        .await;
        assert_eq!(deleting.await.expect("no task panics").ok(), Some(true));

        for made in made {
            match made {
                Ok(id) => {
                    let key = find(&tenant, id).await.expect("the key is there");
                    assert_eq!(key.user, None);
                }
                refused => assert_stale(&refused),
            }
        }
    }
}

/// The same key, which speaks for a user.
fn speaking_for(new: KeyRecord, user: UserId) -> KeyRecord {
    KeyRecord { key: ApiKey { user: Some(user), ..new.key }, ..new }
}

fn for_user(user: Option<UserId>) -> KeyChanges {
    KeyChanges { user: Change::To(user), ..KeyChanges::default() }
}

async fn create(tenant: &Tenant<'_>, new: &KeyRecord) -> Result<(), RepositoryError> {
    tenant.repositories.keys.create(tenant.id, Commit::of(an_origin(), new.clone())).await
}

/// A stored key that speaks for a user.
pub(super) async fn stored_for(tenant: &Tenant<'_>, user: UserId) -> KeyRecord {
    let new = speaking_for(a_key(tenant.id), user);
    create(tenant, &new).await.expect("a key is stored");
    new
}

async fn delete(tenant: &Tenant<'_>, user: UserId) {
    let deleted = tenant.repositories.users.delete(tenant.id, user_removal(user, at(0))).await;
    assert_eq!(deleted.ok(), Some(true));
}

pub(super) async fn find(tenant: &Tenant<'_>, id: KeyId) -> Option<ApiKey> {
    let found = tenant.repositories.keys.find(tenant.id, id).await.expect("keys are read");
    found.map(|details| details.key)
}
