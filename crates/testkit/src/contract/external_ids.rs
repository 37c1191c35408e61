//! Ids in other systems: in a workspace each belongs to one thing of a kind.

use std::fmt::Debug;
use std::sync::Arc;

use conversations_application::ports::{
    Commit, ConversationToCreate, ExternalIdOwner, RepositoryError,
};
use conversations_application::read_model::{ExternalIdFilter, MessageFilter, UserFilter};
use conversations_domain::{Change, Changes, Customer, CustomerChanges, CustomerId};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::{arrival, changed_customer, just, revised};
use super::pages::first_page;
use super::tenant::{Tenant, assert_duplicate};
use crate::fixtures::{a_conversation, a_customer, a_message, a_user, an_origin, at, external_id};

/// A customer and a user are found by the source and the id together, exactly and in their workspace.
pub async fn finds_everything_by_external_id(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let ada = tenant.customer(a_customer().known_to("crm", "a1")).await;
    tenant.customer(a_customer().known_to("crm", "A1")).await;
    tenant.customer(a_customer().known_to("shop", "a1")).await;
    tenant.customer(a_customer()).await;
    let theirs = other.customer(a_customer().known_to("crm", "a1")).await;

    assert_eq!(find(&tenant, "crm", "a1").await, Some(ada.id()));
    assert_eq!(find(&other, "crm", "a1").await, Some(theirs.id()));
    for (source, id) in [("crm", "a"), ("erp", "a1"), ("a1", "crm"), ("crm", "%")] {
        assert_eq!(find(&tenant, source, id).await, None, "{source} {id}");
    }
    let grace = tenant.user(a_user().known_to("crm", "a1")).await;
    let user = async |workspace, id: &str| {
        let found = repositories.users.find_by_external_id(workspace, external_id("crm", id)).await;
        found.expect("users are read")
    };
    assert_eq!(user(tenant.id, "a1").await, Some(grace));
    assert_eq!((user(tenant.id, "A1").await, user(other.id, "a1").await), (None, None));
    let filter = |id: &str| UserFilter {
        external_id: Some(ExternalIdFilter { id: id.parse().expect("an id"), source: None }),
    };
    let total = async |id| {
        let page = repositories.users.list(tenant.id, filter(id), first_page()).await;
        page.map(|page| (page.items.len(), page.total)).ok()
    };
    assert_eq!((total("a1").await, total("A1").await), (Some((1, 1)), Some((0, 0))));
}

/// Users, conversations and messages have external ids of their own, each of which one of them has in a
/// workspace.
pub async fn the_external_id_of_other_things_is_taken_once(repositories: &Repositories) {
    let tenants = [Tenant::new(repositories).await, Tenant::new(repositories).await];
    for tenant in &tenants {
        tenant.customer(a_customer().known_to("desk", "1")).await;
        tenant.user(a_user().known_to("desk", "1")).await;
        let conversation = a_conversation(tenant.inbox).known_to("desk", "1").build();
        let conversation = tenant.open(conversation).await;
        let draft = a_message().known_to("desk", "1").build();
        tenant.append(conversation.id(), draft).await.expect("it arrives");
    }

    let [tenant, _] = &tenants;
    let user = Commit::of(an_origin(), a_user().known_to("desk", "1").build());
    assert_taken(&repositories.users.create(tenant.id, user).await, ExternalIdOwner::User);
    let same = || a_conversation(tenant.inbox).known_to("desk", "1");
    let opened = tenant.create(just(same().build())).await;
    assert_taken(&opened, ExternalIdOwner::Conversation);
    let mut other = a_conversation(tenant.inbox).build();
    let first = other.open_with(a_message().known_to("desk", "1").build());
    let thread = ConversationToCreate { message: Some(first), ..just(other.clone()) };
    assert_taken(&tenant.create(thread).await, ExternalIdOwner::Message);
    assert_eq!(tenant.find(other.id()).await, None);

    let other = tenant.conversation().await;
    let draft = a_message().known_to("desk", "1").build();
    let appended = repositories.messages.append(tenant.id, arrival(other.id(), draft)).await;
    assert_taken(&appended, ExternalIdOwner::Message);
    assert_eq!(tenant.stored(other.id()).await, other);
    let changes =
        Changes { external_id: Change::To(Some(external_id("desk", "1"))), ..Changes::default() };
    let revision = revised(&other, changes, at(5));
    assert_taken(&tenant.update(revision).await, ExternalIdOwner::Conversation);
    assert_eq!(tenant.stored(other.id()).await, other);
    assert_eq!(tenant.history(other.id()).await, []);
    let filter = MessageFilter {
        external_id: Some(ExternalIdFilter { id: "1".parse().expect("an id"), source: None }),
    };
    let found = repositories.messages.list(tenant.id, other.id(), filter, first_page()).await;
    assert_eq!(found.ok().flatten().map(|page| page.total), Some(0));
}

/// The external id of another customer is refused, at creation and later, and the error says so; what
/// is taken in one workspace is free in another, and what is cleared is free again.
pub async fn a_customers_external_id_is_taken_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let ada = tenant.customer(a_customer().known_to("crm", "1")).await;
    let eve = tenant.customer(a_customer().known_to("crm", "2").reachable_at("eve@x.org")).await;

    let second = a_customer().known_to("crm", "1").build();
    let created = repositories.customers.create(tenant.id, Commit::of(an_origin(), second)).await;
    assert_taken(&created, ExternalIdOwner::Customer);
    let to = |id| CustomerChanges { external_id: Change::To(id), ..CustomerChanges::default() };
    let taken = to(Some(external_id("crm", "1")));
    assert_taken(&change(&tenant, &eve, taken.clone()).await, ExternalIdOwner::Customer);
    let same_email = a_customer().known_to("crm", "3").reachable_at("EVE@x.org").build();
    let same_email = Commit::of(an_origin(), same_email);
    assert_duplicate(&repositories.customers.create(tenant.id, same_email).await);

    assert_eq!(find(&tenant, "crm", "1").await, Some(ada.id()));
    assert_eq!(find(&tenant, "crm", "2").await, Some(eve.id()));
    change(&tenant, &ada, to(None)).await.expect("an external id is cleared");
    change(&tenant, &eve, taken).await.expect("it is free again");
    assert_eq!(find(&tenant, "crm", "1").await, Some(eve.id()));
    assert_eq!(find(&tenant, "crm", "2").await, None);
}

/// Of customers who come at once with one external id, one is stored.
pub async fn exactly_one_concurrent_customer_gets_the_external_id(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;

    let created = at_once((0..16).map(|_| {
        let customers = Arc::clone(&repositories.customers);
        let customer = a_customer().known_to("crm", "1").build();
        async move {
            let id = customer.id();
            customers.create(workspace, Commit::of(an_origin(), customer)).await.map(|()| id)
        }
    }))
    .await;

    let (stored, refused): (Vec<_>, Vec<_>) = created.into_iter().partition(Result::is_ok);
    for each in &refused {
        assert_taken(each, ExternalIdOwner::Customer);
    }
    let stored: Result<Vec<_>, RepositoryError> = stored.into_iter().collect();
    assert_eq!(stored.ok(), Some(find(&tenant, "crm", "1").await.into_iter().collect()));
}

/// Makes sure that a write was refused because something of this kind has the external id.
#[track_caller]
fn assert_taken<T: Debug>(written: &Result<T, RepositoryError>, by: ExternalIdOwner) {
    let taken = matches!(written, Err(RepositoryError::ExternalIdTaken(owner)) if *owner == by);
    assert!(taken, "{written:?}");
}

/// The customer with this external id.
async fn find(tenant: &Tenant<'_>, source: &str, id: &str) -> Option<CustomerId> {
    let id = external_id(source, id);
    let found = tenant.repositories.customers.find_by_external_id(tenant.id, id).await;
    found.expect("customers are read").as_ref().map(Customer::id)
}

async fn change(
    tenant: &Tenant<'_>,
    customer: &Customer,
    changes: CustomerChanges,
) -> Result<(), RepositoryError> {
    let write = changed_customer(customer, changes);
    tenant.repositories.customers.update(tenant.id, Commit::of(an_origin(), write)).await
}
