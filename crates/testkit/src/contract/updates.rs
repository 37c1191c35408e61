//! Changing conversations.

use std::sync::Arc;

use conversations_application::ports::{Commit, RepositoryError, UpdatedConversation};
use conversations_application::read_model::ConversationFilter;
use conversations_domain::{
    Change, Changes, Conversation, CustomerId, InboxId, Priority, Status, TagsChange, UserId,
    Version,
};
use conversations_persistence::Repositories;

use super::bulk::{at_once, listed};
use super::commits::{reassigned, renamed, revised};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{
    a_conversation, a_customer, a_user, an_inbox, an_origin, at, external_id, next_id, tags,
};

/// Each field that can change is stored, and shown with the people who belong to it.
pub async fn stores_every_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await;
    let assignee = tenant.user(a_user()).await;
    let conversation = a_conversation(tenant.inbox).labelled(&["refund", "vip"]).build();
    let conversation = tenant.open(conversation).await;

    let changes = Changes {
        external_id: Change::To(Some(external_id("my-crm.2", "<Ä%_'\u{10ffff}@x.org>"))),
        subject: Change::To("Refund? Refund!".parse().expect("a subject")),
        status: Change::To(Status::Closed),
        priority: Change::To(Priority::Low),
        inbox: Change::To(tenant.inbox(an_inbox()).await.id()),
        assignee: Change::To(Some(assignee.id())),
        labels: TagsChange::To(tags(&["vip", "Ünïcode"])),
        customer: Change::To(customer.id()),
    };
    let revision = revised(&conversation, changes, at(60_000));
    let stored = tenant.update(revision.clone()).await.expect("the change is stored");

    assert_eq!(stored, revision.changed);
    let details = tenant.find(conversation.id()).await.expect("the conversation is there");
    assert_eq!(details.conversation, revision.changed);
    assert_eq!(details.customer, Some(customer));
    assert_eq!(details.assignee, Some(assignee));
}

/// Unassigning is a change: an empty assignee is not taken for no change.
pub async fn clearing_the_assignee_persists(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let assignee = tenant.user(a_user()).await.id();
    let conversation = a_conversation(tenant.inbox).assigned_to(assignee).build();
    let conversation = tenant.open(conversation).await;

    tenant.update(reassigned(&conversation, None)).await.expect("the change is stored");

    let details = tenant.find(conversation.id()).await.expect("the conversation is there");
    assert_eq!(details.conversation.assignee(), None);
    assert_eq!(details.assignee, None);
}

/// The time of closing goes when the conversation is opened again.
pub async fn reopening_clears_the_time_of_closing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.open(a_conversation(tenant.inbox).closed().build()).await;

    let reopen = Changes { status: Change::To(Status::Open), ..Changes::default() };
    tenant.update(revised(&conversation, reopen, at(1))).await.expect("the change is stored");

    assert_eq!(tenant.stored(conversation.id()).await.closed_at(), None);
}

/// Only the conversation that is meant changes.
pub async fn a_change_leaves_the_others_alone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (changed, left) = (tenant.conversation().await, tenant.conversation().await);

    tenant.update(renamed(&changed, "Another")).await.expect("the change is stored");

    assert_eq!(tenant.stored(left.id()).await, left);
}

/// A write that is based on another version than the stored one changes nothing.
pub async fn rejects_a_stale_update(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let first = renamed(&conversation, "First");
    tenant.update(first.clone()).await.expect("the first one is stored");

    assert_stale(&tenant.update(renamed(&conversation, "Second")).await);

    assert_eq!(tenant.stored(conversation.id()).await, first.changed);
}

/// What is not there cannot change; loading again tells that it is not.
pub async fn updating_a_deleted_conversation_is_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    tenant.erase(conversation.id()).await;

    assert_stale(&tenant.update(renamed(&conversation, "Too late")).await);

    assert_eq!(tenant.find(conversation.id()).await, None);
}

/// Another workspace's conversation is as good as none.
pub async fn changes_nothing_of_another_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let conversation = other.conversation().await;

    assert_stale(&tenant.update(renamed(&conversation, "Mine")).await);

    assert_eq!(other.stored(conversation.id()).await, conversation);
    assert_eq!(tenant.find(conversation.id()).await, None);
}

/// What a conversation comes to refer to must be in its workspace.
pub async fn a_new_reference_out_of_the_workspace_is_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let nowhere = next_id(at(0));
    let to_inbox = |id| Changes { inbox: Change::To(id), ..Changes::default() };
    let to_customer = |id| Changes { customer: Change::To(id), ..Changes::default() };
    let to_user = |id| Changes { assignee: Change::To(Some(id)), ..Changes::default() };

    for changes in [
        to_inbox(other.inbox),
        to_inbox(InboxId::from_uuid(nowhere)),
        to_customer(other.customer(a_customer()).await.id()),
        to_customer(CustomerId::from_uuid(nowhere)),
        to_user(other.user(a_user()).await.id()),
        to_user(UserId::from_uuid(nowhere)),
    ] {
        assert_stale(&tenant.update(revised(&conversation, changes, at(1))).await);
    }

    assert_eq!(tenant.stored(conversation.id()).await, conversation);
}

/// Of changes that are made at once to the same version, one is stored.
pub async fn exactly_one_concurrent_update_succeeds(repositories: &Repositories) {
    const WRITERS: usize = 16;
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let (id, workspace) = (conversation.id(), tenant.id);

    let saved = at_once((0..WRITERS).map(|writer| {
        let conversations = Arc::clone(&repositories.conversations);
        let commit = Commit::of(an_origin(), renamed(&conversation, &writer.to_string()));
        async move { conversations.update(workspace, commit).await }
    }))
    .await;

    let winners = winners(saved);
    assert_eq!(winners.len(), 1, "{winners:?}");
    let expected = renamed(&conversation, &winners[0].to_string()).changed;
    assert_eq!(tenant.stored(id).await, expected);
}

/// Changes of several conversations that are made at once, of which some are stale, do to each what
/// they would do alone.
pub async fn batched_updates_do_what_each_does_alone(repositories: &Repositories) {
    change_at_once(repositories, |_, revision| {
        let before = revision.loaded.number() - 1;
        UpdatedConversation { loaded: Version::new(before), ..revision }
    })
    .await;
}

/// The same, of which some break what shares a transaction with them.
pub async fn a_failing_update_does_not_affect_its_batch(repositories: &Repositories) {
    let nowhere = InboxId::from_uuid(next_id(at(0)));
    change_at_once(repositories, |conversation, _| {
        let changes = Changes { inbox: Change::To(nowhere), ..Changes::default() };
        revised(conversation, changes, at(60_000))
    })
    .await;
}

/// A stale change and one of the same conversation that is not, made at once: the one is refused, and
/// the other lands, in whatever order they come.
pub async fn a_stale_update_does_not_block_others(repositories: &Repositories) {
    const CONVERSATIONS: usize = 12;
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;
    let (mut writes, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..CONVERSATIONS {
        let old = tenant.conversation().await;
        let stored = tenant.update(renamed(&old, "First")).await.expect("it is stored");
        let fresh = renamed(&stored, "Second");
        expected.push(fresh.changed.clone());
        writes.extend([renamed(&old, "Too late"), fresh, renamed(&old, "Too late as well")]);
    }

    let saved = at_once(writes.into_iter().map(|revision| {
        let conversations = Arc::clone(&repositories.conversations);
        async move { conversations.update(workspace, Commit::of(an_origin(), revision)).await }
    }))
    .await;

    for (three, expected) in saved.chunks(3).zip(expected) {
        assert_stale(&three[0]);
        assert!(matches!(&three[1], Ok(stored) if *stored == expected), "{:?}", three[1]);
        assert_stale(&three[2]);
        assert_eq!(tenant.stored(expected.id()).await, expected);
    }
}

/// Changes many conversations at once, some of them so that they are stale.
async fn change_at_once(
    repositories: &Repositories,
    spoil: impl Fn(&Conversation, UpdatedConversation) -> UpdatedConversation,
) {
    const CONVERSATIONS: usize = 24;
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;
    let mut before = Vec::new();
    for number in 0..CONVERSATIONS {
        let one = a_conversation(tenant.inbox).labelled(&[format!("old-{number}")]);
        before.push(tenant.open(one.build()).await);
    }
    let is_spoilt = |number: usize| number % 8 == 5;
    let wanted = before.iter().enumerate().map(|(number, conversation)| {
        let changes = Changes {
            subject: Change::To(format!("Subject {number}").parse().expect("a subject")),
            status: Change::To(if number % 2 == 0 { Status::Closed } else { Status::Pending }),
            labels: TagsChange::To(tags(&["new", &format!("new-{number}")])),
            ..Changes::default()
        };
        let revision = revised(conversation, changes, at(60_000));
        if is_spoilt(number) { spoil(conversation, revision) } else { revision }
    });
    let wanted: Vec<_> = wanted.collect();

    let saved = at_once(wanted.iter().map(|revision| {
        let conversations = Arc::clone(&repositories.conversations);
        let commit = Commit::of(an_origin(), revision.clone());
        async move { conversations.update(workspace, commit).await }
    }))
    .await;

    for (number, saved) in saved.into_iter().enumerate() {
        let there = tenant.stored(before[number].id()).await;
        if is_spoilt(number) {
            assert_stale(&saved);
            assert_eq!(there, before[number]);
        } else {
            assert_eq!(saved.expect("the change is stored"), wanted[number].changed);
            assert_eq!(there, wanted[number].changed);
        }
    }
    let labelled = |label: &str| ConversationFilter { labels: tags(&[label]), ..any() };
    assert_eq!(listed(&tenant, labelled("new")).await.len(), CONVERSATIONS - 3);
    assert_eq!(listed(&tenant, labelled("new-7")).await, [before[7].id()]);
    assert_eq!(listed(&tenant, labelled("old-7")).await, []);
    assert_eq!(listed(&tenant, labelled("old-5")).await, [before[5].id()]);
    for (status, count) in [(Status::Closed, 12), (Status::Pending, 9), (Status::Open, 3)] {
        let filter = ConversationFilter { statuses: vec![status], ..any() };
        assert_eq!(listed(&tenant, filter).await.len(), count, "{status:?}");
    }
}

fn any() -> ConversationFilter {
    ConversationFilter::default()
}

/// The places of those who were not stale.
#[track_caller]
fn winners(saved: Vec<Result<Conversation, RepositoryError>>) -> Vec<usize> {
    let mut winners = Vec::new();
    for (writer, saved) in saved.into_iter().enumerate() {
        match saved {
            Ok(_) => winners.push(writer),
            stale => assert_stale(&stale),
        }
    }
    winners
}
