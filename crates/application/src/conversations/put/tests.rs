use conversations_domain::{Conversation, Field, Status};
use conversations_fixtures::external_id;
use mockall::predicate::eq;

use super::*;
use crate::Precondition;
use crate::ports::{ExternalIdOwner, RepositoryError};
use crate::testing::{Ports, caller, details, inbox, subject, workspace};

/// The conversation, with the external id.
fn known() -> ConversationDetails {
    let mut details = details();
    let mut parts = details.conversation.into_parts();
    parts.external_id = Some(external_id("desk", "1"));
    details.conversation = Conversation::restore(parts);
    details
}

fn refund() -> Changes {
    Changes {
        subject: Change::To(subject("Refund")),
        inbox: Change::To(inbox().id()),
        status: Change::To(Status::Closed),
        ..Changes::default()
    }
}

async fn put(
    ports: Ports,
    changes: Changes,
    precondition: Precondition,
) -> Result<Upserted<ConversationDetails>, Error> {
    let command = Upsert { external_id: external_id("desk", "1"), changes, precondition };
    ports.conversation_service().put(&caller(), command).await
}

#[tokio::test]
async fn creates_what_it_does_not_find() {
    let mut ports = Ports::with_inbox();
    ports
        .conversations
        .expect_find_by_external_id()
        .times(1)
        .with(eq(workspace()), eq(external_id("desk", "1")))
        .returning(|_, _| Ok(None));
    ports.conversations.expect_create().times(1).returning(|_, _| Ok(()));

    let put = put(ports, refund(), Precondition::None).await;

    let Ok(Upserted::Created(details)) = put else { panic!("{put:?}") };
    assert_eq!(details.conversation.external_id(), Some(&external_id("desk", "1")));
    assert_eq!(details.conversation.status(), Status::Closed);
}

#[tokio::test]
async fn changes_what_another_caller_creates_meanwhile() {
    let mut ports = Ports::with_inbox();
    let taken = || RepositoryError::ExternalIdTaken(ExternalIdOwner::Conversation);
    ports.conversations.expect_find_by_external_id().times(1).returning(|_, _| Ok(None));
    ports.conversations.expect_create().times(1).returning(move |_, _| Err(taken()));
    let id = known().conversation.id();
    ports.conversations.expect_find_by_external_id().returning(move |_, _| Ok(Some(id)));
    // Its external id went to another one, and came back.
    ports.conversations.expect_find().times(1).returning(|_, _| Ok(Some(details())));
    ports.conversations.expect_find().times(1).returning(|_, _| Ok(Some(known())));
    ports.conversations.expect_update().times(1).returning(|_, commit| Ok(commit.write.changed));

    let put = put(ports, refund(), Precondition::None).await;

    let Ok(Upserted::Changed(details)) = put else { panic!("{put:?}") };
    assert_eq!(details.conversation.status(), Status::Closed);
}

#[tokio::test]
async fn names_all_fields_that_a_new_conversation_needs() {
    let mut ports = Ports::default();
    ports.conversations.expect_find_by_external_id().returning(|_, _| Ok(None));
    let put = put(ports, Changes::default(), Precondition::None).await;
    let Err(Error::Incomplete(missing)) = put else { panic!("{put:?}") };
    assert_eq!(missing, [Field::Subject.into(), Field::Inbox.into()]);
}

#[tokio::test]
async fn nothing_is_created_when_it_must_exist() {
    let mut ports = Ports::default();
    ports.conversations.expect_find_by_external_id().returning(|_, _| Ok(None));
    let put = put(ports, refund(), Precondition::Exists).await;
    assert!(matches!(put, Err(Error::PreconditionFailed)), "{put:?}");
}
