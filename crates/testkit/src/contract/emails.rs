//! E-mail addresses: each belongs to one customer, and to one user, of a workspace.

use std::sync::Arc;

use conversations_application::ports::{Commit, RepositoryError};
use conversations_application::read_model::{CustomerFilter, UserFilter};
use conversations_domain::Customer;
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::pages::first_page;
use super::tenant::{Tenant, assert_duplicate};
use crate::fixtures::{a_customer, a_user, an_origin, email};

/// An address, and another spelling of it.
const SAME: [(&str, &str); 8] = [
    ("ada@example.org", "ada@example.org"),
    ("grace@example.org", "GRACE@Example.org"),
    ("ÄDA@x.org", "äda@x.org"),
    ("ΣΑΣ@x.org", "σας@x.org"),
    ("jos\u{e9}@x.org", "JOSE\u{301}@x.org"),
    ("pasted@x.org", "\u{200f}pasted@x.org\u{200b}"),
    ("ada@m\u{fc}nchen.example", "ada@mu\u{308}nchen.example"),
    ("eve@m\u{fc}nchen.example", "eve@XN--MNCHEN-3YA.example"),
];

/// Two addresses, however much they look like one.
const APART: [(&str, &str); 2] =
    [("ada@straße.example", "ada@strasse.example"), ("admın@x.org", "admin@x.org")];

/// A customer whose address another has is refused, and the other stays as they are.
pub async fn a_customers_email_is_taken_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for (address, same) in SAME {
        let first = tenant.customer(a_customer().reachable_at(address)).await;
        let second = Commit::of(an_origin(), a_customer().reachable_at(same).build());
        assert_duplicate(&repositories.customers.create(tenant.id, second).await);

        let found = repositories.customers.find_by_email(tenant.id, email(same)).await;
        assert_eq!(found.ok(), Some(Some(first)));
    }
    let page =
        repositories.customers.list(tenant.id, CustomerFilter::default(), first_page()).await;
    assert_eq!(page.map(|page| page.total).ok(), Some(SAME.len() as u64));
}

/// A user whose address another has is refused.
pub async fn a_users_email_is_taken_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for (address, same) in SAME {
        tenant.user(a_user().reachable_at(address)).await;
        let second = Commit::of(an_origin(), a_user().reachable_at(same).build());
        assert_duplicate(&repositories.users.create(tenant.id, second).await);
    }
    let page = repositories.users.list(tenant.id, UserFilter::default(), first_page()).await;
    assert_eq!(page.map(|page| page.total).ok(), Some(SAME.len() as u64));
}

/// Two addresses are of two people.
pub async fn addresses_that_look_alike_are_two(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for (one, other) in APART {
        let ada = tenant.customer(a_customer().reachable_at(one)).await;
        let eve = tenant.customer(a_customer().reachable_at(other)).await;
        tenant.user(a_user().reachable_at(one)).await;
        tenant.user(a_user().reachable_at(other)).await;

        for (address, customer) in [(one, ada), (other, eve)] {
            let found = repositories.customers.find_by_email(tenant.id, email(address)).await;
            assert_eq!(found.ok(), Some(Some(customer)));
        }
    }
}

/// What is taken in one workspace is free in another.
pub async fn another_workspace_may_have_the_same_email(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;

    for (address, same) in SAME {
        tenant.customer(a_customer().reachable_at(address)).await;
        let theirs = other.customer(a_customer().reachable_at(same)).await;
        tenant.user(a_user().reachable_at(address)).await;
        other.user(a_user().reachable_at(same)).await;

        let found = repositories.customers.find_by_email(other.id, email(address)).await;
        assert_eq!(found.ok(), Some(Some(theirs)));
    }
}

/// Of customers who come at once with one address, one is stored.
pub async fn exactly_one_concurrent_customer_gets_the_email(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let workspace = tenant.id;

    let created = at_once((0..16).map(|_| {
        let customers = Arc::clone(&repositories.customers);
        let customer = a_customer().reachable_at("ada@example.org").build();
        async move {
            let id = customer.id();
            customers.create(workspace, Commit::of(an_origin(), customer)).await.map(|()| id)
        }
    }))
    .await;

    let (stored, refused): (Vec<_>, Vec<_>) = created.into_iter().partition(Result::is_ok);
    refused.iter().for_each(assert_duplicate);
    let stored: Result<Vec<_>, RepositoryError> = stored.into_iter().collect();
    let found = repositories.customers.find_by_email(workspace, email("ada@example.org")).await;
    let found = found.ok().flatten().as_ref().map(Customer::id);
    assert_eq!(stored.ok(), Some(found.into_iter().collect()));
    assert!(found.is_some());
}
