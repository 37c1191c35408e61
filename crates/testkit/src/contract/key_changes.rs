//! Changing API keys.

use std::sync::Arc;

use conversations_application::ports::{Commit, KeyRecord, RepositoryError};
use conversations_domain::{
    ApiKey, Change, KeyChanges, KeyId, Permission, Permissions, Source, Timestamp,
};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::changed_key;
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_key, a_user, an_origin, at, name, next_id};

/// Each field that can change is stored, and no other key changes. The secret stays: the key is
/// found by its hash, as it is now.
pub async fn stores_every_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let left = tenant.key().await;
    let user = tenant.user(a_user()).await.id();
    let new = a_key(tenant.id);
    let (expires_at, source) = (Some(at(5)), Source::Widget);
    let new = KeyRecord { key: ApiKey { expires_at, source, ..new.key }, ..new };
    store(&tenant, repositories, &new).await;
    let mut key = new.key;
    let no_more: Permissions = [Permission::ReadAudit].into_iter().collect();

    for changes in [
        KeyChanges {
            name: Change::To(name("Ŋ'\"%_\\ 🤖")),
            permissions: Change::To(Permissions::all()),
            expires_at: Change::To(Timestamp::parse("9999-12-31T23:59:59.999Z").ok()),
            rate_limit: Change::To("1000000/h".parse().ok()),
            user: Change::To(Some(user)),
        },
        KeyChanges { permissions: Change::To(no_more), ..KeyChanges::default() },
        KeyChanges { expires_at: Change::To(None), ..KeyChanges::default() },
        KeyChanges { rate_limit: Change::To(None), ..KeyChanges::default() },
        KeyChanges { user: Change::To(None), ..KeyChanges::default() },
    ] {
        key = change(&tenant, repositories, &key, changes).await.expect("it is stored");

        assert_eq!(find(&tenant, repositories, key.id).await.as_ref(), Some(&key));
        let found = repositories.keys.find_by_hash(new.hash).await;
        assert_eq!(found.ok().flatten().as_ref(), Some(&key));
    }
    assert_eq!((key.expires_at, key.rate_limit, key.user), (None, None, None));
    let found = repositories.keys.find_by_hash(left.hash).await;
    assert_eq!(found.ok(), Some(Some(left.key)));
}

/// A write that is based on another version than the stored one, or on a deleted row, changes
/// nothing.
pub async fn rejects_a_stale_update(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (key, revoked) = (tenant.key().await.key, tenant.key().await.key);
    let first = change(&tenant, repositories, &key, called("First")).await;
    let gone = repositories.keys.revoke(tenant.id, Commit::of(an_origin(), revoked.id)).await;
    assert_eq!(gone.ok(), Some(true));

    assert_stale(&change(&tenant, repositories, &key, called("Second")).await);
    assert_stale(&change(&tenant, repositories, &revoked, called("Gone")).await);
    assert_stale(&change(&tenant, repositories, &a_key(tenant.id).key, called("None")).await);

    assert_eq!(find(&tenant, repositories, key.id).await, first.ok());
    assert_eq!(find(&tenant, repositories, revoked.id).await, None);
}

/// Another workspace's key is as good as none.
pub async fn changes_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.key().await.key;

    assert_stale(&change(&tenant, repositories, &theirs, called("Mine")).await);

    assert_eq!(find(&other, repositories, theirs.id).await, Some(theirs));
}

/// A key is found only in its own workspace, and an unknown id is not found at all.
pub async fn finds_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (ours, theirs) = (tenant.key().await.key, other.key().await.key);

    for id in [theirs.id, KeyId::from_uuid(next_id(at(0)))] {
        assert_eq!(find(&tenant, repositories, id).await, None);
    }
    assert_eq!(find(&tenant, repositories, ours.id).await, Some(ours));
}

/// Of changes that are made at once to the same version, one is stored.
pub async fn exactly_one_concurrent_update_succeeds(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (key, workspace) = (tenant.key().await.key, tenant.id);

    let saved = at_once((0..16).map(|writer| {
        let keys = Arc::clone(&repositories.keys);
        let write = changed_key(&key, called(&writer.to_string()));
        async move {
            let changed = write.changed.clone();
            keys.update(workspace, Commit::of(an_origin(), write)).await.map(|()| changed)
        }
    }))
    .await;

    let (stored, refused): (Vec<_>, Vec<_>) = saved.into_iter().partition(Result::is_ok);
    refused.iter().for_each(assert_stale);
    let stored: Result<Vec<_>, RepositoryError> = stored.into_iter().collect();
    let found = find(&tenant, repositories, key.id).await;
    assert_eq!(stored.ok(), Some(found.into_iter().collect()));
}

fn called(text: &str) -> KeyChanges {
    KeyChanges { name: Change::To(name(text)), ..KeyChanges::default() }
}

async fn store(tenant: &Tenant<'_>, repositories: &Repositories, new: &KeyRecord) {
    let stored = repositories.keys.create(tenant.id, Commit::of(an_origin(), new.clone())).await;
    stored.expect("a key is stored");
}

/// Tries to change a key; answers it as it is to be.
async fn change(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    key: &ApiKey,
    changes: KeyChanges,
) -> Result<ApiKey, RepositoryError> {
    let write = changed_key(key, changes);
    let changed = write.changed.clone();
    repositories.keys.update(tenant.id, Commit::of(an_origin(), write)).await.map(|()| changed)
}

async fn find(tenant: &Tenant<'_>, repositories: &Repositories, id: KeyId) -> Option<ApiKey> {
    let found = repositories.keys.find(tenant.id, id).await.expect("keys are read");
    found.map(|details| details.key)
}
