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

fn keys(stored: MockKeyRepository) -> Keys {
    Keys { stored: Arc::new(stored), recent: RecentKeys::default() }
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

async fn ask(keys: &Keys, number: u128) {
    assert_eq!(keys.find_by_hash(hash(number)).await.ok(), Some(Some(key(number))));
}

#[tokio::test]
async fn a_key_is_asked_for_once() {
    let keys = keys(found(2));

    for _ in 0..3 {
        ask(&keys, 1).await;
        ask(&keys, 2).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_again() {
    let mut stored = MockKeyRepository::new();
    stored.expect_find_by_hash().times(2).returning(|_| Ok(None));
    let keys = keys(stored);

    for _ in 0..2 {
        assert_eq!(keys.find_by_hash(hash(1)).await.ok(), Some(None));
    }
}

#[test]
fn a_key_is_remembered_from_the_question_and_for_less_than_a_second() {
    let (recent, asked) = (RecentKeys::default(), Instant::now());

    recent.keep(&recent.ask(asked), hash(1), key(1));

    let last = asked + LIFE.saturating_sub(Duration::from_nanos(1));
    assert_eq!(recent.find(hash(1), last), Some(key(1)));
    assert_eq!(recent.find(hash(1), asked + LIFE), None);
    assert!(LIFE < Duration::from_secs(1));
}

#[tokio::test]
async fn a_key_that_is_changed_is_asked_for_again_and_no_other() {
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

        let revision = Revision { changed: key(2), loaded: Version::FIRST, fields: Vec::new() };
        let _outcome = keys.update(key(2).workspace, Commit::of(an_origin(), revision)).await;
        ask(&keys, 1).await;
        ask(&keys, 2).await;
    }
}

fn now() -> Timestamp {
    Timestamp::from_unix_millis(0).expect("a time")
}

#[tokio::test]
async fn the_keys_of_a_workspace_go_with_it() {
    let keys = keys(found(3));
    let mut stored = MockWorkspaceRepository::new();
    stored.expect_erase().returning(|_, _| Ok(true));
    let workspaces = Workspaces { stored: Arc::new(stored), recent: keys.recent.clone() };
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
async fn an_answer_that_is_on_its_way_during_a_revocation_is_not_remembered() {
    let slow = Arc::new(Slow { asked: Notify::new(), answers: Notify::new() });
    let recent = RecentKeys::default();
    let asking = {
        let (slow, recent) = (Arc::clone(&slow), recent.clone());
        tokio::spawn(async move {
            let question = recent.ask(Instant::now());
            slow.asked.notify_one();
            slow.answers.notified().await;
            recent.keep(&question, hash(1), key(1));
        })
    };

    slow.asked.notified().await;
    drop(recent.change(|changed| changed.id == key(1).id));
    slow.answers.notify_one();
    asking.await.expect("an answer");

    assert_eq!(recent.find(hash(1), Instant::now()), None);
}

#[tokio::test]
async fn a_revocation_that_nobody_waits_for_any_more_counts_too() {
    let recent = RecentKeys::default();
    recent.keep(&recent.ask(Instant::now()), hash(1), key(1));

    let revoking = async {
        let _change = recent.change(|changed| changed.id == key(1).id);
        std::future::pending::<()>().await;
    };
    let cut_off = tokio::time::timeout(Duration::from_millis(1), revoking).await;

    assert!(cut_off.is_err());
    assert_eq!(recent.find(hash(1), Instant::now()), None);
}

#[test]
fn many_keys_take_bounded_room_and_make_room_when_they_are_old() {
    let (recent, now) = (RecentKeys::default(), Instant::now());
    let keep = |number: usize, at: Instant| {
        let number = number as u128;
        recent.keep(&recent.ask(at), hash(number), key(number));
    };

    (0..2 * MOST).for_each(|number| keep(number, now));
    assert_eq!(recent.state().known.len(), MOST);

    keep(MOST, now + LIFE);
    assert_eq!(recent.state().known.len(), 1);
}
