//! When keys were last used.

use std::sync::Arc;

use conversations_application::ports::{Commit, KeyRecord, KeyUse};
use conversations_application::read_model::KeyDetails;
use conversations_domain::{ApiKey, Change, KeyChanges, KeyId, Timestamp, WorkspaceId};
use conversations_persistence::Repositories;

use super::bulk::{at_once, finish_erasures};
use super::commits::changed_key;
use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::{a_key, an_origin, at, name, next_id};

/// A key shows when it was last used, alone and in the list, and nothing before its first use.
pub async fn a_use_is_shown(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (used, unused) = (tenant.key().await.key, tenant.key().await.key);

    remember(repositories, vec![use_of(&used, at(7))]).await;

    let expected = [
        KeyDetails { key: unused, last_used_at: None },
        KeyDetails { key: used, last_used_at: Some(at(7)) },
    ];
    let page = repositories.keys.list(tenant.id, first_page()).await.expect("keys are listed");
    assert_eq!((page.items, page.total), (expected.to_vec(), 2));
    for details in expected {
        let found = repositories.keys.find(tenant.id, details.key.id).await;
        assert_eq!(found.ok(), Some(Some(details)));
    }
}

/// Many uses may be remembered at once, of keys of any workspaces; the latest of each counts,
/// whatever the order.
pub async fn the_latest_use_counts(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (ours, theirs) = (tenant.key().await.key, other.key().await.key);

    let uses = [(&ours, 5), (&theirs, 9), (&ours, 8), (&theirs, 2), (&ours, 6)];
    remember(repositories, uses.map(|(key, millis)| use_of(key, at(millis))).to_vec()).await;
    assert_eq!(last_use(repositories, &ours).await, Some(at(8)));
    assert_eq!(last_use(repositories, &theirs).await, Some(at(9)));

    remember(repositories, vec![use_of(&ours, at(7)), use_of(&theirs, at(10))]).await;
    assert_eq!(last_use(repositories, &ours).await, Some(at(8)));
    assert_eq!(last_use(repositories, &theirs).await, Some(at(10)));
    remember(repositories, Vec::new()).await;
}

/// The latest use counts, also when there are more of them than are stored at once.
pub async fn any_number_of_uses_counts(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let keys = [tenant.key().await.key, tenant.key().await.key];

    let uses = (0..500).flat_map(|millis| keys.iter().map(move |key| use_of(key, at(millis))));
    remember(repositories, uses.collect()).await;

    for key in keys {
        assert_eq!(last_use(repositories, &key).await, Some(at(499)));
    }
}

/// Ids are made to be unique everywhere, but nothing relies on it: a use is that of the key in its
/// own workspace, and one of a key that is not there is ignored, like one that is nowhere.
pub async fn only_uses_of_keys_that_are_there_count(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (ours, revoked) = (tenant.key().await.key, tenant.key().await.key);
    revoke(&tenant, repositories, &revoked).await;
    let nowhere = WorkspaceId::from_uuid(next_id(at(0)));
    let unknown = KeyId::from_uuid(next_id(at(0)));

    let uses = [
        KeyUse { workspace: other.id, key: ours.id, at: at(9) },
        KeyUse { workspace: nowhere, key: ours.id, at: at(9) },
        KeyUse { workspace: tenant.id, key: unknown, at: at(9) },
        use_of(&revoked, at(9)),
        use_of(&ours, at(3)),
    ];
    remember(repositories, uses.to_vec()).await;

    assert_eq!(last_use(repositories, &ours).await, Some(at(3)));
    assert_eq!(repositories.workspaces.erase(other.id, at(0)).await.ok(), Some(true));
    finish_erasures(repositories).await;
    assert_eq!(stored_again(&tenant, repositories, revoked).await, None);
}

/// A revocation forgets the use with the key, and no other's.
pub async fn a_revocation_forgets_the_use(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (revoked, left) = (tenant.key().await.key, tenant.key().await.key);
    remember(repositories, vec![use_of(&revoked, at(7)), use_of(&left, at(8))]).await;

    revoke(&tenant, repositories, &revoked).await;

    assert_eq!(stored_again(&tenant, repositories, revoked).await, None);
    assert_eq!(last_use(repositories, &left).await, Some(at(8)));
}

/// A revocation of nothing forgets nothing: another workspace's key keeps its use.
pub async fn a_revocation_of_nothing_forgets_nothing(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.key().await.key;
    remember(repositories, vec![use_of(&theirs, at(7))]).await;

    let revoked = repositories.keys.revoke(tenant.id, Commit::of(an_origin(), theirs.id)).await;

    assert_eq!(revoked.ok(), Some(false));
    assert_eq!(last_use(repositories, &theirs).await, Some(at(7)));
}

/// A use is no change: who changes the key meanwhile is not stale, and the use stays.
pub async fn using_a_key_does_not_make_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let key = tenant.key().await.key;
    remember(repositories, vec![use_of(&key, at(7))]).await;

    let changes = KeyChanges { name: Change::To(name("Another")), ..KeyChanges::default() };
    let write = changed_key(&key, changes);
    let key = write.changed.clone();
    assert!(repositories.keys.update(tenant.id, Commit::of(an_origin(), write)).await.is_ok());

    let found = repositories.keys.find(tenant.id, key.id).await;
    assert_eq!(found.ok(), Some(Some(KeyDetails { key, last_used_at: Some(at(7)) })));
}

/// Uses that are remembered at once, of the same keys in whatever order, all count.
pub async fn concurrent_uses_all_count(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut keys = Vec::new();
    for _ in 0..24 {
        keys.push(tenant.key().await.key);
    }

    let remembered = at_once((0_i64..12).map(|turn| {
        let repository = Arc::clone(&repositories.keys);
        let mut uses: Vec<_> = keys.iter().map(|key| use_of(key, at(turn))).collect();
        if turn % 2 == 0 {
            uses.reverse();
        }
        async move { repository.remember_uses(uses).await }
    }))
    .await;

    for remembered in remembered {
        assert!(remembered.is_ok(), "{remembered:?}");
    }
    for key in &keys {
        assert_eq!(last_use(repositories, key).await, Some(at(11)));
    }
}

fn use_of(key: &ApiKey, at: Timestamp) -> KeyUse {
    KeyUse { workspace: key.workspace, key: key.id, at }
}

async fn remember(repositories: &Repositories, uses: Vec<KeyUse>) {
    repositories.keys.remember_uses(uses).await.expect("uses are remembered");
}

async fn revoke(tenant: &Tenant<'_>, repositories: &Repositories, key: &ApiKey) {
    let revoked = repositories.keys.revoke(tenant.id, Commit::of(an_origin(), key.id)).await;
    assert_eq!(revoked.ok(), Some(true));
}

async fn last_use(repositories: &Repositories, key: &ApiKey) -> Option<Timestamp> {
    let found = repositories.keys.find(key.workspace, key.id).await.expect("keys are read");
    found.expect("the key is there").last_used_at
}

/// Stores a key of this id again, and answers when it was last used.
async fn stored_again(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    key: ApiKey,
) -> Option<Timestamp> {
    let new = KeyRecord { key: key.clone(), ..a_key(tenant.id) };
    repositories
        .keys
        .create(tenant.id, Commit::of(an_origin(), new))
        .await
        .expect("the id is free");
    last_use(repositories, &key).await
}
