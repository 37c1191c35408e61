//! A request is done once, whatever comes between.

use std::cell::Cell;
use std::sync::Arc;

use conversations_domain::Inbox;
use mockall::Sequence;
use mockall::predicate::eq;

use super::*;
use crate::Conflict;
use crate::ports::{MockStoredResponseRepository, PreviousRequest, RepositoryError};
use crate::testing::{NOW, caller, context_factory, inbox, time, workspace};

fn request() -> IdempotentRequest {
    IdempotentRequest::new("POST", "/api/v1/inboxes", "key-1", "", b"{}")
}

#[expect(clippy::unnecessary_wraps, reason = "a reply may fail to be put into words")]
fn content(inbox: &Inbox) -> Result<String, Box<dyn StdError + Send + Sync>> {
    Ok(inbox.id().to_string())
}

/// The earlier request with this reply.
fn earlier(content: Option<&str>) -> PreviousRequest {
    let fingerprint = request().fingerprint;
    PreviousRequest { fingerprint, content: content.map(str::to_owned) }
}

/// A storage that finds these, one after the other.
fn finding(found: Vec<Option<PreviousRequest>>) -> MockStoredResponseRepository {
    let mut replies = MockStoredResponseRepository::new();
    let mut order = Sequence::new();
    for each in found {
        replies
            .expect_find()
            .times(1)
            .in_sequence(&mut order)
            .with(eq(workspace()), eq(request().key), eq(time(NOW)))
            .returning(move |_, _, _| Ok(each.clone()));
    }
    replies
}

/// Runs a command that ends like this, and answers how often it ran.
async fn run(
    replies: MockStoredResponseRepository,
    request: Option<IdempotentRequest>,
    end: impl Fn() -> Result<Inbox, Error>,
) -> (usize, Result<IdempotentOutcome<Inbox>, Error>) {
    let ran = Cell::new(0);
    let service = IdempotencyService::new(Arc::new(replies), context_factory());
    let outcome = service
        .run(&caller(), request, content, async |_| {
            ran.set(ran.get() + 1);
            end()
        })
        .await;
    (ran.get(), outcome)
}

fn conflict() -> Error {
    Conflict::EmailTaken.into()
}

#[tokio::test]
async fn without_a_key_a_command_just_runs() {
    let (ran, outcome) = run(MockStoredResponseRepository::new(), None, || Ok(inbox())).await;

    assert_eq!(ran, 1);
    assert_eq!(outcome.ok(), Some(IdempotentOutcome::Executed(inbox())));
}

#[tokio::test]
async fn a_new_request_is_executed() {
    let (ran, outcome) = run(finding(vec![None]), Some(request()), || Ok(inbox())).await;

    assert_eq!(ran, 1);
    assert_eq!(outcome.ok(), Some(IdempotentOutcome::Executed(inbox())));
}

#[tokio::test]
async fn a_repeated_request_is_replayed_and_not_executed() {
    let replies = finding(vec![Some(earlier(Some("kept")))]);

    let (ran, outcome) = run(replies, Some(request()), || Ok(inbox())).await;

    assert_eq!(ran, 0);
    assert_eq!(outcome.ok(), Some(IdempotentOutcome::Replayed("kept".to_owned())));
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let other = PreviousRequest { fingerprint: [7; 32], content: None };

    let (ran, outcome) = run(finding(vec![Some(other)]), Some(request()), || Ok(inbox())).await;

    assert_eq!(ran, 0);
    assert!(matches!(outcome, Err(Error::KeyReused)));
}

#[tokio::test]
async fn a_response_about_erased_content_is_not_found() {
    let (ran, outcome) =
        run(finding(vec![Some(earlier(None))]), Some(request()), || Ok(inbox())).await;

    assert_eq!(ran, 0);
    assert!(matches!(outcome, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_concurrent_duplicate_gets_the_same_response() {
    for refused in [|| Error::InProgress, conflict, || Error::NotFound, || Error::WriteConflict] {
        let replies = finding(vec![None, Some(earlier(Some("kept")))]);

        let (_, outcome) = run(replies, Some(request()), || Err(refused())).await;

        assert_eq!(outcome.ok(), Some(IdempotentOutcome::Replayed("kept".to_owned())));
    }
}

#[tokio::test]
async fn other_refusals_are_passed_on() {
    let (_, outcome) = run(finding(vec![None, None]), Some(request()), || Err(conflict())).await;
    assert!(matches!(outcome, Err(Error::Conflict(Conflict::EmailTaken))));

    let (_, outcome) =
        run(finding(vec![None, None]), Some(request()), || Err(Error::InProgress)).await;
    assert!(matches!(outcome, Err(Error::InProgress)));

    // The storage that did not answer is not asked once more.
    let (_, outcome) = run(finding(vec![None]), Some(request()), || Err(Error::StorageFull)).await;
    assert!(matches!(outcome, Err(Error::StorageFull)));
}

#[tokio::test]
async fn nothing_is_executed_without_the_storage() {
    let mut replies = MockStoredResponseRepository::new();
    replies
        .expect_find()
        .times(1)
        .returning(|_, _, _| Err(RepositoryError::Unavailable("gone".into())));

    let (ran, outcome) = run(replies, Some(request()), || Ok(inbox())).await;

    assert_eq!(ran, 0);
    assert!(matches!(outcome, Err(Error::Unavailable(_))));
}

#[test]
fn a_response_is_stored_with_its_subjects() {
    let recorder = ResponseRecorder::recording(request(), Arc::new(content));
    let shown = inbox();

    let known = recorder.clone().with_outcome(time(NOW), &shown).expect("words").expect("a reply");
    let when = recorder.on_outcome(time(NOW), Inbox::clone).expect("a reply");

    let kept = known.of(&()).expect("words");
    assert_eq!(kept.request, request());
    assert_eq!(kept.at, time(NOW));
    assert_eq!(kept.content, shown.id().to_string());
    assert_eq!(kept.about, [shown.id().as_uuid()]);
    assert_eq!(when.of(&shown).expect("words"), kept);
}

#[test]
fn requests_are_told_apart_by_every_part() {
    let new = IdempotentRequest::new;
    let (key, fingerprint) = (request().key, request().fingerprint);

    for other in [
        new("PUT", "/api/v1/inboxes", "key-1", "", b"{}"),
        new("POST", "/api/v1/users", "key-1", "", b"{}"),
        new("POST", "/api/v1/inboxes", "key-2", "", b"{}"),
        new("POST", "/api/v1/inboxesk", "ey-1", "", b"{}"),
    ] {
        assert_ne!(other.key, key);
        assert_eq!(other.fingerprint, fingerprint);
    }
    for other in [
        new("POST", "/api/v1/inboxes", "key-1", "a=b", b"{}"),
        new("POST", "/api/v1/inboxes", "key-1", "", b"{ }"),
        new("POST", "/api/v1/inboxes", "key-1", "{", b"}"),
    ] {
        assert_eq!(other.key, key);
        assert_ne!(other.fingerprint, fingerprint);
    }
}
