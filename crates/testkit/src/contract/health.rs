//! A storage that answers, also after callers went away.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_domain::{ConversationId, Message};
use conversations_persistence::Repositories;
use tokio::time::{sleep, timeout};

use super::commits::arrival;
use super::pages::first_page;
use super::tenant::Tenant;
use crate::fixtures::a_message;

/// A storage that can be reached is ready.
pub async fn is_ready(repositories: &Repositories) {
    assert!(repositories.readiness.check().await.is_ok());
}

/// A caller may go away at any point of a call: what was asked for is done entirely or not at all,
/// and the storage goes on answering.
pub async fn survives_a_cancelled_caller(repositories: &Repositories) {
    const CALLERS: u32 = 60;
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();

    for caller in 0..CALLERS {
        let patience = Duration::from_micros(u64::from(caller) * 50);
        let messages = Arc::clone(&repositories.messages);
        let append = messages.append(tenant.id, arrival(id, a_message().build()));
        let appended = timeout(patience, append).await;
        assert!(appended.is_err() || appended.is_ok_and(|appended| appended.is_ok()));
        let conversations = Arc::clone(&repositories.conversations);
        let (filter, order) = (ConversationFilter::default(), ConversationOrder::default());
        let list = conversations.list(tenant.id, filter, order, first_page());
        let listed = timeout(patience, list).await;
        assert!(listed.is_err() || listed.is_ok_and(|listed| listed.is_ok()));
    }

    tenant.append(id, a_message().build()).await.expect("the conversation is there");
    let messages = settled(&tenant, id).await;
    let numbers: Vec<_> = messages.iter().map(Message::number).collect();
    assert_eq!(numbers, (1..=messages.len() as u64).collect::<Vec<_>>());
}

/// The messages, once as many are counted as there are: a write may outlive its caller, so that
/// some may still be on their way.
async fn settled(tenant: &Tenant<'_>, id: ConversationId) -> Vec<Message> {
    for _ in 0..500 {
        let page = tenant.messages(id, first_page()).await.expect("the conversation is there");
        if tenant.stored(id).await.message_count() == page.items.len() as u64 {
            return page.items;
        }
        sleep(Duration::from_millis(10)).await;
    }
    unreachable!("the count of messages never became right");
}
