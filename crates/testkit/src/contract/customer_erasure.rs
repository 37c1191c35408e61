//! Erasing a person: the customer, every conversation with them, and all that belongs to those.

use std::collections::HashSet;

use conversations_application::ports::{Commit, CustomerErasure};
use conversations_application::read_model::{ConversationFilter, CustomerFilter};
use conversations_domain::{
    AuditAction, AuditEntry, AuditId, Conversation, ConversationParts, Customer, CustomerId,
    CustomerParts, Profile, Reason, Tags,
};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::bulk::{customers, finish_erasures, listed, store_many};
use super::commits::{customer_erasure, just};
use super::full_conversation::FullConversation;
use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::{
    a_conversation, a_customer, a_message, an_audit_entry, an_origin, at, email, next_id, tags,
};

/// The person and their conversations go with all they have; its ids can be used again, and the
/// second time nothing is found.
pub async fn erases_a_person_with_all_they_have(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = a_customer().reachable_at("ada@example.org").tagged(&["vip"]);
    let person = tenant.customer(person).await;
    let with = || a_conversation(tenant.inbox).with_customer(person.id());
    let first =
        FullConversation::store(&tenant, repositories, with().labelled(&["refund"]).build()).await;
    let second = FullConversation::store(&tenant, repositories, with().closed().build()).await;
    let (first, second) = (first.details.conversation, second.details.conversation);

    assert!(erase(&tenant, repositories, customer_erasure(person.id())).await);

    let found = repositories.customers.find(tenant.id, person.id()).await;
    assert_eq!(found.ok(), Some(None));
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, []);
    for id in [first.id(), second.id()] {
        assert_eq!(tenant.find(id).await, None);
        assert_eq!(tenant.messages(id, first_page()).await, None);
        let history = repositories.history.list(tenant.id, id, first_page()).await;
        assert_eq!(history.ok(), Some(None));
    }
    assert!(!erase(&tenant, repositories, customer_erasure(person.id())).await);

    let bare = CustomerParts { tags: Tags::default(), ..person.clone().into_parts() };
    let again =
        repositories.customers.create(tenant.id, Commit::of(an_origin(), Customer::restore(bare)));
    again.await.expect("the id and the address are free");
    let again = tenant.open(a_conversation(tenant.inbox).build()).await.into_parts();
    let again = Conversation::restore(ConversationParts { id: first.id(), ..again });
    tenant.open(again).await;
    assert_eq!(tenant.history(first.id()).await, []);
    let messages = tenant.messages(first.id(), first_page()).await;
    assert_eq!(messages.map(|page| page.total), Some(0));
    assert_eq!(listed(&tenant, labelled("refund")).await, []);
    assert_eq!(customers(&tenant, repositories, tagged("vip")).await, []);
}

/// Conversations of other customers, and those without one, stay complete.
pub async fn leaves_the_others_alone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer().tagged(&["vip"])).await.id();
    let other = tenant.customer(a_customer().tagged(&["vip"])).await;
    let any = || a_conversation(tenant.inbox).labelled(&["refund"]);
    // On both sides of what goes, in the order of ids.
    let before =
        FullConversation::store(&tenant, repositories, any().with_customer(other.id()).build())
            .await;
    FullConversation::store(&tenant, repositories, any().with_customer(person).build()).await;
    let after =
        FullConversation::store(&tenant, repositories, any().with_customer(other.id()).build())
            .await;
    let nobodys = FullConversation::store(&tenant, repositories, any().build()).await;

    assert!(erase(&tenant, repositories, customer_erasure(person)).await);

    let left = [&nobodys, &after, &before].map(FullConversation::id);
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, left);
    assert_eq!(listed(&tenant, labelled("refund")).await, left);
    assert_eq!(customers(&tenant, repositories, tagged("vip")).await, [other.id()]);
    for whole in [before, after, nobodys] {
        assert_eq!(FullConversation::read(&tenant, whole.id()).await, whole);
    }
}

/// The audit keeps one entry for the person and one for each conversation, with its own number of
/// messages; time, reason, author and request are the same for all.
pub async fn audits_the_person_and_each_conversation(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer()).await.id();
    let mut expected = Vec::new();
    for count in 0..3 {
        let opened = a_conversation(tenant.inbox).with_customer(person).opened_at(at(-1)).build();
        let id = tenant.open(opened).await.id();
        for _ in 0..count {
            tenant.append(id, a_message().build()).await;
        }
        expected.push((id.as_uuid(), Some(count)));
    }
    let each = AuditEntry {
        id: AuditId::from_uuid(next_id(at(5_000))),
        reason: Reason::parse("Art. 17 – „erase me“").ok(),
        request_id: Some("request-1".to_owned()),
        ..an_audit_entry(AuditAction::ConversationDeleted, next_id(at(0)))
    };
    let entry = an_audit_entry(AuditAction::CustomerErased, person.as_uuid());
    let write = CustomerErasure { customer: person, observed: None, each: each.clone() };
    let commit = Commit {
        write,
        origin: an_origin(),
        history: Vec::new(),
        audit: vec![entry.clone()],
        response: (),
    };

    assert!(erase(&tenant, repositories, commit).await);

    let audit = tenant.audit().await;
    let (persons, mut others): (Vec<_>, Vec<_>) =
        audit.into_iter().partition(|entry| entry.action == AuditAction::CustomerErased);
    assert_eq!(persons, [entry]);
    others.sort_by_key(|entry| entry.target);
    let observed: Vec<_> = others.iter().map(|entry| (entry.target, entry.message_count)).collect();
    assert_eq!(observed, expected);
    let ids: HashSet<_> = others.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), 3);
    for AuditEntry { id, target, message_count, .. } in others.clone() {
        assert_eq!(id.created_at(), at(5_000));
        let same = AuditEntry { id, target, message_count, ..each.clone() };
        assert!(others.contains(&same), "{same:?}");
    }
}

/// A person without conversations goes alone.
pub async fn erases_a_person_without_conversations(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer()).await.id();
    tenant.conversation().await;
    let commit = customer_erasure(person);
    let audit = commit.audit.clone();

    assert!(erase(&tenant, repositories, commit).await);

    assert_eq!((tenant.count().await, tenant.audit().await), (1, audit));
}

/// Another workspace's person is as good as none; nor does one with the same id go along, or decide
/// which conversations do.
pub async fn erases_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let person = other.customer(a_customer().tagged(&["vip"])).await;
    let there_only =
        other.open(a_conversation(other.inbox).with_customer(person.id()).build()).await;
    let theirs = a_conversation(other.inbox).with_customer(person.id()).labelled(&["refund"]);
    let theirs = FullConversation::store(&other, repositories, theirs.build()).await;

    for id in [person.id(), CustomerId::from_uuid(next_id(at(0)))] {
        assert!(!erase(&tenant, repositories, customer_erasure(id)).await);
    }
    assert_eq!(tenant.audit().await, []);
    let profile = Profile { email: Some(email("twin@x.org")), ..Profile::default() };
    let twin = Customer::restore(CustomerParts { profile, ..person.clone().into_parts() });
    repositories
        .customers
        .create(tenant.id, Commit::of(an_origin(), twin))
        .await
        .expect("a twin elsewhere");
    for (twin, customer) in
        [(theirs.details.conversation.clone(), Some(person.id())), (there_only.clone(), None)]
    {
        let parts = ConversationParts { inbox: tenant.inbox, customer, ..twin.into_parts() };
        tenant.create(just(Conversation::restore(parts))).await.expect("a twin elsewhere");
    }
    assert!(erase(&tenant, repositories, customer_erasure(person.id())).await);

    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [there_only.id()]);
    assert_eq!(tenant.audit().await.len(), 2);
    assert_eq!(other.stored(there_only.id()).await, there_only);
    assert_eq!(FullConversation::read(&other, theirs.id()).await, theirs);
    assert_eq!(listed(&other, labelled("refund")).await, [theirs.id()]);
    assert_eq!(customers(&other, repositories, tagged("vip")).await, [person.id()]);
    assert_eq!(other.audit().await, []);
}

/// However many conversations there are, all go, each with one entry.
pub async fn erases_any_number(repositories: &Repositories) {
    const CONVERSATIONS: usize = 1_200;
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer()).await.id();
    let left = tenant.conversation().await.id();
    let inbox = tenant.inbox;
    let with = || a_conversation(inbox).with_customer(person).build();
    let gone = store_many(&tenant, repositories, CONVERSATIONS, with).await;

    assert!(erase(&tenant, repositories, customer_erasure(person)).await);

    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [left]);
    finish_erasures(repositories).await;
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [left]);
    let mut targets: Vec<_> = tenant.audit().await.iter().map(|entry| entry.target).collect();
    targets.sort_unstable();
    let mut expected: Vec<Uuid> = gone.into_iter().map(Into::into).collect();
    expected.push(person.as_uuid());
    expected.sort_unstable();
    assert!(targets == expected, "{} entries", targets.len());
}

fn labelled(label: &str) -> ConversationFilter {
    ConversationFilter { labels: tags(&[label]), ..ConversationFilter::default() }
}

fn tagged(tag: &str) -> CustomerFilter {
    CustomerFilter { tags: tags(&[tag]), ..CustomerFilter::default() }
}

async fn erase(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    commit: Commit<CustomerErasure>,
) -> bool {
    repositories.customers.erase(tenant.id, commit).await.expect("a person is erased")
}
