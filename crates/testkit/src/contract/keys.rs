//! API keys: how they are kept, found and revoked.

use conversations_application::ports::{Commit, KeyRecord, KeyWithWorkspace, SecretHash};
use conversations_application::read_model::KeyDetails;
use conversations_domain::{
    ApiKey, AuditAction, KeyId, Permission, Permissions, RateLimit, RatePeriod, Source, Timestamp,
};
use conversations_persistence::Repositories;

use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::{a_key, a_workspace, an_audit_entry, an_origin, at, name, next_id};

/// A key is found by the hash of its secret, as it was stored.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let plain = a_key(tenant.id);
    let mut full = a_key(tenant.id);
    full.key.name = name("Ŋ'\"%_\\ 🤖");
    full.key.permissions = Permissions::all();
    full.key.expires_at = Some(at(86_400_000));
    full.key.rate_limit = "1000000/h".parse().ok();
    let mut keys = vec![plain, full];
    keys.extend(["1970-01-01T00:00:00.001Z", "9999-12-31T23:59:59.999Z"].map(|time| {
        let new = a_key(tenant.id);
        KeyRecord { key: ApiKey { expires_at: Timestamp::parse(time).ok(), ..new.key }, ..new }
    }));
    keys.extend(RatePeriod::ALL.iter().map(|&period| {
        let new = a_key(tenant.id);
        KeyRecord { key: ApiKey { rate_limit: RateLimit::new(1, period).ok(), ..new.key }, ..new }
    }));
    keys.extend(Source::ALL.iter().map(|&source| {
        let new = a_key(tenant.id);
        KeyRecord { key: ApiKey { source, ..new.key }, ..new }
    }));
    keys.extend(Permission::ALL.iter().map(|&permission| {
        let new = a_key(tenant.id);
        KeyRecord {
            key: ApiKey { permissions: [permission].into_iter().collect(), ..new.key },
            ..new
        }
    }));

    for KeyRecord { key, hash } in keys {
        let commit = Commit::of(an_origin(), KeyRecord { key: key.clone(), hash });
        repositories.keys.create(tenant.id, commit).await.expect("a key is stored");

        assert_eq!(find(repositories, hash).await.as_ref(), Some(&key));
        let details = KeyDetails { key, last_used_at: None };
        let found = repositories.keys.find(tenant.id, details.key.id).await;
        assert_eq!(found.ok(), Some(Some(details)));
    }
}

/// The whole hash counts.
pub async fn finds_nothing_for_another_hash(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let SecretHash(mut hash) = tenant.key().await.hash;

    hash[31] ^= 1;

    assert_eq!(find(repositories, SecretHash(hash)).await, None);
}

/// For operators a key is found by its id, in whatever workspace.
pub async fn finds_a_key_anywhere(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;

    for key in [tenant.key().await.key, other.key().await.key] {
        let found = repositories.keys.find_anywhere(key.id).await;
        assert_eq!(found.ok(), Some(Some(key)));
    }
    let unknown = KeyId::from_uuid(next_id(at(0)));
    assert_eq!(repositories.keys.find_anywhere(unknown).await.ok(), Some(None));
}

/// A key is found with its workspace, from inside of that workspace alone.
pub async fn finds_a_key_with_its_workspace(repositories: &Repositories) {
    let workspace = a_workspace("Ŋ'_\\ desk");
    repositories.workspaces.create(workspace.clone()).await.expect("a workspace is stored");
    let other = Tenant::new(repositories).await;
    let (ours, theirs) = (a_key(workspace.id), other.key().await);
    let commit = Commit::of(an_origin(), ours.clone());
    repositories.keys.create(workspace.id, commit).await.expect("a key is stored");
    let find = async |workspace, id| repositories.keys.find_with_workspace(workspace, id).await;

    let expected = KeyWithWorkspace { key: ours.key.clone(), workspace: workspace.clone() };
    assert_eq!(find(workspace.id, ours.key.id).await.ok(), Some(Some(expected)));
    assert_eq!(find(workspace.id, theirs.key.id).await.ok(), Some(None));
    assert_eq!(find(other.id, ours.key.id).await.ok(), Some(None));
}

/// A revoked key opens nothing and is gone from lists; a second time there is nothing to revoke.
pub async fn revokes_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (revoked, left) = (tenant.key().await, tenant.key().await);

    assert!(revoke(&tenant, repositories, revoked.key.id).await);

    assert_eq!(find(repositories, revoked.hash).await, None);
    assert_eq!(repositories.keys.find_anywhere(revoked.key.id).await.ok(), Some(None));
    let own = repositories.keys.find_with_workspace(tenant.id, revoked.key.id).await;
    assert_eq!(own.ok(), Some(None));
    assert_eq!(find(repositories, left.hash).await.as_ref(), Some(&left.key));
    let page = repositories.keys.list(tenant.id, first_page()).await;
    let left = KeyDetails { key: left.key, last_used_at: None };
    assert_eq!(page.map(|page| page.items).ok(), Some(vec![left]));
    assert!(!revoke(&tenant, repositories, revoked.key.id).await);
}

/// Another workspace's key, and one that is nowhere, cannot be revoked.
pub async fn revokes_nothing_out_of_the_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let theirs = other.key().await;

    assert!(!revoke(&tenant, repositories, theirs.key.id).await);
    assert!(!revoke(&tenant, repositories, KeyId::from_uuid(next_id(at(0)))).await);

    assert_eq!(find(repositories, theirs.hash).await, Some(theirs.key));
}

async fn find(repositories: &Repositories, hash: SecretHash) -> Option<ApiKey> {
    repositories.keys.find_by_hash(hash).await.expect("keys are read")
}

async fn revoke(tenant: &Tenant<'_>, repositories: &Repositories, id: KeyId) -> bool {
    let audit = vec![an_audit_entry(AuditAction::KeyRevoked, id.as_uuid())];
    let commit = Commit { audit, ..Commit::of(an_origin(), id) };
    repositories.keys.revoke(tenant.id, commit).await.expect("a key is revoked")
}
