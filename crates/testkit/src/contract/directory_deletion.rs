//! Deleting what conversations refer to: customers and inboxes that are in use stay.

use conversations_application::ports::{Commit, Deletion, DeletionOutcome};
use conversations_application::read_model::{ConversationFilter, CustomerFilter};
use conversations_domain::{
    AuditAction, Customer, CustomerId, CustomerParts, Inbox, InboxId, Tags,
};
use conversations_persistence::Repositories;

use super::bulk::{customers, listed};
use super::commits::audited;
use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::{
    a_conversation, a_customer, an_audit_entry, an_inbox, an_origin, at, next_id, tags,
};

/// A customer to whom nothing refers goes, with their tags; the second time nothing is found, and
/// only the first deletion is audited.
pub async fn deletes_a_customer_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let any = || a_customer().tagged(&["vip", "new"]);
    let gone = tenant.customer(any().reachable_at("ada@example.org")).await;
    let left = tenant.customer(any()).await.id();
    let (first, second) = (customer_removal(gone.id()), customer_removal(gone.id()));
    let audit = first.audit.clone();

    let deleted = repositories.customers.delete(tenant.id, first).await;
    assert_eq!(deleted.ok(), Some(DeletionOutcome::Done));
    let deleted = repositories.customers.delete(tenant.id, second).await;
    assert_eq!(deleted.ok(), Some(DeletionOutcome::Absent));

    assert_eq!(tenant.audit().await, audit);
    let tagged = CustomerFilter { tags: tags(&["vip", "new"]), ..CustomerFilter::default() };
    assert_eq!(customers(&tenant, repositories, tagged.clone()).await, [left]);
    let bare = CustomerParts { tags: Tags::default(), ..gone.clone().into_parts() };
    let again = Commit::of(an_origin(), Customer::restore(bare));
    let again = repositories.customers.create(tenant.id, again).await;
    assert!(again.is_ok(), "the id and the address are free: {again:?}");
    assert_eq!(customers(&tenant, repositories, tagged).await, [left]);
}

/// A customer to whom conversations refer stays as they are, with their tags; how many they are is
/// told, and nothing is audited.
pub async fn a_customer_in_use_stays(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer().tagged(&["vip"])).await;
    let another = tenant.customer(a_customer()).await.id();
    for with in [customer.id(), customer.id(), another] {
        tenant.open(a_conversation(tenant.inbox).closed().with_customer(with).build()).await;
    }
    tenant.conversation().await;

    let deleted = repositories.customers.delete(tenant.id, customer_removal(customer.id())).await;

    assert_eq!(deleted.ok(), Some(DeletionOutcome::InUse { conversations: 2 }));
    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok(), Some(Some(customer.clone())));
    let tagged = CustomerFilter { tags: tags(&["vip"]), ..CustomerFilter::default() };
    assert_eq!(customers(&tenant, repositories, tagged).await, [customer.id()]);
    assert_eq!((tenant.count().await, tenant.audit().await), (4, vec![]));
}

/// Another workspace's customer is as good as none; nor does one with the same id go along, or
/// stand in the way with what refers to them.
pub async fn deletes_no_customer_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.customer(a_customer().tagged(&["vip"])).await;
    let conversation = a_conversation(other.inbox).with_customer(theirs.id()).build();
    let conversation = other.open(conversation).await.id();
    let free = other.customer(a_customer().tagged(&["vip"])).await;

    for id in [theirs.id(), free.id(), CustomerId::from_uuid(next_id(at(0)))] {
        let deleted = repositories.customers.delete(tenant.id, customer_removal(id)).await;
        assert_eq!(deleted.ok(), Some(DeletionOutcome::Absent));
    }
    assert_eq!(tenant.audit().await, []);
    for twin in [&theirs, &free] {
        let commit = Commit::of(an_origin(), twin.clone());
        repositories.customers.create(tenant.id, commit).await.expect("a twin elsewhere");
        let deleted = repositories.customers.delete(tenant.id, customer_removal(twin.id())).await;
        assert_eq!(deleted.ok(), Some(DeletionOutcome::Done));
    }

    let tagged = CustomerFilter { tags: tags(&["vip"]), ..CustomerFilter::default() };
    assert_eq!(customers(&other, repositories, tagged).await, [free.id(), theirs.id()]);
    assert_eq!(listed(&other, ConversationFilter::default()).await, [conversation]);
}

/// An inbox to which nothing refers goes; a second time there is none, and only the first is
/// audited.
pub async fn deletes_an_inbox_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let inbox = tenant.inbox(an_inbox()).await;
    let (first, second) = (inbox_removal(inbox.id()), inbox_removal(inbox.id()));
    let audit = first.audit.clone();

    let deleted = repositories.inboxes.delete(tenant.id, first).await;
    assert_eq!(deleted.ok(), Some(DeletionOutcome::Done));
    let deleted = repositories.inboxes.delete(tenant.id, second).await;
    assert_eq!(deleted.ok(), Some(DeletionOutcome::Absent));

    assert_eq!(tenant.audit().await, audit);
    let page = repositories.inboxes.list(tenant.id, first_page()).await.expect("a list");
    assert_eq!(page.items.iter().map(Inbox::id).collect::<Vec<_>>(), [tenant.inbox]);
    let again = repositories.inboxes.create(tenant.id, Commit::of(an_origin(), inbox)).await;
    assert!(again.is_ok(), "the id is free: {again:?}");
}

/// An inbox to which conversations refer stays; how many they are is told, and nothing is audited.
pub async fn an_inbox_in_use_stays(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let inbox = tenant.inbox(an_inbox()).await;
    for inbox in [inbox.id(), inbox.id(), tenant.inbox] {
        tenant.open(a_conversation(inbox).closed().build()).await;
    }

    let deleted = repositories.inboxes.delete(tenant.id, inbox_removal(inbox.id())).await;

    assert_eq!(deleted.ok(), Some(DeletionOutcome::InUse { conversations: 2 }));
    let found = repositories.inboxes.find(tenant.id, inbox.id()).await;
    assert_eq!(found.ok(), Some(Some(inbox)));
    assert_eq!((tenant.count().await, tenant.audit().await), (3, vec![]));
}

/// Another workspace's inbox is as good as none; nor does one with the same id go along, or stand
/// in the way with what refers to it.
pub async fn deletes_no_inbox_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (used, free) = (other.inbox(an_inbox()).await, other.inbox(an_inbox()).await);
    other.open(a_conversation(used.id()).build()).await;

    for id in [used.id(), free.id(), InboxId::from_uuid(next_id(at(0)))] {
        let deleted = repositories.inboxes.delete(tenant.id, inbox_removal(id)).await;
        assert_eq!(deleted.ok(), Some(DeletionOutcome::Absent));
    }
    assert_eq!(tenant.audit().await, []);
    for twin in [&used, &free] {
        tenant.inbox(twin.clone()).await;
        let deleted = repositories.inboxes.delete(tenant.id, inbox_removal(twin.id())).await;
        assert_eq!(deleted.ok(), Some(DeletionOutcome::Done));
    }

    for theirs in [used, free] {
        let found = repositories.inboxes.find(other.id, theirs.id()).await;
        assert_eq!(found.ok(), Some(Some(theirs)));
    }
}

fn customer_removal(id: CustomerId) -> Commit<Deletion<CustomerId>> {
    audited(Deletion::of(id), an_audit_entry(AuditAction::CustomerDeleted, id.as_uuid()))
}

fn inbox_removal(id: InboxId) -> Commit<Deletion<InboxId>> {
    audited(Deletion::of(id), an_audit_entry(AuditAction::InboxDeleted, id.as_uuid()))
}
