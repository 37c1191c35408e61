//! Giving API keys a new secret.

use conversations_application::ports::{
    Commit, KeyRecord, KeyRotation, RepositoryError, SecretHash, Updated,
};
use conversations_domain::{ApiKey, AuditAction, Timestamp};
use conversations_persistence::Repositories;

use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_key, an_audit_entry, an_origin, at, next_id};

/// The new secret opens the key, which is the same except for its hint; the old one opens nothing,
/// and no other key is touched.
pub async fn a_new_secret_takes_the_place_of_the_old_one(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (old, left) = (tenant.key().await, tenant.key().await);
    let new = a_hash();

    let key = rotate(&tenant, repositories, &old.key, new, None).await.expect("it is stored");

    assert_eq!(found(repositories, new).await, Some(key.clone()));
    assert_eq!(found(repositories, old.hash).await, None);
    let details = repositories.keys.find(tenant.id, key.id).await.expect("keys are read");
    assert_eq!(details.map(|details| details.key), Some(key));
    assert_eq!(found(repositories, left.hash).await, Some(left.key));
}

/// For a while the old secret opens the key as well: until its own end, or the key's if that is
/// sooner.
pub async fn for_a_while_both_open_it(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    for (ends, old_ends, expected) in
        [(None, at(50), at(50)), (Some(at(100)), at(50), at(50)), (Some(at(40)), at(50), at(40))]
    {
        let fresh = a_key(tenant.id);
        let old = KeyRecord { key: ApiKey { expires_at: ends, ..fresh.key }, ..fresh };
        let stored =
            repositories.keys.create(tenant.id, Commit::of(an_origin(), old.clone())).await;
        stored.expect("a key is stored");
        let new = a_hash();

        let key = rotate(&tenant, repositories, &old.key, new, Some(old_ends)).await;

        let key = key.expect("it is stored");
        let by_the_old_one = ApiKey { expires_at: Some(expected), ..key.clone() };
        assert_eq!(found(repositories, old.hash).await, Some(by_the_old_one));
        assert_eq!(found(repositories, new).await, Some(key));
    }
}

/// Secrets that end later stay when another is replaced, those that have ended go; and a key whose
/// secret is replaced at once has no other one.
pub async fn every_secret_has_its_own_end(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (first, second, third, fourth) = (tenant.key().await, a_hash(), a_hash(), a_hash());
    let key = rotate(&tenant, repositories, &first.key, second, Some(at(50))).await;
    let key = rotate(&tenant, repositories, &key.expect("stored"), third, Some(at(60))).await;
    let key = key.expect("stored");

    for (hash, end) in [(first.hash, Some(at(50))), (second, Some(at(60))), (third, None)] {
        let expected = ApiKey { expires_at: end, ..key.clone() };
        assert_eq!(found(repositories, hash).await, Some(expected));
    }

    let key = rotate(&tenant, repositories, &key, fourth, None).await.expect("stored");

    for hash in [first.hash, second, third] {
        assert_eq!(found(repositories, hash).await, None);
    }
    assert_eq!(found(repositories, fourth).await, Some(key));
}

/// A key that changed meanwhile, one that is gone and another workspace's keep what they have.
pub async fn rejects_a_stale_rotation(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (old, theirs, gone) = (tenant.key().await, other.key().await, a_key(tenant.id));
    let new = a_hash();
    let key = rotate(&tenant, repositories, &old.key, new, None).await.expect("it is stored");

    for key in [&old.key, &theirs.key, &gone.key] {
        assert_stale(&rotate(&tenant, repositories, key, a_hash(), Some(at(50))).await);
    }

    assert_eq!(found(repositories, new).await, Some(key));
    assert_eq!(found(repositories, theirs.hash).await, Some(theirs.key));
}

/// With a key go all of its secrets, and so they do with its workspace.
pub async fn no_secret_outlives_its_key(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (one, other) = (tenant.key().await, tenant.key().await);
    for key in [&one.key, &other.key] {
        let rotated = rotate(&tenant, repositories, key, a_hash(), Some(at(50))).await;
        rotated.expect("it is stored");
    }

    let revoked = repositories.keys.revoke(tenant.id, Commit::of(an_origin(), one.key.id)).await;
    assert_eq!(revoked.ok(), Some(true));
    assert_eq!(found(repositories, one.hash).await, None);
    assert!(found(repositories, other.hash).await.is_some());

    let erased = repositories.workspaces.erase(tenant.id, at(0)).await;
    assert_eq!(erased.ok(), Some(true));
    assert_eq!(found(repositories, other.hash).await, None);
}

/// The hash of an unknown secret.
fn a_hash() -> SecretHash {
    let mut hash = [7; 32];
    hash[..16].copy_from_slice(next_id(at(0)).as_bytes());
    SecretHash(hash)
}

/// Tries to give a key a secret, at the time 10; answers it as it is to be.
async fn rotate(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    key: &ApiKey,
    hash: SecretHash,
    old_ends_at: Option<Timestamp>,
) -> Result<ApiKey, RepositoryError> {
    let mut changed = key.clone();
    changed.replace_secret("wxyz".to_owned());
    let revision = Updated { changed: changed.clone(), loaded: key.version, fields: Vec::new() };
    let write = KeyRotation { revision, hash, old_ends_at, now: at(10) };
    let audit = vec![an_audit_entry(AuditAction::KeyRotated, key.id.as_uuid())];
    let commit = Commit { audit, ..Commit::of(an_origin(), write) };
    repositories.keys.rotate(tenant.id, commit).await.map(|()| changed)
}

async fn found(repositories: &Repositories, hash: SecretHash) -> Option<ApiKey> {
    repositories.keys.find_by_hash(hash).await.expect("keys are read")
}
