use std::sync::Arc;

use conversations_domain::{Change, CustomerId, ExternalId, ProfileChanges, Tier};
use conversations_fixtures::{a_customer, external_id};
use mockall::predicate::eq;

use super::*;
use crate::ports::{ExternalIdOwner, MockCustomerRepository, RepositoryError};
use crate::retry::ATTEMPTS;
use crate::testing::{caller, context_factory, customer_id, email, nothing_left, state, workspace};
use crate::{Conflict, Invalid, Precondition};

fn in_crm() -> ExternalId {
    external_id("crm", "1")
}

fn stored(id: CustomerId) -> Customer {
    a_customer().known_to("crm", "1").with_id(id).build()
}

/// A storage that has the customer with the external id, or has not.
fn storage(is_there: bool) -> MockCustomerRepository {
    let mut customers = MockCustomerRepository::new();
    customers
        .expect_find_by_external_id()
        .with(eq(workspace()), eq(in_crm()))
        .returning(move |_, _| Ok(is_there.then(|| stored(customer_id(1)))));
    customers
}

fn reachable() -> CustomerChanges {
    let email = Change::To(Some(email("ada@example.org")));
    let profile = ProfileChanges { email, ..ProfileChanges::default() };
    CustomerChanges { profile, tier: Change::To(Tier::Gold), ..CustomerChanges::default() }
}

async fn put(
    customers: MockCustomerRepository,
    changes: CustomerChanges,
    precondition: Precondition,
) -> Result<Upserted<Customer>, Error> {
    let command = Upsert { external_id: in_crm(), changes, precondition };
    CustomerService::new(Arc::new(customers), nothing_left(), context_factory())
        .put(&caller(), command)
        .await
}

#[tokio::test]
async fn creates_whom_it_does_not_find() {
    let mut customers = storage(false);
    customers
        .expect_create()
        .times(1)
        .withf(|_, commit| {
            let parts = commit.write.clone().into_parts();
            parts.external_id == Some(in_crm()) && parts.tier == Tier::Gold
        })
        .returning(|_, _| Ok(()));

    let put = put(customers, reachable(), Precondition::None).await;

    assert!(matches!(put, Ok(Upserted::Created(_))), "{put:?}");
}

#[tokio::test]
async fn changes_whom_it_finds() {
    let mut customers = storage(true);
    customers
        .expect_update()
        .times(1)
        .withf(|_, commit| {
            let parts = commit.write.changed.clone().into_parts();
            let is_kept = parts.external_id == Some(in_crm()) && parts.profile.first_name.is_some();
            is_kept && parts.profile.email == Some(email("ada@example.org"))
        })
        .returning(|_, _| Ok(()));

    let put = put(customers, reachable(), Precondition::None).await;

    assert!(matches!(put, Ok(Upserted::Changed(customer)) if customer.id() == customer_id(1)));
}

#[tokio::test]
async fn whom_another_caller_creates_meanwhile_is_changed() {
    let mut customers = MockCustomerRepository::new();
    customers.expect_find_by_external_id().times(1).returning(|_, _| Ok(None));
    let taken = || RepositoryError::ExternalIdTaken(ExternalIdOwner::Customer);
    customers.expect_create().times(1).returning(move |_, _| Err(taken()));
    customers
        .expect_find_by_external_id()
        .times(1)
        .returning(|_, _| Ok(Some(stored(customer_id(1)))));
    customers.expect_update().times(1).returning(|_, _| Ok(()));

    let put = put(customers, reachable(), Precondition::None).await;

    assert!(matches!(put, Ok(Upserted::Changed(_))), "{put:?}");
}

#[tokio::test]
async fn gives_up_after_the_last_attempt() {
    let mut customers = storage(false);
    let taken = || RepositoryError::ExternalIdTaken(ExternalIdOwner::Customer);
    customers.expect_create().times(ATTEMPTS as usize).returning(move |_, _| Err(taken()));

    let put = put(customers, reachable(), Precondition::None).await;

    assert!(matches!(put, Err(Error::WriteConflict)), "{put:?}");
}

#[tokio::test]
async fn no_customer_is_created_when_a_state_is_demanded() {
    for precondition in [Precondition::Exists, state("1")] {
        let put = put(storage(false), reachable(), precondition).await;

        assert!(matches!(put, Err(Error::PreconditionFailed)), "{put:?}");
    }
    let put = put(storage(true), reachable(), state("2")).await;
    assert!(matches!(put, Err(Error::PreconditionFailed)), "{put:?}");
}

#[tokio::test]
async fn a_new_customer_needs_a_name_or_an_address() {
    let nameless = CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() };
    let created = put(storage(false), nameless, Precondition::None).await;
    assert!(matches!(created, Err(Error::Invalid(Invalid::EmptyProfile(_)))), "{created:?}");

    let mut customers = storage(false);
    customers.expect_create().times(1).returning(|_, _| Err(RepositoryError::Duplicate));
    let created = put(customers, reachable(), Precondition::None).await;
    assert!(matches!(created, Err(Error::Conflict(Conflict::EmailTaken))), "{created:?}");
}
