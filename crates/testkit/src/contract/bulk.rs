//! Much of the same: pages after pages, writes after writes, and all at once.

use std::sync::Arc;

use conversations_application::ports::Commit;
use conversations_application::read_model::{ConversationFilter, CustomerFilter};
use conversations_domain::{Conversation, ConversationId, Customer, CustomerId};
use conversations_persistence::Repositories;

use super::commits::just;
use super::pages::all_pages;
use super::tenant::Tenant;
use crate::fixtures::an_origin;

/// Carries out every pending deletion.
pub(super) async fn finish_erasures(repositories: &Repositories) {
    for _ in 0..100_000 {
        let pending = repositories.erasures.pending().await.expect("they are listed");
        let Some(erasure) = pending.first() else { return };
        let step =
            repositories.erasures.step(erasure.workspace, erasure.target, an_origin().first).await;
        step.expect("a step is done");
    }
    unreachable!("the deletions have no end");
}

/// Stores that many conversations as quickly as possible; returns their ids, oldest first.
pub(super) async fn store_many(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    count: usize,
    make: impl Fn() -> Conversation,
) -> Vec<ConversationId> {
    const WRITERS: usize = 8;
    let workspace = tenant.id;
    let made: Vec<_> = (0..count).map(|_| make()).collect();
    let ids = made.iter().map(Conversation::id).collect();
    let tasks = made.chunks(count.div_ceil(WRITERS)).map(|chunk| {
        let (repository, chunk) = (Arc::clone(&repositories.conversations), chunk.to_vec());
        async move {
            for conversation in chunk {
                let created =
                    repository.create(workspace, Commit::of(an_origin(), just(conversation))).await;
                created.expect("a conversation is stored");
            }
        }
    });
    at_once(tasks).await;
    ids
}

/// The ids of what the filter allows.
pub(super) async fn listed(tenant: &Tenant<'_>, filter: ConversationFilter) -> Vec<ConversationId> {
    let all = all_pages(async |page| tenant.list(filter.clone(), page).await).await;
    all.iter().map(|details| details.conversation.id()).collect()
}

/// The ids of the customers that the filter allows.
pub(super) async fn customers(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    filter: CustomerFilter,
) -> Vec<CustomerId> {
    let all = all_pages(async |page| {
        let page = repositories.customers.list(tenant.id, filter.clone(), page).await;
        page.expect("customers are listed")
    });
    all.await.iter().map(Customer::id).collect()
}

/// Does all of this at once, each in a task of its own; the answers are in the order given.
pub(super) async fn at_once<T, F>(calls: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.expect("no task panics"));
    }
    answers
}
