//! The rules of what a change refers to: it is in the workspace, and a customer stays.

use conversations_domain::{CustomerId, InboxId};
use uuid::Uuid;

use super::*;
use crate::testing::{customer, customer_id, details_with};
use crate::{Conflict, InvalidReference, Reference, ReferenceProblem};

fn with(customer: CustomerId) -> UpdateConversation {
    command(Changes { customer: Change::To(customer), ..Changes::default() })
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
    accept(&mut ports, |commit| commit.write.changed.customer() == Some(customer_id(1)));

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
