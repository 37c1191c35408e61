//! Deletions that take several transactions: nothing of their target is there for anybody from the
//! first one on, and all of it is gone after the last one. The storage has to be one that deletes in
//! the smallest steps, of which none is done that was not asked for.

use std::sync::Arc;

use conversations_application::ports::{
    Commit, Deletion, DeletionOutcome, ErasureKind, ErasureProgress, PendingErasure,
    RepositoryError,
};
use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, CustomerFilter, UserFilter,
};
use conversations_domain::{
    ApiKey, AuditAction, Change, Conversation, ConversationId, Customer, CustomerChanges,
    CustomerId, KeyChanges, Tier,
};
use conversations_persistence::Repositories;

use super::bulk::{customers, finish_erasures, listed};
use super::commits::{
    arrival, changed_customer, changed_key, customer_erasure, reassigned, removal, unassigned_from,
    user_removal,
};
use super::full_conversation::FullConversation;
use super::key_users::{self, stored_for};
use super::pages::first_page;
use super::tenant::{Tenant, assert_stale};
use super::text_search::search;
use super::totals::assert_right;
use crate::fixtures::{a_conversation, a_customer, a_message, a_user, an_origin, at, tags};

/// A long conversation is gone at once, also as what is in the way of others, and is counted once.
pub async fn a_long_conversation_is_gone_at_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer()).await;
    let user = tenant.user(a_user()).await.id();
    let long = a_conversation(tenant.inbox).with_customer(person.id()).labelled(&["refund"]);
    let long =
        FullConversation::store(&tenant, repositories, long.assigned_to(user).build()).await.id();
    let message = tenant.append(long, a_message().saying("zebra").build()).await.expect("arrives");
    let left = tenant.open(a_conversation(tenant.inbox).build()).await.id();

    assert_eq!(tenant.erase(long).await, Some(3));

    assert_eq!(kinds(repositories).await, [ErasureKind::Conversation]);
    assert_gone(&tenant, repositories, long).await;
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [left]);
    for filter in [
        ConversationFilter { labels: tags(&["refund"]), ..ConversationFilter::default() },
        ConversationFilter { customer: Some(person.id()), ..ConversationFilter::default() },
        // Its own customer has its id.
        ConversationFilter { customer: Some(own_customer(long)), ..ConversationFilter::default() },
        assigned_to(AssigneeFilter::User(user)),
    ] {
        assert_eq!(listed(&tenant, filter).await, []);
    }
    assert_eq!(search(&tenant, "zebra").await, []);
    let found = repositories.messages.find(tenant.id, long, message.id()).await;
    assert_eq!(found.ok(), Some(None));
    let commit = removal(long, message.id(), at(1));
    assert_eq!(repositories.messages.delete(tenant.id, commit).await.ok(), Some(false));
    assert_eq!(customers(&tenant, repositories, CustomerFilter::default()).await, [person.id()]);
    let own = repositories.customers.find(tenant.id, own_customer(long)).await;
    assert_eq!(own.ok(), Some(None));
    let deleted = delete_customer(&tenant, repositories, person.id()).await;
    assert!(matches!(deleted, Ok(DeletionOutcome::Done)), "{deleted:?}");
    assert_eq!(
        tenant.audit().await.iter().filter(|entry| entry.target == long.as_uuid()).count(),
        1
    );
    // What is hidden and what is counted change together.
    let found = repositories.totals.check(tenant.id).await.expect("a comparison");
    assert_eq!(found.differences, []);

    finish_erasures(repositories).await;

    assert_gone(&tenant, repositories, long).await;
    assert_right(&tenant, 1).await;
    let audit = tenant.audit().await;
    let told: Vec<_> = audit.iter().filter(|entry| entry.target == long.as_uuid()).collect();
    assert_eq!(told.iter().map(|entry| entry.message_count).collect::<Vec<_>>(), [Some(3)]);
}

/// A person is gone at once, with every conversation with them; their address is free.
pub async fn a_person_is_gone_at_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = a_customer().reachable_at("ada@example.org").tagged(&["vip"]);
    let person = tenant.customer(person).await;
    let with = || a_conversation(tenant.inbox).with_customer(person.id()).labelled(&["refund"]);
    let mut gone = Vec::new();
    for _ in 0..5 {
        gone.push(FullConversation::store(&tenant, repositories, with().build()).await.id());
    }
    let left =
        FullConversation::store(&tenant, repositories, a_conversation(tenant.inbox).build()).await;

    let erased = repositories.customers.erase(tenant.id, customer_erasure(person.id())).await;
    assert_eq!(erased.ok(), Some(true));

    assert_eq!(kinds(repositories).await, [ErasureKind::Customer]);
    for &id in &gone {
        assert_gone(&tenant, repositories, id).await;
    }
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [left.id()]);
    assert_eq!(FullConversation::read(&tenant, left.id()).await, left);
    assert_eq!(customers(&tenant, repositories, CustomerFilter::default()).await, []);
    let found = repositories.customers.find(tenant.id, person.id()).await;
    assert_eq!(found.ok(), Some(None));
    let again = repositories.customers.erase(tenant.id, customer_erasure(person.id())).await;
    assert_eq!(again.ok(), Some(false));
    let changes = CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() };
    let late = Commit::of(an_origin(), changed_customer(&person, changes));
    assert_stale(&repositories.customers.update(tenant.id, late).await);
    let heir = tenant.customer(a_customer().reachable_at("Ada@example.org")).await;
    let email = heir.profile().email.clone().expect("an address");
    let found = repositories.customers.find_by_email(tenant.id, email).await;
    assert_eq!(found.ok().flatten().as_ref().map(Customer::id), Some(heir.id()));
    let deleted = repositories
        .inboxes
        .delete(tenant.id, Commit::of(an_origin(), Deletion::of(tenant.inbox)))
        .await;
    assert!(matches!(deleted, Ok(DeletionOutcome::InUse { conversations: 1 })), "{deleted:?}");

    finish_erasures(repositories).await;

    assert_right(&tenant, 1).await;
    let audit = tenant.audit().await;
    let mut told: Vec<_> = audit
        .iter()
        .filter(|entry| entry.action == AuditAction::ConversationDeleted)
        .map(|entry| (entry.target, entry.message_count))
        .collect();
    told.sort_unstable();
    assert_eq!(told, gone.iter().map(|&id| (id.as_uuid(), Some(2))).collect::<Vec<_>>());
    assert_eq!(FullConversation::read(&tenant, left.id()).await, left);
}

/// A user is gone at once: their conversations count as unassigned, and are unassigned with
/// history, once.
pub async fn a_user_is_gone_at_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (user, other) = (tenant.user(a_user()).await, tenant.user(a_user()).await);
    let mut theirs = Vec::new();
    for _ in 0..5 {
        let assigned = a_conversation(tenant.inbox).assigned_to(user.id()).build();
        theirs.push(tenant.open(assigned).await);
    }
    let nobodys = tenant.conversation().await.id();
    let key = stored_for(&tenant, user.id()).await.key;
    tenant.open(a_conversation(tenant.inbox).assigned_to(other.id()).build()).await;

    let deleted = repositories.users.delete(tenant.id, user_removal(user.id(), at(5))).await;
    assert_eq!(deleted.ok(), Some(true));

    assert_eq!(kinds(repositories).await, [ErasureKind::User]);
    let page = repositories
        .users
        .list(tenant.id, UserFilter::default(), first_page())
        .await
        .expect("users are listed");
    assert_eq!((page.total, page.items), (1, vec![other.clone()]));
    assert_eq!(repositories.users.find(tenant.id, user.id()).await.ok(), Some(None));
    assert_eq!(listed(&tenant, assigned_to(AssigneeFilter::User(user.id()))).await, []);
    assert_eq!(key_users::find(&tenant, key.id).await.expect("it is there").user, None);
    let again = KeyChanges { user: Change::To(Some(user.id())), ..KeyChanges::default() };
    let key = ApiKey { user: None, version: key.version.next(), ..key };
    let late = Commit::of(an_origin(), changed_key(&key, again));
    assert_stale(&repositories.keys.update(tenant.id, late).await);
    let mut free: Vec<_> = theirs.iter().map(Conversation::id).collect();
    free.push(nobodys);
    free.reverse();
    assert_eq!(listed(&tenant, assigned_to(AssigneeFilter::Nobody)).await, free);
    for conversation in &theirs {
        assert_eq!(tenant.find(conversation.id()).await.expect("it is there").assignee, None);
    }
    // A conversation that is assigned to another user meanwhile stays so.
    let last = theirs.pop().expect("there are some");
    let taken = tenant.stored(last.id()).await;
    tenant.update(reassigned(&taken, Some(other.id()))).await.expect("it is taken");
    let again =
        repositories.users.create(tenant.id, Commit::of(an_origin(), a_user().build())).await;
    assert!(again.is_ok(), "{again:?}");

    finish_erasures(repositories).await;

    for conversation in &theirs {
        let history = tenant.history(conversation.id()).await;
        let told: Vec<_> = history.into_iter().map(|entry| entry.change).collect();
        assert_eq!(told, [unassigned_from(user.id())]);
        assert_eq!(tenant.stored(conversation.id()).await.assignee(), None);
    }
    assert_eq!(tenant.stored(last.id()).await.assignee(), Some(other.id()));
    assert_right(&tenant, 7).await;
}

/// A workspace is gone at once, and its name is free.
pub async fn a_workspace_is_gone_at_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    for _ in 0..5 {
        let person = tenant.customer(a_customer().tagged(&["vip"])).await.id();
        let conversation = a_conversation(tenant.inbox).with_customer(person).build();
        FullConversation::store(&tenant, repositories, conversation).await;
        tenant.key().await;
    }
    let [ours] = &repositories.workspaces.list().await.expect("workspaces are listed")[..] else {
        unreachable!("there is one")
    };

    assert_eq!(repositories.workspaces.erase(tenant.id, at(0)).await.ok(), Some(true));

    assert_eq!(kinds(repositories).await, [ErasureKind::Workspace]);
    assert_eq!(repositories.workspaces.list().await.ok(), Some(Vec::new()));
    let found = repositories.workspaces.find_by_name(ours.name.clone()).await;
    assert_eq!(found.ok(), Some(None));
    let keys = repositories.keys.list(tenant.id, first_page()).await.expect("keys are listed");
    assert_eq!(keys.total, 0);
    assert_eq!(repositories.workspaces.erase(tenant.id, at(0)).await.ok(), Some(false));
    let mut heir = crate::fixtures::a_workspace("heir");
    heir.name = ours.name.clone();
    repositories.workspaces.create(heir.clone()).await.expect("the name is free");

    finish_erasures(repositories).await;

    assert_eq!(repositories.workspaces.list().await.ok(), Some(vec![heir]));
    assert_eq!((tenant.count().await, tenant.audit().await), (0, Vec::new()));
}

/// An inbox cannot be deleted before its conversations that are being erased, which are hidden.
pub async fn an_inbox_goes_after_what_is_in_it(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let long = FullConversation::store(&tenant, repositories, a_conversation(tenant.inbox).build())
        .await
        .id();
    tenant.erase(long).await;
    let delete = async || {
        repositories
            .inboxes
            .delete(tenant.id, Commit::of(an_origin(), Deletion::of(tenant.inbox)))
            .await
    };

    assert!(matches!(delete().await, Err(RepositoryError::Unavailable(_))));
    finish_erasures(repositories).await;
    assert!(matches!(delete().await, Ok(DeletionOutcome::Done)));
}

/// Messages that arrive while their conversation begins to go are counted, or find nothing.
pub async fn what_arrives_too_late_finds_nothing(repositories: &Repositories) {
    const MESSAGES: usize = 20;
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();
    for _ in 0..5 {
        tenant.append(id, a_message().build()).await;
    }
    let arriving = super::bulk::at_once((0..MESSAGES).map(|_| {
        let (messages, workspace) = (Arc::clone(&repositories.messages), tenant.id);
        let commit = arrival(id, a_message().build());
        async move { messages.append(workspace, commit).await }
    }));

    let (arrived, erased) = tokio::join!(arriving, tenant.erase(id));

    let arrived = arrived.into_iter().filter_map(|message| message.expect("no message fails"));
    assert_eq!(erased, Some(5 + arrived.count() as u64));
    assert_eq!(tenant.append(id, a_message().build()).await, None);
    finish_erasures(repositories).await;
    assert_gone(&tenant, repositories, id).await;
}

/// Several who carry out the same do each step once, and all that is pending comes to its end.
pub async fn several_carry_out_the_same(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer()).await.id();
    for _ in 0..12 {
        let conversation = a_conversation(tenant.inbox).with_customer(person).build();
        FullConversation::store(&tenant, repositories, conversation).await;
    }
    let left = tenant.conversation().await.id();
    let erased = repositories.customers.erase(tenant.id, customer_erasure(person)).await;
    assert_eq!(erased.ok(), Some(true));

    let finishing = super::bulk::at_once((0..4).map(|_| {
        let (erasures, workspace) = (Arc::clone(&repositories.erasures), tenant.id);
        async move {
            loop {
                let progress = erasures.step(workspace, person.into(), an_origin().first).await;
                if progress.expect("a step is done") == ErasureProgress::Complete {
                    return;
                }
            }
        }
    }));
    finishing.await;

    assert_eq!(repositories.erasures.pending().await.ok(), Some(Vec::<PendingErasure>::new()));
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [left]);
    assert_right(&tenant, 1).await;
    assert_eq!(tenant.audit().await.len(), 13, "one entry each, and one for the person");
}

async fn kinds(repositories: &Repositories) -> Vec<ErasureKind> {
    let pending = repositories.erasures.pending().await.expect("they are listed");
    pending.into_iter().map(|erasure| erasure.kind).collect()
}

/// Nothing of a conversation is found.
async fn assert_gone(tenant: &Tenant<'_>, repositories: &Repositories, id: ConversationId) {
    assert_eq!(tenant.find(id).await, None);
    assert_eq!(tenant.messages(id, first_page()).await, None);
    let history = repositories.history.list(tenant.id, id, first_page()).await;
    assert_eq!(history.ok(), Some(None));
    assert_eq!(tenant.append(id, a_message().build()).await, None);
    assert_eq!(tenant.erase(id).await, None);
}

async fn delete_customer(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    id: CustomerId,
) -> Result<DeletionOutcome, RepositoryError> {
    repositories.customers.delete(tenant.id, Commit::of(an_origin(), Deletion::of(id))).await
}

/// The customer that a conversation is given whose deletion is pending.
fn own_customer(conversation: ConversationId) -> CustomerId {
    CustomerId::from_uuid(conversation.into())
}

fn assigned_to(assignee: AssigneeFilter) -> ConversationFilter {
    ConversationFilter { assignee: Some(assignee), ..ConversationFilter::default() }
}
