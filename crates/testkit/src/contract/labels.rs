//! Labels: how conversations keep them, and how they are found by them.

use conversations_application::ports::Commit;
use conversations_application::read_model::ConversationFilter;
use conversations_domain::{Conversation, ConversationId, Tags};
use conversations_persistence::Repositories;

use super::bulk::listed;
use super::commits::{just, relabelled, renamed};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_conversation, an_origin, tags};

/// As many labels as there may be, each as long as it may be, in their order.
pub async fn round_trips_the_most_labels(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let labels: Vec<_> = (0..Tags::MAX_COUNT).rev().map(|n| format!("{n:👍>50}")).collect();

    let conversation = a_conversation(tenant.inbox).labelled(&labels).build();
    let conversation = tenant.open(conversation).await;

    assert_eq!(tenant.stored(conversation.id()).await, conversation);
    for label in &labels {
        assert_eq!(found(&tenant, &[label]).await, [conversation.id()]);
    }
}

/// A change puts other labels in place of all that are there, in their own order, and from then on
/// the conversation is found by those.
pub async fn a_change_replaces_all_labels(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = a_conversation(tenant.inbox).labelled(&["refund", "vip"]).build();
    let mut stored = tenant.open(conversation).await;
    let id = stored.id();

    for labels in [&["vip", "berlin", "a"][..], &["a", "vip"], &[], &["refund"]] {
        stored = tenant.change(relabelled(&stored, tags(labels))).await.expect("they are stored");

        assert_eq!(stored.labels().iter().collect::<Vec<_>>(), labels);
        assert_eq!(tenant.stored(id).await, stored);
        for label in ["refund", "vip", "berlin", "a"] {
            let expected = if labels.contains(&label) { vec![id] } else { vec![] };
            assert_eq!(found(&tenant, &[label]).await, expected, "{label} of {labels:?}");
        }
    }
}

/// Who changes something else leaves the labels where they are.
pub async fn another_change_leaves_the_labels_alone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = a_conversation(tenant.inbox).labelled(&["vip", "refund"]).build();
    let conversation = tenant.open(conversation).await;

    let stored = tenant.update(renamed(&conversation, "Another")).await.expect("it is stored");

    assert_eq!(stored.labels(), conversation.labels());
    assert_eq!(found(&tenant, &["refund", "vip"]).await, [conversation.id()]);
}

/// A write that is refused neither takes labels away nor adds any.
pub async fn a_stale_update_leaves_the_labels_alone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = a_conversation(tenant.inbox).labelled(&["refund"]).build();
    let conversation = tenant.open(conversation).await;
    let current = tenant.update(renamed(&conversation, "First")).await.expect("it is stored");

    assert_stale(&tenant.update(relabelled(&conversation, tags(&["vip"]))).await);

    assert_eq!(tenant.stored(conversation.id()).await, current);
    assert_eq!(found(&tenant, &["refund"]).await, [conversation.id()]);
    assert_eq!(found(&tenant, &["vip"]).await, []);
}

/// A label is no pattern, and one that looks like another is another.
pub async fn labels_are_found_literally(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let labels = ["Refund", "refund", "refunds", "50%", "a_b", "axb", "'\"\\", "é", "e\u{301}"];
    let mut stored = Vec::new();
    for label in labels {
        let conversation = a_conversation(tenant.inbox).labelled(&[label]).build();
        stored.push(tenant.open(conversation).await.id());
    }

    for (label, id) in labels.into_iter().zip(stored) {
        assert_eq!(found(&tenant, &[label]).await, [id], "{label}");
    }
    for unknown in ["%", "REFUND", "efund", "50", "\\", "[\"refund\"]"] {
        assert_eq!(found(&tenant, &[unknown]).await, [], "{unknown}");
    }
}

/// Ids are made to be unique everywhere, but nothing relies on it: labels of another workspace's
/// conversation neither lead to the one of the same id nor go with its.
pub async fn labels_elsewhere_with_the_same_ids_are_not_mixed_in(repositories: &Repositories) {
    let (ours, theirs) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let conversation = a_conversation(ours.inbox).labelled(&["ours", "both"]).build();
    let conversation = ours.open(conversation).await;
    let id = conversation.id();
    let twin = twin(&conversation, &theirs, &["theirs", "both"]);
    theirs.open(twin).await;

    assert_eq!(found(&ours, &["ours", "both"]).await, [id]);
    assert_eq!(found(&ours, &["theirs"]).await, []);
    let cleared = ours.change(relabelled(&conversation, Tags::default())).await;
    assert!(cleared.is_ok());
    assert_eq!(found(&ours, &["both"]).await, []);
    assert_eq!(found(&theirs, &["theirs", "both"]).await, [id]);
    ours.erase(id).await;
    assert_eq!(found(&theirs, &["theirs", "both"]).await, [id]);
}

/// The labels go with their conversation, and those of the others stay.
pub async fn an_erasure_takes_the_labels_along(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let labelled = || a_conversation(tenant.inbox).labelled(&["refund", "vip"]).build();
    let gone = tenant.open(labelled()).await;
    let left = tenant.open(labelled()).await.id();

    tenant.erase(gone.id()).await;

    assert_eq!(found(&tenant, &["refund", "vip"]).await, [left]);
    let bare = twin(&gone, &tenant, &[]);
    let create =
        repositories.conversations.create(tenant.id, Commit::of(an_origin(), just(bare.clone())));
    create.await.expect("the same id can be stored again");
    assert_eq!(found(&tenant, &["vip"]).await, [left]);
    let again = tenant.change(relabelled(&bare, tags(&["vip", "refund"]))).await;
    assert!(again.is_ok(), "{again:?}");
    assert_eq!(found(&tenant, &["vip"]).await, [left, gone.id()]);
}

/// A conversation with the same id in the inbox of this workspace, with these labels.
fn twin(conversation: &Conversation, tenant: &Tenant<'_>, labels: &[&str]) -> Conversation {
    let mut parts = conversation.clone().into_parts();
    parts.inbox = tenant.inbox;
    parts.labels = tags(labels);
    Conversation::restore(parts)
}

/// The conversations with all of these labels.
async fn found(tenant: &Tenant<'_>, labels: &[&str]) -> Vec<ConversationId> {
    let filter = ConversationFilter { labels: tags(labels), ..ConversationFilter::default() };
    listed(tenant, filter).await
}
