//! The rules of changing a conversation: orders and failures, over mocked ports.

use conversations_domain::{
    CustomerId, Field, FieldChange, InboxId, Priority, Status, UserId, Version,
};
use mockall::predicate::eq;
use uuid::Uuid;

use super::*;
use crate::ports::RepositoryError;
use crate::retry::ATTEMPTS;
use crate::testing::{
    NOW, Ports, assigned_to, caller, conversation_id, customer, customer_id, details, details_with,
    inbox, subject, time, user, user_id, workspace,
};
use crate::{Conflict, InvalidReference, Reference, ReferenceProblem};

fn command(changes: Changes) -> UpdateConversation {
    UpdateConversation { id: conversation_id(), changes }
}

fn close() -> UpdateConversation {
    command(Changes { status: Change::To(Status::Closed), ..Changes::default() })
}

fn assign(user: Option<UserId>) -> UpdateConversation {
    command(Changes { assignee: Change::To(user), ..Changes::default() })
}

fn with(customer: CustomerId) -> UpdateConversation {
    command(Changes { customer: Change::To(customer), ..Changes::default() })
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
async fn setting_what_is_there_writes_nothing() {
    let mut ports = Ports::with_conversation(details());
    ports.inboxes.expect_find().returning(|_, _| Ok(Some(inbox())));

    let same = Changes {
        subject: Change::To(subject("Refund")),
        status: Change::To(Status::Open),
        priority: Change::To(Priority::Medium),
        inbox: Change::To(inbox().id()),
        assignee: Change::To(None),
        customer: Change::Keep,
    };
    let updated = ports.conversation_service().update(&caller(), command(same)).await;

    assert_eq!(updated.ok(), Some(details()));
}

#[tokio::test]
async fn a_stale_write_is_based_on_the_newest_version_again() {
    let taken = assigned_to(user(user_id(1)), details());
    let (first, second) = (Version::FIRST, taken.conversation.version());
    let mut ports = Ports::default();
    ports.conversations.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    ports.conversations.expect_find().times(1).returning(move |_, _| Ok(Some(taken.clone())));
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(move |_, commit| commit.write.loaded == first)
        .returning(|_, _| Err(RepositoryError::Stale));
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(move |_, commit| commit.write.loaded == second)
        .returning(|_, _| Ok(()));

    let updated = ports.conversation_service().update(&caller(), close()).await;

    let updated = updated.expect("the second attempt succeeds");
    assert_eq!(updated.conversation.status(), Status::Closed);
    assert_eq!(updated.conversation.assignee(), Some(user_id(1)));
    assert_eq!(updated.conversation.version(), second.next());
}

#[tokio::test]
async fn gives_up_after_the_attempts() {
    let mut ports = Ports::with_conversation(details());
    ports
        .conversations
        .expect_update()
        .times(ATTEMPTS as usize)
        .returning(|_, _| Err(RepositoryError::Stale));

    let updated = ports.conversation_service().update(&caller(), close()).await;

    assert!(matches!(updated, Err(Error::Contended)));
}

#[tokio::test]
async fn what_is_stored_is_what_is_shown() {
    let mut ports = Ports::with_conversation(details());
    ports
        .users
        .expect_find()
        .with(eq(workspace()), eq(user_id(1)))
        .returning(|_, id| Ok(Some(user(id))));
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(|&asked, commit| {
            let Revision { conversation, loaded } = &commit.write;
            asked == workspace()
                && *loaded == Version::FIRST
                && conversation.assignee() == Some(user_id(1))
                && conversation.version() == Version::FIRST.next()
                && conversation.updated_at() == time(NOW)
        })
        .returning(|_, _| Ok(()));

    let updated = ports.conversation_service().update(&caller(), assign(Some(user_id(1)))).await;

    let updated = updated.expect("updated");
    assert_eq!(updated.assignee, Some(user(user_id(1))));
    assert_eq!(updated.conversation.assignee(), Some(user_id(1)));
}

#[tokio::test]
async fn clearing_the_assignee_reaches_the_storage_and_the_answer() {
    let mut ports = Ports::with_conversation(assigned_to(user(user_id(1)), details()));
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(|_, commit| commit.write.conversation.assignee().is_none())
        .returning(|_, _| Ok(()));

    let updated = ports.conversation_service().update(&caller(), assign(None)).await;

    let updated = updated.expect("updated");
    assert_eq!(updated.assignee, None);
    assert_eq!(updated.conversation.assignee(), None);
}

#[tokio::test]
async fn history_says_what_from_to_by_whom_and_when() {
    let mut ports = Ports::with_conversation(details());
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(|_, commit| {
            let [entry] = commit.history.as_slice() else { return false };
            let from = Some("open".to_owned());
            let to = Some("closed".to_owned());
            entry.conversation == conversation_id()
                && entry.change == FieldChange { field: Field::Status, from, to }
                && entry.by == caller().actor
                && entry.id.created_at() == time(NOW)
        })
        .returning(|_, _| Ok(()));

    let updated = ports.conversation_service().update(&caller(), close()).await;

    assert!(updated.is_ok());
}

#[tokio::test]
async fn names_every_unknown_reference_at_once_and_writes_nothing() {
    let mut ports = Ports::with_conversation(details());
    ports.inboxes.expect_find().returning(|_, _| Ok(None));
    ports.customers.expect_find().returning(|_, _| Ok(None));
    ports.users.expect_find().returning(|_, _| Ok(None));

    let unknown = Changes {
        inbox: Change::To(InboxId::from_uuid(Uuid::nil())),
        customer: Change::To(customer_id(1)),
        assignee: Change::To(Some(user_id(1))),
        ..Changes::default()
    };
    let updated = ports.conversation_service().update(&caller(), command(unknown)).await;

    let Err(Error::InvalidReferences(invalid)) = updated else { panic!("{updated:?}") };
    let unknown = |reference| InvalidReference { reference, problem: ReferenceProblem::Unknown };
    assert_eq!(invalid, [Reference::Inbox, Reference::Customer, Reference::Assignee].map(unknown));
}

#[tokio::test]
async fn an_unknown_assignee_writes_nothing() {
    let mut ports = Ports::with_conversation(details());
    ports.users.expect_find().with(eq(workspace()), eq(user_id(1))).returning(|_, _| Ok(None));

    let updated = ports.conversation_service().update(&caller(), assign(Some(user_id(1)))).await;

    assert!(matches!(updated, Err(Error::InvalidReferences(_))));
}

#[tokio::test]
async fn a_customer_who_was_missing_is_stored_and_shown() {
    let mut ports = Ports::with_conversation(details());
    ports.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));
    ports
        .conversations
        .expect_update()
        .times(1)
        .withf(|_, commit| commit.write.conversation.customer() == Some(customer_id(1)))
        .returning(|_, _| Ok(()));

    let updated = ports.conversation_service().update(&caller(), with(customer_id(1))).await;

    assert_eq!(updated.ok().and_then(|details| details.customer), Some(customer(customer_id(1))));
}

#[tokio::test]
async fn another_customer_conflicts() {
    let mut ports = Ports::with_conversation(details_with(Some(customer(customer_id(1)))));
    ports.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));

    let updated = ports.conversation_service().update(&caller(), with(customer_id(2))).await;

    assert!(matches!(updated, Err(Error::Conflict(Conflict::CustomerIsSet))));
}
