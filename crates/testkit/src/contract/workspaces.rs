//! Workspaces: the first one, the others, and their end.

use std::sync::Arc;

use conversations_application::ports::{Bootstrap, KeyUse};
use conversations_application::read_model::{ConversationFilter, CustomerFilter, UserFilter};
use conversations_domain::AuditAction;
use conversations_persistence::Repositories;

use super::bulk::{at_once, customers, finish_erasures};
use super::commits::erasure;
use super::pages::first_page;
use super::tenant::{Tenant, assert_duplicate};
use crate::fixtures::{
    a_conversation, a_customer, a_key, a_message, a_user, a_workspace, an_audit_entry, an_inbox,
    at, name, tags,
};

/// The first workspace comes with its inbox and its key.
pub async fn bootstraps_a_workspace_with_what_it_needs(repositories: &Repositories) {
    let bootstrap = a_bootstrap();

    assert_eq!(repositories.workspaces.bootstrap(bootstrap.clone()).await.ok(), Some(true));

    let Bootstrap { workspace, inbox, key, audit } = bootstrap;
    let listed = repositories.audit.list(workspace.id, first_page()).await;
    assert_eq!(listed.ok(), Some(first_page().slice(vec![audit], 1)));
    let found = repositories.inboxes.find(workspace.id, inbox.id()).await;
    assert_eq!(found.ok(), Some(Some(inbox)));
    let found = repositories.keys.find_by_hash(key.hash).await;
    assert_eq!(found.ok(), Some(Some(key.key)));
    assert_eq!(repositories.workspaces.list().await.ok(), Some(vec![workspace]));
}

/// A second founding stores nothing.
pub async fn bootstraps_once(repositories: &Repositories) {
    let (first, second) = (a_bootstrap(), a_bootstrap());

    assert_eq!(repositories.workspaces.bootstrap(first.clone()).await.ok(), Some(true));
    assert_eq!(repositories.workspaces.bootstrap(second.clone()).await.ok(), Some(false));

    assert_eq!(repositories.workspaces.list().await.ok(), Some(vec![first.workspace]));
    let Bootstrap { workspace, inbox, key, audit: _ } = second;
    let found = repositories.inboxes.find(workspace.id, inbox.id()).await;
    assert_eq!(found.ok(), Some(None));
    assert_eq!(repositories.keys.find_by_hash(key.hash).await.ok(), Some(None));
}

/// Where there is a workspace, whatever it is called, there is nothing to found.
pub async fn does_not_bootstrap_beside_another_workspace(repositories: &Repositories) {
    repositories.workspaces.create(a_workspace("acme")).await.expect("a workspace is stored");

    assert_eq!(repositories.workspaces.bootstrap(a_bootstrap()).await.ok(), Some(false));

    assert_eq!(repositories.workspaces.find_by_name(name("default")).await.ok(), Some(None));
}

/// A workspace that is made with an inbox has both, or neither when its name is taken.
pub async fn makes_a_workspace_with_an_inbox_or_neither(repositories: &Repositories) {
    let (acme, again) = (a_workspace("acme"), a_workspace("acme"));
    let (inbox, other) = (an_inbox(), an_inbox());

    let made = repositories.workspaces.create_with_inbox(acme.clone(), inbox.clone()).await;
    let taken = repositories.workspaces.create_with_inbox(again.clone(), other.clone()).await;

    assert!(made.is_ok(), "{made:?}");
    assert_duplicate(&taken);
    assert_eq!(repositories.workspaces.list().await.ok(), Some(vec![acme.clone()]));
    let found = repositories.inboxes.find(acme.id, inbox.id()).await;
    assert_eq!(found.ok(), Some(Some(inbox)));
    let found = repositories.inboxes.find(again.id, other.id()).await;
    assert_eq!(found.ok(), Some(None));
}

/// Of processes that found at once, one does.
pub async fn exactly_one_concurrent_bootstrap_succeeds(repositories: &Repositories) {
    let bootstrapped = at_once((0..8).map(|_| {
        let workspaces = Arc::clone(&repositories.workspaces);
        let bootstrap = a_bootstrap();
        async move { (workspaces.bootstrap(bootstrap.clone()).await, bootstrap) }
    }))
    .await;

    let winners: Vec<_> = bootstrapped
        .into_iter()
        .filter(|(bootstrapped, _)| *bootstrapped.as_ref().expect("no founding fails"))
        .map(|(_, bootstrap)| bootstrap)
        .collect();
    let [Bootstrap { workspace, inbox, key, audit: _ }] = &winners[..] else {
        unreachable!("{} of them founded", winners.len())
    };
    assert_eq!(repositories.workspaces.list().await.ok(), Some(vec![workspace.clone()]));
    let found = repositories.inboxes.find(workspace.id, inbox.id()).await;
    assert_eq!(found.ok(), Some(Some(inbox.clone())));
    let found = repositories.keys.find_by_hash(key.hash).await;
    assert_eq!(found.ok(), Some(Some(key.key.clone())));
}

/// A name belongs to one workspace.
pub async fn a_name_is_taken_once(repositories: &Repositories) {
    let first = a_workspace("acme");
    repositories.workspaces.create(first.clone()).await.expect("a workspace is stored");

    assert_duplicate(&repositories.workspaces.create(a_workspace("acme")).await);

    let found = repositories.workspaces.find_by_name(name("acme")).await;
    assert_eq!(found.ok(), Some(Some(first)));
}

/// A workspace is found by its name, which is no pattern.
pub async fn finds_by_name_literally(repositories: &Repositories) {
    let literal = a_workspace("50% Ŋ'_\\ off");
    for workspace in [a_workspace("acme"), literal.clone()] {
        repositories.workspaces.create(workspace).await.expect("a workspace is stored");
    }

    let found = repositories.workspaces.find_by_name(literal.name.clone()).await;
    assert_eq!(found.ok(), Some(Some(literal)));
    for unknown in ["%", "acm_", "acm"] {
        let found = repositories.workspaces.find_by_name(name(unknown)).await;
        assert_eq!(found.ok(), Some(None), "{unknown}");
    }
}

/// Operators see every workspace, the oldest first.
pub async fn lists_oldest_first(repositories: &Repositories) {
    let workspaces = ["c", "a", "b"].map(a_workspace);
    for place in [1, 2, 0] {
        let workspace = workspaces[place].clone();
        repositories.workspaces.create(workspace).await.expect("a workspace is stored");
    }

    assert_eq!(repositories.workspaces.list().await.ok(), Some(workspaces.to_vec()));
}

/// A workspace goes with all it has, and the others stay as they are.
pub async fn erases_a_workspace_with_all_it_has(repositories: &Repositories) {
    let (gone, left) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    fill(&gone, repositories).await;
    fill(&left, repositories).await;

    assert_eq!(repositories.workspaces.erase(gone.id, at(0)).await.ok(), Some(true));
    assert_eq!(repositories.workspaces.erase(gone.id, at(0)).await.ok(), Some(false));
    finish_erasures(repositories).await;

    assert_eq!(sizes(&gone, repositories).await, [0; 12]);
    assert_eq!(sizes(&left, repositories).await, [1; 12]);
    let workspaces = repositories.workspaces.list().await.expect("workspaces are listed");
    assert_eq!(workspaces.iter().map(|workspace| workspace.id).collect::<Vec<_>>(), [left.id]);
    assert_eq!(repositories.workspaces.erase(gone.id, at(0)).await.ok(), Some(false));
}

/// The name, the ids and the addresses of what was erased are free.
pub async fn what_was_erased_can_be_stored_again(repositories: &Repositories) {
    let bootstrap = a_bootstrap();
    let id = bootstrap.workspace.id;
    repositories.workspaces.bootstrap(bootstrap.clone()).await.expect("the first one is founded");

    assert_eq!(repositories.workspaces.erase(id, at(0)).await.ok(), Some(true));
    finish_erasures(repositories).await;

    assert_eq!(repositories.workspaces.bootstrap(bootstrap).await.ok(), Some(true));
}

fn a_bootstrap() -> Bootstrap {
    let workspace = a_workspace("default");
    let key = a_key(workspace.id);
    let audit = an_audit_entry(AuditAction::KeyCreated, key.key.id.as_uuid());
    Bootstrap { workspace, inbox: an_inbox(), key, audit }
}

/// Stores one of each in a workspace that has an inbox, all connected.
async fn fill(tenant: &Tenant<'_>, repositories: &Repositories) {
    let key = tenant.key().await.key.id;
    let used = vec![KeyUse { workspace: tenant.id, key, at: at(0) }];
    repositories.keys.remember_uses(used).await.expect("a use is remembered");
    let customer = a_customer().reachable_at("ada@example.org").tagged(&["vip"]);
    let customer = tenant.customer(customer).await.id();
    let user = tenant.user(a_user()).await.id();
    let conversation =
        a_conversation(tenant.inbox).closed().with_customer(customer).assigned_to(user);
    let conversation = tenant.open(conversation.labelled(&["refund"]).build()).await.id();
    tenant.webhook_with_a_delivery().await;
    // It reopens, which leaves history.
    tenant.append(conversation, a_message().build()).await;
    let erased = erasure(tenant.conversation().await.id());
    repositories.conversations.erase(tenant.id, erased).await.expect("another one is erased");
}

/// How many conversations, messages, entries of histories, labels, customers, tags, users, inboxes,
/// keys, uses of keys, entries of the audit and webhooks there are.
async fn sizes(tenant: &Tenant<'_>, repositories: &Repositories) -> [u64; 12] {
    let (id, page) = (tenant.id, first_page());
    let conversations = tenant.list(ConversationFilter::default(), page).await;
    let (mut messages, mut history) = (0, 0);
    for details in &conversations.items {
        let id = details.conversation.id();
        messages += tenant.messages(id, page).await.expect("the conversation is there").total;
        history += tenant.history(id).await.len() as u64;
    }
    let labelled = ConversationFilter { labels: tags(&["refund"]), ..Default::default() };
    let tagged = CustomerFilter { tags: tags(&["vip"]), ..Default::default() };
    let keys = repositories.keys.list(id, page).await.expect("keys are listed");
    [
        conversations.total,
        messages,
        history,
        tenant.list(labelled, page).await.total,
        customers(tenant, repositories, CustomerFilter::default()).await.len() as u64,
        customers(tenant, repositories, tagged).await.len() as u64,
        repositories
            .users
            .list(id, UserFilter::default(), page)
            .await
            .expect("users are listed")
            .total,
        repositories.inboxes.list(id, page).await.expect("inboxes are listed").total,
        keys.total,
        keys.items.iter().filter(|details| details.last_used_at.is_some()).count() as u64,
        tenant.audit().await.len() as u64,
        repositories.webhooks.list(id, page).await.expect("webhooks are listed").total,
    ]
}
