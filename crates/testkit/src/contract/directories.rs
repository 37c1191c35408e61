//! Listing what a workspace has besides conversations: all lists are alike.

use std::convert::Infallible;

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::{CustomerFilter, KeyDetails, UserFilter};
use conversations_application::{PageRequest, PageSlice, PageWindow};
use conversations_domain::{Customer, Inbox, User, WorkspaceId};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::pages::page;
use super::tenant::Tenant;
use crate::fixtures::{a_customer, a_user, an_inbox};

/// Customers are listed newest first, with the exact total, one workspace's only.
pub async fn lists_customers(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    other.customer(a_customer()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(tenant.customer(a_customer()).await.id().as_uuid());
    }

    let list = async |workspace: WorkspaceId, page: PageWindow| {
        ids_of(
            repositories.customers.list(workspace, CustomerFilter::default(), page).await,
            |customer: &Customer| customer.id().as_uuid(),
        )
    };
    assert_lists(list, tenant.id, ids).await;
}

/// Users are listed newest first, with the exact total, one workspace's only.
pub async fn lists_users(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    other.user(a_user()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(tenant.user(a_user()).await.id().as_uuid());
    }

    let list = async |workspace: WorkspaceId, page: PageWindow| {
        ids_of(
            repositories.users.list(workspace, UserFilter::default(), page).await,
            |user: &User| user.id().as_uuid(),
        )
    };
    assert_lists(list, tenant.id, ids).await;
}

/// Inboxes are listed newest first, with the exact total, one workspace's only.
pub async fn lists_inboxes(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    Tenant::new(repositories).await;
    let mut ids = vec![tenant.inbox.as_uuid()];
    for _ in 0..2 {
        ids.push(tenant.inbox(an_inbox()).await.id().as_uuid());
    }

    let list = async |workspace: WorkspaceId, page: PageWindow| {
        ids_of(repositories.inboxes.list(workspace, page).await, |inbox: &Inbox| {
            inbox.id().as_uuid()
        })
    };
    assert_lists(list, tenant.id, ids).await;
}

/// Keys are listed newest first, with the exact total, one workspace's only.
pub async fn lists_keys(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    other.key().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(tenant.key().await.key.id.as_uuid());
    }

    let list = async |workspace: WorkspaceId, page: PageWindow| {
        ids_of(repositories.keys.list(workspace, page).await, |details: &KeyDetails| {
            details.key.id.as_uuid()
        })
    };
    assert_lists(list, tenant.id, ids).await;
}

/// Makes sure that the list of a workspace with these three, in the order of their making, is as
/// every list is.
async fn assert_lists(
    list: impl AsyncFn(WorkspaceId, PageWindow) -> PageSlice<Uuid>,
    workspace: WorkspaceId,
    ids: Vec<Uuid>,
) {
    let newest_first: Vec<_> = ids.into_iter().rev().collect();
    let [newest, middle, oldest] = newest_first[..] else { unreachable!("three are stored") };

    for (request, items) in [
        (page(1, 100), vec![newest, middle, oldest]),
        (page(1, 2), vec![newest, middle]),
        (page(2, 2), vec![oldest]),
        (page(3, 2), vec![]),
        (page(2_147_483_648, 100), vec![]),
        (page(PageRequest::MAX_PAGE, PageRequest::MAX_LIMIT), vec![]),
    ] {
        let page = list(workspace, request).await;
        assert_eq!(page, request.slice(items, 3), "{request:?}");
    }
}

/// The page, with ids only.
fn ids_of<T>(
    page: Result<PageSlice<T>, RepositoryError>,
    id: impl Fn(&T) -> Uuid,
) -> PageSlice<Uuid> {
    let Ok(ids) = page.expect("a list is read").try_map(|item| Ok::<_, Infallible>(id(&item)));
    ids
}
