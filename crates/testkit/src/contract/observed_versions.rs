//! What a caller has seen must still be there when its write lands, if the caller demands so.

use conversations_application::ports::{
    Commit, ConversationErasure, CustomerErasure, Deletion, UserDeletion,
};
use conversations_application::read_model::ObservedVersions;
use conversations_domain::{Change, Conversation, CustomerChanges, Tier, Version};
use conversations_persistence::Repositories;

use super::commits::{arrival, changed_customer, customer_erasure, erasure, renamed, user_removal};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_conversation, a_customer, a_message, a_user, an_inbox, an_origin, at};

/// A conversation with its people, and the state that shows.
async fn shown(tenant: &Tenant<'_>) -> (Conversation, ObservedVersions) {
    let customer = tenant.customer(a_customer()).await.id();
    let assignee = tenant.user(a_user()).await.id();
    let conversation =
        a_conversation(tenant.inbox).with_customer(customer).assigned_to(assignee).build();
    let conversation = tenant.open(conversation).await;
    let details = tenant.find(conversation.id()).await.expect("the conversation is there");
    (conversation, details.observed_versions())
}

/// The state without its conversation's version, its customer's, and its user's.
fn others(observed: ObservedVersions) -> [ObservedVersions; 3] {
    let next = |version: Version| version.next();
    [
        ObservedVersions { conversation: next(observed.conversation), ..observed },
        ObservedVersions {
            customer: observed.customer.map(|(id, version)| (id, next(version))),
            ..observed
        },
        ObservedVersions {
            assignee: observed.assignee.map(|(id, version)| (id, next(version))),
            ..observed
        },
    ]
}

/// A conversation is changed and erased only in the state that is demanded, whatever of it differs.
pub async fn a_conversation_must_have_the_observed_versions(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (conversation, observed) = shown(&tenant).await;

    for other in others(observed) {
        let mut revision = renamed(&conversation, "Lamp");
        revision.observed = Some(other);
        assert_stale(&tenant.update(revision).await);
        let gone = ConversationErasure { observed: Some(other), ..erasure(conversation.id()) };
        assert_stale(&repositories.conversations.erase(tenant.id, gone).await);
    }
    assert_eq!(tenant.stored(conversation.id()).await, conversation);

    let mut revision = renamed(&conversation, "Lamp");
    revision.observed = Some(observed);
    let stored = tenant.update(revision).await.expect("the state is there");
    let now = ObservedVersions { conversation: stored.version(), ..observed };
    let gone = ConversationErasure { observed: Some(now), ..erasure(conversation.id()) };
    let erased = repositories.conversations.erase(tenant.id, gone).await;
    assert_eq!(erased.expect("the state is there"), Some(0));
}

/// A message that has arrived since makes another state, though it leaves the revision alone.
pub async fn a_message_changes_the_observed_versions(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (conversation, observed) = shown(&tenant).await;
    let message = arrival(conversation.id(), a_message().build());
    let arrived = repositories.messages.append(tenant.id, message).await;
    assert!(arrived.is_ok_and(|message| message.is_some()));

    let mut revision = renamed(&conversation, "Lamp");
    revision.observed = Some(observed);

    assert_stale(&tenant.update(revision).await);
    assert!(tenant.update(renamed(&conversation, "Lamp")).await.is_ok());
}

/// People and inboxes are deleted only in the version that is demanded.
pub async fn a_deletion_needs_the_observed_version(repositories: &Repositories) {
    let Repositories { customers, users, inboxes, .. } = repositories;
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await;
    let (user, inbox) = (tenant.user(a_user()).await.id(), tenant.inbox(an_inbox()).await.id());
    let gold = CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() };
    let changed = Commit::of(an_origin(), changed_customer(&customer, gold));
    customers.update(tenant.id, changed).await.expect("the change is stored");

    for (version, there) in [(1, false), (3, false), (2, true)] {
        let observed = Some(Version::new(version));
        let deletion = Commit::of(an_origin(), Deletion { id: customer.id(), observed });
        let mut erasure = customer_erasure(customer.id());
        erasure.write = CustomerErasure { observed, ..erasure.write };
        if there {
            assert!(customers.delete(tenant.id, deletion).await.is_ok());
            assert!(customers.erase(tenant.id, erasure).await.is_ok_and(|erased| !erased));
        } else {
            assert_stale(&customers.delete(tenant.id, deletion).await);
            assert_stale(&customers.erase(tenant.id, erasure).await);
        }
    }
    for (version, there) in [(2, false), (1, true)] {
        let observed = Some(Version::new(version));
        let mut removal = user_removal(user, at(0));
        removal.write = UserDeletion { observed, ..removal.write };
        let removed = users.delete(tenant.id, removal).await;
        let deletion = Commit::of(an_origin(), Deletion { id: inbox, observed });
        let deleted = inboxes.delete(tenant.id, deletion).await;
        if there {
            assert!(removed.is_ok_and(|removed| removed) && deleted.is_ok());
        } else {
            assert_stale(&removed);
            assert_stale(&deleted);
        }
    }
}
