//! Erasing conversations.

use std::sync::Arc;

use conversations_domain::ConversationId;
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::arrival;
use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::{a_conversation, a_customer, a_message, at, next_id};

/// The messages go with the conversation and are counted; a second time there is nothing.
pub async fn erases_a_conversation_with_its_messages(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();
    let message = tenant.append(id, a_message().build()).await.expect("a message arrives");
    tenant.append(id, a_message().build()).await.expect("a message arrives");

    assert_eq!(tenant.erase(id).await, Some(2));

    assert_eq!(tenant.find(id).await, None);
    assert_eq!(tenant.count().await, 0);
    assert_eq!(tenant.messages(id, first_page()).await, None);
    let found = repositories.messages.find(tenant.id, id, message.id()).await;
    assert_eq!(found.ok(), Some(None));
    assert_eq!(tenant.erase(id).await, None);
}

/// What went is really gone: nothing of it stands in the way of the same ids.
pub async fn what_was_erased_can_be_stored_again(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let draft = a_message().build();
    tenant.append(conversation.id(), draft.clone()).await;
    tenant.erase(conversation.id()).await;

    let conversation = tenant.open(conversation).await;

    let messages = tenant.messages(conversation.id(), first_page()).await;
    assert_eq!(messages.map(|page| page.total), Some(0));
    let appended = tenant.append(conversation.id(), draft).await;
    assert_eq!(appended.map(|message| message.number()), Some(1));
}

/// A conversation without messages is there to be erased.
pub async fn erases_a_conversation_without_messages(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();

    assert_eq!(tenant.erase(id).await, Some(0));

    assert_eq!(tenant.find(id).await, None);
}

/// The customer, and what else they wrote, stay.
pub async fn an_erasure_leaves_the_others_alone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await;
    let theirs = || a_conversation(tenant.inbox).with_customer(customer.id()).build();
    let (gone, left) = (tenant.open(theirs()).await.id(), tenant.open(theirs()).await.id());
    tenant.append(left, a_message().build()).await;
    let before = tenant.find(left).await;

    tenant.erase(gone).await;

    assert_eq!(tenant.find(left).await, before);
    let messages = tenant.messages(left, first_page()).await;
    assert_eq!(messages.map(|page| page.total), Some(1));
}

/// An id that nothing has, or another workspace's, is as good as none.
pub async fn erases_nothing_out_of_the_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let conversation = other.conversation().await;

    assert_eq!(tenant.erase(ConversationId::from_uuid(next_id(at(0)))).await, None);
    assert_eq!(tenant.erase(conversation.id()).await, None);

    assert_eq!(other.stored(conversation.id()).await, conversation);
}

/// A message that arrives while its conversation goes is counted as gone, or finds nothing.
pub async fn an_erasure_counts_what_arrived_before_it(repositories: &Repositories) {
    const MESSAGES: usize = 20;
    let tenant = Tenant::new(repositories).await;
    let (workspace, id) = (tenant.id, tenant.conversation().await.id());

    let arriving = at_once((0..MESSAGES).map(|_| {
        let messages = Arc::clone(&repositories.messages);
        let commit = arrival(id, a_message().build());
        async move { messages.append(workspace, commit).await }
    }));
    let (arrived, erased) = tokio::join!(arriving, tenant.erase(id));

    let arrived: Vec<_> =
        arrived.into_iter().filter_map(|message| message.expect("no message fails")).collect();
    assert_eq!(erased, Some(arrived.len() as u64));
    assert_eq!(tenant.messages(id, first_page()).await, None);
    for message in arrived {
        let found = repositories.messages.find(workspace, id, message.id()).await;
        assert_eq!(found.ok(), Some(None));
    }
}
