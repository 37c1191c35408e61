//! The rules of opening a conversation: orders and failures, over mocked ports.

use conversations_domain::{Author, MessageBody, Source, Tags};
use mockall::predicate::eq;

use super::*;
use crate::messages::AuthorChoice;
use crate::testing::{
    NOW, Ports, caller, caller_who_may, customer, customer_id, email, inbox, new_customer, subject,
    time, user_id, workspace,
};
use crate::{InvalidReference, ReferenceProblem};

fn command() -> CreateConversation {
    CreateConversation {
        draft: ConversationDraft::new(subject("Refund"), inbox().id()),
        customer: CustomerChoice::Nobody,
        message: None,
    }
}

fn by_profile(address: Option<&str>) -> CreateConversation {
    let customer = CustomerChoice::ByProfile(Box::new(new_customer(address)));
    CreateConversation { customer, ..command() }
}

fn known(id: CustomerId) -> CreateConversation {
    CreateConversation { customer: CustomerChoice::Known(id), ..command() }
}

fn starting_with(author: AuthorChoice, command: CreateConversation) -> CreateConversation {
    let body = MessageBody::parse("Hello").expect("a body");
    let message = MessageContent::new(author, false, body).ok();
    CreateConversation { message, ..command }
}

/// Lets one conversation be stored if it is as expected.
fn accept(ports: &mut Ports, expected: impl Fn(&ConversationToCreate) -> bool + Send + 'static) {
    ports
        .conversations
        .expect_create()
        .times(1)
        .withf(move |&asked, commit| asked == workspace() && expected(&commit.write))
        .returning(|_, _| Ok(()));
}

fn invalid_references(
    created: Result<ConversationDetails, Error>,
) -> Vec<(Reference, ReferenceProblem)> {
    let Err(Error::InvalidReferences(invalid)) = created else { panic!("{created:?}") };
    invalid
        .into_iter()
        .map(|InvalidReference { reference, problem }| (reference, problem))
        .collect()
}

#[tokio::test]
async fn opens_a_conversation_with_the_source_and_the_time_of_the_command() {
    let mut ports = Ports::with_inbox();
    accept(&mut ports, |_| true);

    let created = ports
        .conversation_service()
        .create(&caller(), command(), ResponseRecorder::disabled())
        .await;

    let created = created.expect("created").conversation;
    assert_eq!(created.id().created_at(), time(NOW));
    assert_eq!(created.updated_at(), time(NOW));
    assert_eq!(created.into_parts().source, Source::Widget);
}

#[tokio::test]
async fn labels_are_stored_and_shown_in_their_order() {
    let labels = Tags::parse(&["vip", "refund"]).expect("two labels");
    let mut ports = Ports::with_inbox();
    let expected = labels.clone();
    accept(&mut ports, move |thread| thread.conversation.clone().into_parts().labels == expected);

    let mut labelled = command();
    labelled.draft.labels = labels.clone();
    let created = ports
        .conversation_service()
        .create(&caller(), labelled, ResponseRecorder::disabled())
        .await;

    assert_eq!(created.ok().map(|details| details.conversation.into_parts().labels), Some(labels));
}

#[tokio::test]
async fn names_every_unknown_reference_at_once_and_writes_nothing() {
    let mut ports = Ports::default();
    ports.inboxes.expect_find().returning(|_, _| Ok(None));
    ports.customers.expect_find().returning(|_, _| Ok(None));
    ports.users.expect_find().returning(|_, _| Ok(None));

    let unknown = starting_with(AuthorChoice::Agent(user_id(1)), known(customer_id(1)));
    let created =
        ports.conversation_service().create(&caller(), unknown, ResponseRecorder::disabled()).await;

    assert_eq!(
        invalid_references(created),
        [Reference::Inbox, Reference::Customer, Reference::FirstMessageAuthor]
            .map(|reference| (reference, ReferenceProblem::Unknown))
    );
}

#[tokio::test]
async fn a_new_customer_needs_the_permission_before_anything_else() {
    let caller = caller_who_may(&[Permission::WriteConversations]);

    let service = Ports::default().conversation_service();
    let created = service
        .create(&caller, by_profile(Some("ada@example.org")), ResponseRecorder::disabled())
        .await;

    assert!(matches!(created, Err(Error::Forbidden { missing: Permission::WriteCustomers })));
}

#[tokio::test]
async fn an_existing_customer_needs_no_permission_to_write_customers() {
    let mut ports = Ports::with_inbox();
    ports.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));
    accept(&mut ports, |_| true);
    let caller = caller_who_may(&[Permission::WriteConversations]);

    let created = ports
        .conversation_service()
        .create(&caller, known(customer_id(1)), ResponseRecorder::disabled())
        .await;

    assert_eq!(created.ok().and_then(|details| details.customer), Some(customer(customer_id(1))));
}

#[tokio::test]
async fn uses_the_customer_with_that_email_and_makes_no_new_one() {
    let mut ports = Ports::with_inbox();
    ports
        .customers
        .expect_find_by_email()
        .with(eq(workspace()), eq(email("ADA@example.org")))
        .returning(|_, _| Ok(Some(customer(customer_id(1)))));
    accept(&mut ports, |ConversationToCreate { conversation, customer, message: _ }| {
        conversation.customer() == Some(customer_id(1)) && customer.is_none()
    });

    let service = ports.conversation_service();
    let created = service
        .create(&caller(), by_profile(Some("ADA@example.org")), ResponseRecorder::disabled())
        .await;

    assert_eq!(created.ok().and_then(|details| details.customer), Some(customer(customer_id(1))));
}

#[tokio::test]
async fn uses_a_customer_created_concurrently() {
    let mut ports = Ports::with_inbox();
    ports.customers.expect_find_by_email().times(1).returning(|_, _| Ok(None));
    ports
        .customers
        .expect_find_by_email()
        .times(1)
        .returning(|_, _| Ok(Some(customer(customer_id(1)))));
    ports
        .conversations
        .expect_create()
        .times(1)
        .withf(|_, commit| commit.write.customer.is_some())
        .returning(|_, _| Err(RepositoryError::Duplicate));
    accept(&mut ports, |thread| thread.customer.is_none());

    let service = ports.conversation_service();
    let created = service
        .create(&caller(), by_profile(Some("ada@example.org")), ResponseRecorder::disabled())
        .await;

    let created = created.expect("the second attempt succeeds");
    assert_eq!(created.conversation.customer(), Some(customer_id(1)));
}

#[tokio::test]
async fn without_an_email_there_is_always_a_new_customer() {
    let mut ports = Ports::with_inbox();
    accept(&mut ports, |ConversationToCreate { conversation, customer, message: _ }| {
        customer.is_some() && conversation.customer() == customer.as_ref().map(Customer::id)
    });

    let created = ports
        .conversation_service()
        .create(&caller(), by_profile(None), ResponseRecorder::disabled())
        .await;

    let shown = created.expect("created").customer.expect("the new customer");
    assert_eq!(shown.id().created_at(), time(NOW));
}

#[tokio::test]
async fn the_first_message_is_the_customers_and_is_counted() {
    let mut ports = Ports::with_inbox();
    accept(&mut ports, |ConversationToCreate { conversation, customer: _, message }| {
        message.clone().map(Message::into_parts).is_some_and(|message| {
            message.conversation == conversation.id()
                && message.number == 1
                && message.author == Author::Customer(conversation.customer())
        })
    });

    let command = starting_with(AuthorChoice::Customer(None), by_profile(None));
    let created =
        ports.conversation_service().create(&caller(), command, ResponseRecorder::disabled()).await;

    let created = created.expect("created").conversation.into_parts();
    assert_eq!(created.message_count, 1);
    assert_eq!(created.last_message_number, 1);
    assert_eq!(created.last_message_at, Some(time(NOW)));
}

#[tokio::test]
async fn another_customer_is_no_author() {
    let mut ports = Ports::with_inbox();
    ports.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));

    let another = AuthorChoice::Customer(Some(customer_id(2)));
    let command = starting_with(another, known(customer_id(1)));
    let created =
        ports.conversation_service().create(&caller(), command, ResponseRecorder::disabled()).await;

    assert_eq!(
        invalid_references(created),
        [(Reference::FirstMessageAuthor, ReferenceProblem::NotTheCustomer)]
    );
}

#[tokio::test]
async fn names_a_reference_deleted_concurrently() {
    let mut ports = Ports::default();
    ports.inboxes.expect_find().times(1).returning(|_, _| Ok(Some(inbox())));
    ports.inboxes.expect_find().times(1).returning(|_, _| Ok(None));
    ports.conversations.expect_create().times(1).returning(|_, _| Err(RepositoryError::Stale));

    let created = ports
        .conversation_service()
        .create(&caller(), command(), ResponseRecorder::disabled())
        .await;

    assert_eq!(invalid_references(created), [(Reference::Inbox, ReferenceProblem::Unknown)]);
}

#[tokio::test]
async fn an_unavailable_storage_is_not_retried() {
    let mut ports = Ports::with_inbox();
    ports
        .conversations
        .expect_create()
        .times(1)
        .returning(|_, _| Err(RepositoryError::Unavailable("gone".into())));

    let created = ports
        .conversation_service()
        .create(&caller(), command(), ResponseRecorder::disabled())
        .await;

    assert!(matches!(created, Err(Error::Unavailable(_))));
}
