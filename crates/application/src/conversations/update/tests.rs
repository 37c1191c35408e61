//! The rules of changing a conversation: orders and failures, over mocked ports.

mod references;

use conversations_domain::{
    Conversation, Field, FieldChange, FieldValue, Priority, Status, Tags, TagsChange, UserId,
    Version,
};
use mockall::predicate::eq;

use super::*;
use crate::ports::{OptionalResponse, RepositoryError};
use crate::retry::ATTEMPTS;
use crate::testing::{
    NOW, Ports, assigned_to, caller, conversation_id, details, inbox, state, subject, time, user,
    user_id, workspace,
};

fn command(changes: Changes) -> UpdateConversation {
    UpdateConversation { id: conversation_id(), changes, precondition: Precondition::None }
}

fn close() -> UpdateConversation {
    command(Changes { status: Change::To(Status::Closed), ..Changes::default() })
}

fn assign(user: Option<UserId>) -> UpdateConversation {
    command(Changes { assignee: Change::To(user), ..Changes::default() })
}

/// Lets one change be stored if it is as expected.
fn accept(
    ports: &mut Ports,
    expected: impl Fn(&Commit<UpdatedConversation, OptionalResponse<Conversation>>) -> bool
    + Send
    + 'static,
) {
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(move |&asked, commit| asked == workspace() && expected(commit))
        .returning(|_, commit| Ok(commit.write.changed));
}

/// The conversation as it is once messages were counted: they leave its revision alone.
fn with_messages(count: u64, conversation: Conversation) -> Conversation {
    let mut parts = conversation.into_parts();
    parts.message_count += count;
    parts.last_message_number += count;
    parts.version = Version::new(parts.version.number() + count);
    Conversation::restore(parts)
}

#[tokio::test]
async fn an_unknown_conversation_is_not_found() {
    let mut ports = Ports::default();
    ports
        .conversations
        .expect_find()
        .with(eq(workspace()), eq(conversation_id()))
        .returning(|_, _| Ok(None));

    let updated = ports.conversation_service().update(&caller(), close()).await;

    assert!(matches!(updated, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_unchanged_update_writes_nothing() {
    let mut ports = Ports::with_conversation(details());
    ports.inboxes.expect_find().returning(|_, _| Ok(Some(inbox())));

    let same = Changes {
        external_id: Change::To(None),
        subject: Change::To(subject("Refund")),
        status: Change::To(Status::Open),
        priority: Change::To(Priority::Medium),
        inbox: Change::To(inbox().id()),
        assignee: Change::To(None),
        labels: TagsChange::To(Tags::default()),
        customer: Change::Keep,
    };
    let updated = ports.conversation_service().update(&caller(), command(same)).await;

    assert_eq!(updated.ok(), Some(details()));
}

#[tokio::test]
async fn a_stale_write_is_retried_on_the_newest_version() {
    let taken = assigned_to(user(user_id(1)), details());
    let (first, second) = (Version::FIRST, taken.conversation.revision());
    let mut ports = Ports::default();
    ports.conversations.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    ports.conversations.expect_find().times(1).returning(move |_, _| Ok(Some(taken.clone())));
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(move |_, commit| commit.write.loaded == first)
        .returning(|_, _| Err(RepositoryError::Stale));
    accept(&mut ports, move |commit| commit.write.loaded == second);

    let updated = ports.conversation_service().update(&caller(), close()).await;

    let updated = updated.expect("the second attempt succeeds");
    assert_eq!(updated.conversation.status(), Status::Closed);
    assert_eq!(updated.conversation.assignee(), Some(user_id(1)));
    assert_eq!(updated.conversation.revision(), second.next());
}

#[tokio::test]
async fn gives_up_after_the_last_attempt() {
    let mut ports = Ports::with_conversation(details());
    ports
        .conversations
        .expect_update()
        .times(ATTEMPTS as usize)
        .returning(|_, _| Err(RepositoryError::Stale));

    let updated = ports.conversation_service().update(&caller(), close()).await;

    assert!(matches!(updated, Err(Error::WriteConflict)));
}

#[tokio::test]
async fn returns_what_it_stored() {
    let mut ports = Ports::with_conversation(details());
    ports
        .users
        .expect_find()
        .with(eq(workspace()), eq(user_id(1)))
        .returning(|_, id| Ok(Some(user(id))));
    accept(&mut ports, |commit| {
        let UpdatedConversation { changed: conversation, fields, loaded, counted, observed: _ } =
            &commit.write;
        *fields == [Field::Assignee]
            && *loaded == Version::FIRST
            && *counted == details().conversation.count_key()
            && conversation.assignee() == Some(user_id(1))
            && conversation.version() == Version::FIRST.next()
            && conversation.updated_at() == time(NOW)
    });

    let updated = ports.conversation_service().update(&caller(), assign(Some(user_id(1)))).await;

    let updated = updated.expect("updated");
    assert_eq!(updated.assignee, Some(user(user_id(1))));
    assert_eq!(updated.conversation.assignee(), Some(user_id(1)));
}

#[tokio::test]
async fn messages_that_arrived_meanwhile_are_counted_in_the_answer() {
    let mut ports = Ports::with_conversation(details());
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(|_, commit| commit.write.changed.message_count() == 0)
        .returning(|_, commit| Ok(with_messages(2, commit.write.changed)));

    let updated = ports.conversation_service().update(&caller(), close()).await;

    let updated = updated.expect("updated").conversation;
    assert_eq!(updated.status(), Status::Closed);
    assert_eq!((updated.message_count(), updated.last_message_number()), (2, 2));
    assert_eq!(updated.version(), Version::new(4));
}

#[tokio::test]
async fn earlier_messages_do_not_make_an_update_stale() {
    let mut busy = details();
    busy.conversation = with_messages(7, busy.conversation);
    let mut ports = Ports::with_conversation(busy);
    accept(&mut ports, |commit| {
        let UpdatedConversation { changed, loaded, .. } = &commit.write;
        *loaded == Version::FIRST && changed.revision() == Version::FIRST.next()
    });

    let updated = ports.conversation_service().update(&caller(), close()).await;

    assert_eq!(updated.ok().map(|details| details.conversation.message_count()), Some(7));
}

#[tokio::test]
async fn other_labels_are_stored_and_history_lists_them() {
    let mut ports = Ports::with_conversation(details());
    let labels = Tags::parse(&["refund", "vip"]).expect("two labels");
    accept(&mut ports, |commit| {
        let [entry] = commit.history.as_slice() else { return false };
        let from = Some(FieldValue::List(Vec::new()));
        let to = Some(FieldValue::List(vec!["refund".to_owned(), "vip".to_owned()]));
        entry.change == FieldChange { field: Field::Labels, from, to }
    });

    let labelled = Changes { labels: TagsChange::To(labels.clone()), ..Changes::default() };
    let updated = ports.conversation_service().update(&caller(), command(labelled)).await;

    assert_eq!(updated.ok().map(|details| details.conversation.into_parts().labels), Some(labels));
}

#[tokio::test]
async fn clearing_the_assignee_reaches_the_storage_and_the_answer() {
    let mut ports = Ports::with_conversation(assigned_to(user(user_id(1)), details()));
    accept(&mut ports, |commit| commit.write.changed.assignee().is_none());

    let updated = ports.conversation_service().update(&caller(), assign(None)).await;

    let updated = updated.expect("updated");
    assert_eq!(updated.assignee, None);
    assert_eq!(updated.conversation.assignee(), None);
}

#[tokio::test]
async fn history_says_what_from_to_by_whom_and_when() {
    let mut ports = Ports::with_conversation(details());
    accept(&mut ports, |commit| {
        let [entry] = commit.history.as_slice() else { return false };
        let from = Some("open".into());
        let to = Some("closed".into());
        entry.conversation == conversation_id()
            && entry.change == FieldChange { field: Field::Status, from, to }
            && entry.by == caller().actor
            && entry.id.created_at() == time(NOW)
            && commit.audit.is_empty()
    });

    let updated = ports.conversation_service().update(&caller(), close()).await;

    assert!(updated.is_ok());
}

#[tokio::test]
async fn changes_only_the_observed_version() {
    // No update is expected: it would fail the test.
    let ports = Ports::with_conversation(details());

    let command = UpdateConversation { precondition: state("2-0-0"), ..close() };
    let updated = ports.conversation_service().update(&caller(), command).await;

    assert!(matches!(updated, Err(Error::PreconditionFailed)));
}

#[tokio::test]
async fn the_precondition_is_part_of_the_write() {
    for (precondition, observed) in [
        (Precondition::None, None),
        (Precondition::Exists, None),
        (state("1-0-0"), Some(details().observed_versions())),
    ] {
        let mut ports = Ports::with_conversation(details());
        accept(&mut ports, move |commit| commit.write.observed == observed);

        let command = UpdateConversation { precondition, ..close() };
        let updated = ports.conversation_service().update(&caller(), command).await;

        assert!(updated.is_ok());
    }
}

#[tokio::test]
async fn a_lost_race_fails_the_precondition() {
    let mut ports = Ports::default();
    let newer = with_messages(1, details().conversation);
    let newer = ConversationDetails { conversation: newer, ..details() };
    ports.conversations.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    ports.conversations.expect_find().times(1).returning(move |_, _| Ok(Some(newer.clone())));
    ports.conversations.expect_update().times(1).returning(|_, _| Err(RepositoryError::Stale));

    let command = UpdateConversation { precondition: state("1-0-0"), ..close() };
    let updated = ports.conversation_service().update(&caller(), command).await;

    assert!(matches!(updated, Err(Error::PreconditionFailed)));
}
