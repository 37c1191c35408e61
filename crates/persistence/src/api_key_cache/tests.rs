use conversations_application::ports::{MockKeyRepository, MockWorkspaceRepository};
use conversations_domain::{Actor, EventId, Origin, Permissions, Source, Version};
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;

fn key(number: u128) -> ApiKey {
    ApiKey {
        id: KeyId::from_uuid(Uuid::from_u128(number)),
        workspace: WorkspaceId::from_uuid(Uuid::from_u128(number % 2)),
        name: Name::parse("robot").expect("a name"),
        permissions: Permissions::all(),
        source: Source::Api,
        expires_at: None,
        rate_limit: None,
        user: None,
        hint: "abcd".to_owned(),
        version: Version::FIRST,
    }
}

fn an_origin() -> Origin {
    Origin { first: EventId::from_uuid(Uuid::nil()), by: Actor::command_line() }
}

fn hash(number: u128) -> SecretHash {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(&number.to_be_bytes());
    SecretHash(hash)
}

fn keys(stored: MockKeyRepository) -> CachingKeyRepository {
    CachingKeyRepository { stored: Arc::new(stored), cache: ApiKeyCache::default() }
}

/// Keys that the database is asked for as often as is said, and then a change of them.
fn found(times: usize) -> MockKeyRepository {
    let mut stored = MockKeyRepository::new();
    stored.expect_find_by_hash().times(times).returning(|SecretHash(hash)| {
        let number = u128::from_be_bytes(hash[..16].try_into().expect("half a hash"));
        Ok(Some(key(number)))
    });
    stored
}

async fn ask(keys: &CachingKeyRepository, number: u128) {
    assert_eq!(keys.find_by_hash(hash(number)).await.ok(), Some(Some(key(number))));
}

#[tokio::test]
async fn a_key_is_loaded_once() {
    let keys = keys(found(2));

    for _ in 0..3 {
        ask(&keys, 1).await;
        ask(&keys, 2).await;
    }
}

#[tokio::test]
async fn misses_are_not_cached() {
    let mut stored = MockKeyRepository::new();
    stored.expect_find_by_hash().times(2).returning(|_| Ok(None));
    let keys = keys(stored);

    for _ in 0..2 {
        assert_eq!(keys.find_by_hash(hash(1)).await.ok(), Some(None));
    }
}

#[test]
fn a_key_is_cached_for_less_than_a_second_from_the_query() {
    let (cache, asked) = (ApiKeyCache::default(), Instant::now());

    cache.insert(&cache.begin_lookup(asked), hash(1), key(1));

    let last = asked + TIME_TO_LIVE.saturating_sub(Duration::from_nanos(1));
    assert_eq!(cache.find(hash(1), last), Some(key(1)));
    assert_eq!(cache.find(hash(1), asked + TIME_TO_LIVE), None);
    assert!(TIME_TO_LIVE < Duration::from_secs(1));
}

#[tokio::test]
async fn a_changed_key_alone_is_loaded_again() {
    for succeeds in [true, false] {
        let mut stored = found(4);
        let refused = move || (!succeeds).then_some(RepositoryError::Stale);
        stored.expect_revoke().returning(move |_, _| refused().map_or(Ok(true), Err));
        stored.expect_update().returning(move |_, _| refused().map_or(Ok(()), Err));
        let keys = keys(stored);
        ask(&keys, 1).await;
        ask(&keys, 2).await;

        let _outcome = keys.revoke(key(1).workspace, Commit::of(an_origin(), key(1).id)).await;
        ask(&keys, 1).await;
        ask(&keys, 2).await;

        let revision = Updated { changed: key(2), loaded: Version::FIRST, fields: Vec::new() };
        let _outcome = keys.update(key(2).workspace, Commit::of(an_origin(), revision)).await;
        ask(&keys, 1).await;
        ask(&keys, 2).await;
    }
}

fn now() -> Timestamp {
    Timestamp::from_unix_millis(0).expect("a time")
}

#[tokio::test]
async fn deleting_a_workspace_evicts_its_keys() {
    let keys = keys(found(3));
    let mut stored = MockWorkspaceRepository::new();
    stored.expect_erase().returning(|_, _| Ok(true));
    let workspaces =
        CachingWorkspaceRepository { stored: Arc::new(stored), cache: keys.cache.clone() };
    ask(&keys, 1).await;
    ask(&keys, 2).await;

    let erased = workspaces.erase(key(1).workspace, now()).await;

    assert_eq!(erased.ok(), Some(true));
    ask(&keys, 1).await;
    ask(&keys, 2).await;
}

/// Answers when it is told to, as it was when it was asked.
struct Slow {
    asked: Notify,
    answers: Notify,
}

#[tokio::test]
async fn a_load_during_a_revocation_is_not_cached() {
    let slow = Arc::new(Slow { asked: Notify::new(), answers: Notify::new() });
    let cache = ApiKeyCache::default();
    let asking = {
        let (slow, cache) = (Arc::clone(&slow), cache.clone());
        tokio::spawn(async move {
            let lookup = cache.begin_lookup(Instant::now());
            slow.asked.notify_one();
            slow.answers.notified().await;
            cache.insert(&lookup, hash(1), key(1));
        })
    };

    slow.asked.notified().await;
    drop(cache.invalidate(|changed| changed.id == key(1).id));
    slow.answers.notify_one();
    asking.await.expect("an answer");

    assert_eq!(cache.find(hash(1), Instant::now()), None);
}

#[tokio::test]
async fn an_abandoned_revocation_evicts_too() {
    let cache = ApiKeyCache::default();
    cache.insert(&cache.begin_lookup(Instant::now()), hash(1), key(1));

    let revoking = async {
        let _change = cache.invalidate(|changed| changed.id == key(1).id);
        std::future::pending::<()>().await;
    };
    let cut_off = tokio::time::timeout(Duration::from_millis(1), revoking).await;

    assert!(cut_off.is_err());
    assert_eq!(cache.find(hash(1), Instant::now()), None);
}

#[test]
fn the_cache_is_bounded_and_evicts_old_keys() {
    let (cache, now) = (ApiKeyCache::default(), Instant::now());
    let insert = |number: usize, at: Instant| {
        let number = number as u128;
        cache.insert(&cache.begin_lookup(at), hash(number), key(number));
    };

    (0..2 * MAX_KEYS).for_each(|number| insert(number, now));
    assert_eq!(cache.state().known.len(), MAX_KEYS);

    insert(MAX_KEYS, now + TIME_TO_LIVE);
    assert_eq!(cache.state().known.len(), 1);
}
