//! Listing conversations.

use conversations_application::PageRequest;
use conversations_application::read_model::ConversationFilter;
use conversations_persistence::Repositories;

use super::bulk::listed;
use super::commits::renamed;
use super::pages::{first_page, page};
use super::tenant::Tenant;
use crate::fixtures::{a_conversation, a_customer, a_user, at};

/// What has a larger id is newer, whenever it was stored and also within a millisecond.
pub async fn newest_first(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut ids = Vec::new();
    for millis in [5, -3, 5, 0, 100_000, 5, -3] {
        let conversation = a_conversation(tenant.inbox).opened_at(at(millis)).build();
        ids.push(tenant.open(conversation).await.id());
    }

    ids.sort_unstable();
    ids.reverse();
    assert_eq!(listed(&tenant, ConversationFilter::default()).await, ids);
}

/// A change does not move a conversation in the list.
pub async fn sorts_by_creation_not_by_last_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (older, newer) = (tenant.conversation().await, tenant.conversation().await);

    tenant.update(renamed(&older, "Changed last")).await.expect("the change is stored");

    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [newer.id(), older.id()]);
}

/// A list shows a conversation as reading it alone does, with its people.
pub async fn shows_what_a_single_read_shows(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await.id();
    let user = tenant.user(a_user()).await.id();
    let full = a_conversation(tenant.inbox).with_customer(customer).assigned_to(user).closed();
    let full = tenant.open(full.build()).await.id();
    let bare = tenant.conversation().await.id();

    let page = tenant.list(ConversationFilter::default(), first_page()).await;

    let single = [tenant.find(bare).await, tenant.find(full).await];
    assert_eq!(page.items.into_iter().map(Some).collect::<Vec<_>>(), single);
}

/// Pages follow each other without gap or repeat, and each says how much there is in all.
pub async fn pages_cover_everything_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    for _ in 0..7 {
        tenant.conversation().await;
    }

    let mut ids = Vec::new();
    for number in 1..=4 {
        let page = tenant.list(ConversationFilter::default(), page(number, 2)).await;
        assert_eq!(page.total, 7);
        assert_eq!(page.items.len(), if number == 4 { 1 } else { 2 });
        ids.extend(page.items.iter().map(|details| details.conversation.id()));
    }

    assert_eq!(ids, listed(&tenant, ConversationFilter::default()).await);
}

/// The total does not depend on the page: past the end it is what it was before.
pub async fn counts_past_the_last_page(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    for _ in 0..3 {
        tenant.conversation().await;
    }
    let far = [
        page(2, 3),
        page(4, 1),
        page(2_147_483_648, 1),
        page(2_147_483_648, PageRequest::MAX_LIMIT),
        page(PageRequest::MAX_PAGE, 1),
        page(PageRequest::MAX_PAGE, PageRequest::MAX_LIMIT),
    ];

    for request in far {
        let page = tenant.list(ConversationFilter::default(), request).await;

        assert_eq!((page.items.len(), page.total), (0, 3), "{request:?}");
    }
}

/// Nothing is an empty list, not an error.
pub async fn an_empty_workspace_has_an_empty_list(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    let page = tenant.list(ConversationFilter::default(), first_page()).await;

    assert_eq!((page.items.len(), page.total), (0, 0));
}

/// Another workspace's conversations are neither listed nor counted.
pub async fn lists_one_workspace_only(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let mine = tenant.conversation().await.id();
    other.conversation().await;

    assert_eq!(listed(&tenant, ConversationFilter::default()).await, [mine]);
}
