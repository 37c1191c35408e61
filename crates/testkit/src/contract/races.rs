//! Deletions beside writes that refer to what is deleted: whichever is first, in the end nothing
//! refers to what is gone.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::{Commit, Deletion, DeletionOutcome, RepositoryError};
use conversations_domain::{
    AuditAction, Author, Conversation, ConversationId, CustomerId, InboxId,
};
use conversations_persistence::Repositories;
use tokio::time::sleep;

use super::bulk::{at_once, store_many};
use super::commits::{arrival, customer_erasure, just, reassigned, unassigned_from, user_removal};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_conversation, a_customer, a_message, a_user, an_inbox, an_origin, at};

/// How often each race is run. Each time the deletion begins a little later.
const TURNS: u32 = 6;

/// How much later the deletion begins each time.
const LATER: Duration = Duration::from_millis(2);

/// Conversations that begin to refer to a customer or an inbox keep them, or are refused.
pub async fn nothing_refers_to_what_was_deleted(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;

    for turn in 0..TURNS {
        let customer = tenant.customer(a_customer().tagged(&["vip"])).await.id();
        let inbox = tenant.inbox(an_inbox()).await.id();
        let repositories = repositories.clone();
        let deleting = tokio::spawn(async move {
            sleep(LATER * turn).await;
            let customer = repositories
                .customers
                .delete(workspace, Commit::of(an_origin(), Deletion::of(customer)))
                .await;
            let inbox = repositories
                .inboxes
                .delete(workspace, Commit::of(an_origin(), Deletion::of(inbox)))
                .await;
            (is_gone(customer), is_gone(inbox))
        });
        let opened = open_at_once(&tenant, inbox, customer).await;
        let (customer_gone, inbox_gone) = deleting.await.expect("no task panics");

        let found = tenant.repositories.customers.find(workspace, customer).await;
        assert_eq!(found.ok().flatten().is_none(), customer_gone);
        let found = tenant.repositories.inboxes.find(workspace, inbox).await;
        assert_eq!(found.ok().flatten().is_none(), inbox_gone);
        assert!(opened.is_empty() || !(customer_gone || inbox_gone), "{opened:?}");
        for id in opened {
            assert_eq!(tenant.stored(id).await.customer(), Some(customer));
        }
    }
}

/// Conversations with a person that are opened, and messages in them that arrive, while the person
/// is erased, are there before and go along, or are refused. The audit counts what went.
pub async fn nothing_refers_to_whom_was_erased(repositories: &Repositories) {
    const MESSAGES: u64 = 4;
    let tenant = Tenant::new(repositories).await;
    let (workspace, inbox) = (tenant.id, tenant.inbox);
    let mut gone = Vec::new();

    for turn in 0..TURNS {
        let person = tenant.customer(a_customer()).await.id();
        let with = || a_conversation(inbox).with_customer(person).build();
        let old = store_many(&tenant, repositories, 4, with).await;
        let customers = Arc::clone(&repositories.customers);
        let erasing = tokio::spawn(async move {
            sleep(LATER * turn).await;
            customers.erase(workspace, customer_erasure(person)).await
        });
        let arriving = at_once(old.into_iter().map(|id| {
            let messages = Arc::clone(&repositories.messages);
            async move {
                for count in 0..MESSAGES {
                    let draft = a_message().by(Author::System).build();
                    let arrived = messages.append(workspace, arrival(id, draft)).await;
                    if arrived.expect("no message fails").is_none() {
                        return (id, count);
                    }
                }
                (id, MESSAGES)
            }
        }));
        let (opened, arrived) = tokio::join!(open_at_once(&tenant, inbox, person), arriving);

        let erased = erasing.await.expect("no task panics");
        assert!(matches!(erased, Ok(true)), "{erased:?}");
        assert_eq!(tenant.count().await, 0);
        gone.extend(opened.into_iter().map(|id| (id, 0)).chain(arrived));
    }

    gone.sort_unstable();
    let mut audited = tenant.audit().await;
    audited.retain(|entry| entry.action == AuditAction::ConversationDeleted);
    audited.sort_by_key(|entry| entry.target);
    let audited: Vec<_> = audited
        .iter()
        .map(|entry| (ConversationId::from_uuid(entry.target), entry.message_count.unwrap_or(99)))
        .collect();
    assert_eq!(audited, gone);
}

/// Conversations that are assigned to a user who goes are unassigned with the others, or the
/// assignment is refused.
pub async fn nothing_is_assigned_to_a_deleted_user(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;

    for turn in 0..TURNS {
        let user = tenant.user(a_user()).await.id();
        let mut conversations = Vec::new();
        for _ in 0..12 {
            conversations.push(tenant.conversation().await);
        }
        let users = Arc::clone(&repositories.users);
        let deleting = tokio::spawn(async move {
            sleep(LATER * turn).await;
            users.delete(workspace, user_removal(user, at(5))).await
        });
        let assigned =
            at_once(
                conversations.into_iter().map(|conversation| {
                    let repository = Arc::clone(&repositories.conversations);
                    let (id, write) = (conversation.id(), reassigned(&conversation, Some(user)));
                    async move {
                        (id, repository.update(workspace, Commit::of(an_origin(), write)).await)
                    }
                }),
            )
            .await;

        let deleted = deleting.await.expect("no task panics");
        assert!(matches!(deleted, Ok(true)), "{deleted:?}");
        for (id, assigned) in assigned {
            assert_eq!(tenant.stored(id).await.assignee(), None);
            let history = tenant.history(id).await.into_iter().map(|entry| entry.change);
            let unassigned = was_assigned(&assigned).then(|| unassigned_from(user));
            assert_eq!(history.collect::<Vec<_>>(), Vec::from_iter(unassigned));
        }
    }
}

/// Of those who erase a person, or delete a user, at once, one does, and it is audited once.
pub async fn exactly_one_concurrent_deletion_succeeds(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;
    let (person, user) =
        (tenant.customer(a_customer()).await.id(), tenant.user(a_user()).await.id());
    for _ in 0..3 {
        tenant.open(a_conversation(tenant.inbox).with_customer(person).build()).await;
    }
    let left = tenant.open(a_conversation(tenant.inbox).assigned_to(user).build()).await.id();

    let deleted = at_once((0..8).map(|_| {
        let repositories = repositories.clone();
        async move {
            let erased = repositories.customers.erase(workspace, customer_erasure(person)).await;
            let deleted = repositories.users.delete(workspace, user_removal(user, at(5))).await;
            [erased.expect("no erasure fails"), deleted.expect("no deletion fails")]
        }
    }))
    .await;

    for place in 0..2 {
        assert_eq!(deleted.iter().filter(|deleted| deleted[place]).count(), 1);
    }
    let mut actions: Vec<_> = tenant.audit().await.iter().map(|entry| entry.action).collect();
    actions.sort_unstable_by_key(|action| action.as_str());
    let each = AuditAction::ConversationDeleted;
    let expected = [each, each, each, AuditAction::CustomerErased, AuditAction::UserDeleted];
    assert_eq!(actions, expected);
    assert_eq!(tenant.history(left).await.len(), 1);
}

/// A person is erased while the user goes who takes care of their conversations: neither stands in
/// the other's way.
pub async fn deletions_that_meet_both_succeed(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (workspace, inbox) = (tenant.id, tenant.inbox);

    for turn in 0..TURNS {
        let person = tenant.customer(a_customer()).await.id();
        let user = tenant.user(a_user()).await.id();
        let both = || a_conversation(inbox).with_customer(person).assigned_to(user).build();
        store_many(&tenant, repositories, 40, both).await;
        let (customers, users) =
            (Arc::clone(&repositories.customers), Arc::clone(&repositories.users));

        let erasing =
            tokio::spawn(async move { customers.erase(workspace, customer_erasure(person)).await });
        let deleting = tokio::spawn(async move {
            sleep(LATER * turn / 4).await;
            users.delete(workspace, user_removal(user, at(5))).await
        });
        let (erased, deleted) = tokio::join!(erasing, deleting);

        let (erased, deleted) = (erased.expect("no panic"), deleted.expect("no panic"));
        assert!(matches!((&erased, &deleted), (Ok(true), Ok(true))), "{erased:?} {deleted:?}");
        assert_eq!(tenant.count().await, 0);
    }
}

/// Opens conversations with this customer, in this inbox, all at once; answers those that were not
/// refused.
async fn open_at_once(
    tenant: &Tenant<'_>,
    inbox: InboxId,
    customer: CustomerId,
) -> Vec<ConversationId> {
    let workspace = tenant.id;
    let opened = at_once((0..8).map(|_| {
        let conversations = Arc::clone(&tenant.repositories.conversations);
        let conversation = a_conversation(inbox).with_customer(customer).labelled(&["a"]).build();
        async move {
            let id = conversation.id();
            (id, conversations.create(workspace, Commit::of(an_origin(), just(conversation))).await)
        }
    }));
    let mut stored = Vec::new();
    for (id, opened) in opened.await {
        match opened {
            Ok(()) => stored.push(id),
            stale => assert_stale(&stale),
        }
    }
    stored
}

/// Whether an assignment was stored; one that was not is stale.
#[track_caller]
fn was_assigned(assigned: &Result<Conversation, RepositoryError>) -> bool {
    if assigned.is_err() {
        assert_stale(assigned);
    }
    assigned.is_ok()
}

/// Whether a deletion took place; one that did not found what it would delete in use.
#[track_caller]
fn is_gone(deleted: Result<DeletionOutcome, RepositoryError>) -> bool {
    match deleted {
        Ok(DeletionOutcome::Done) => true,
        Ok(DeletionOutcome::InUse { conversations }) => {
            assert!(conversations > 0);
            false
        }
        refused => {
            assert_stale(&refused);
            false
        }
    }
}
