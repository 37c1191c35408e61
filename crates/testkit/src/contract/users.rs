//! Users: how they are kept, found and changed.

use std::sync::Arc;

use conversations_application::ports::{Commit, RepositoryError};
use conversations_domain::{Change, Role, User, UserChanges, UserId, UserParts};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::changed_user;
use super::tenant::{Tenant, assert_duplicate, assert_stale};
use crate::fixtures::{a_user, an_origin, at, email, external_id, name, next_id};

/// Users, in every role.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for &role in Role::ALL {
        let user = a_user().called("Ŋ'\"%_\\ 👩‍🚀").in_role(role).known_to("crm", role.as_str());
        let user = tenant.user(user).await;

        assert_eq!(find(&tenant, repositories, user.id()).await, Some(user));
    }
}

/// An unknown id, or one of another workspace, finds nothing.
pub async fn finds_nobody_out_of_the_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let theirs = other.user(a_user()).await.id();

    for id in [theirs, UserId::from_uuid(next_id(at(0)))] {
        assert_eq!(find(&tenant, repositories, id).await, None);
    }
}

/// Each field that can change is stored, and no other user changes.
pub async fn stores_every_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (user, left) = (tenant.user(a_user()).await, tenant.user(a_user()).await);

    let changes = UserChanges {
        external_id: Change::To(Some(external_id("my-crm.2", "<Ä%_'\u{10ffff}@x.org>"))),
        name: Change::To(name("Ŋ'\"%_\\ 👩‍🚀")),
        email: Change::To(email("Ärger+50%_off@Exämple.org")),
        role: Change::To(Role::Owner),
    };
    let changed = change(&tenant, repositories, &user, changes).await.expect("it is stored");

    assert_eq!(find(&tenant, repositories, user.id()).await, Some(changed));
    assert_eq!(find(&tenant, repositories, left.id()).await, Some(left));
}

/// A write that is based on another version than the stored one, or on none, changes nothing.
pub async fn rejects_a_stale_update(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let user = tenant.user(a_user()).await;
    let first = change(&tenant, repositories, &user, called("First")).await;

    assert_stale(&change(&tenant, repositories, &user, called("Second")).await);
    assert_stale(&change(&tenant, repositories, &a_user().build(), called("Nobody")).await);

    assert_eq!(find(&tenant, repositories, user.id()).await, first.ok());
}

/// Another workspace's user is as good as none; nor does one with the same id change along.
pub async fn changes_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.user(a_user()).await;

    assert_stale(&change(&tenant, repositories, &theirs, called("Mine")).await);
    let twin = User::restore(UserParts { name: name("Twin"), ..theirs.clone().into_parts() });
    let created = repositories.users.create(tenant.id, Commit::of(an_origin(), twin.clone())).await;
    assert!(created.is_ok(), "{created:?}");
    assert!(change(&tenant, repositories, &twin, called("Mine")).await.is_ok());

    assert_eq!(find(&other, repositories, theirs.id()).await, Some(theirs));
}

/// An address that another user has is refused, whatever its case, and nothing changes; one's own
/// in another case is not another's.
pub async fn a_taken_email_changes_nothing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let to = |address| UserChanges { email: Change::To(email(address)), ..called("Late") };
    tenant.user(a_user().reachable_at("ΣΑΣ@x.org")).await;
    let user = tenant.user(a_user().reachable_at("grace@x.org")).await;

    assert_duplicate(&change(&tenant, repositories, &user, to("σας@X.org")).await);

    assert_eq!(find(&tenant, repositories, user.id()).await.as_ref(), Some(&user));
    let own = change(&tenant, repositories, &user, to("GRACE@x.org")).await;
    assert_eq!(find(&tenant, repositories, user.id()).await, own.ok());
    let freed = a_user().reachable_at("Grace@X.org").build();
    assert_duplicate(&repositories.users.create(tenant.id, Commit::of(an_origin(), freed)).await);
}

/// Of changes that are made at once to the same version, one is stored.
pub async fn exactly_one_concurrent_update_succeeds(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (user, workspace) = (tenant.user(a_user()).await, tenant.id);

    let saved = at_once((0..16).map(|writer| {
        let users = Arc::clone(&repositories.users);
        let write = changed_user(&user, called(&writer.to_string()));
        async move {
            let changed = write.changed.clone();
            users.update(workspace, Commit::of(an_origin(), write)).await.map(|()| changed)
        }
    }))
    .await;

    let (stored, refused): (Vec<_>, Vec<_>) = saved.into_iter().partition(Result::is_ok);
    refused.iter().for_each(assert_stale);
    let stored: Result<Vec<_>, RepositoryError> = stored.into_iter().collect();
    let found = find(&tenant, repositories, user.id()).await;
    assert_eq!(stored.ok(), Some(found.into_iter().collect()));
}

fn called(text: &str) -> UserChanges {
    UserChanges { name: Change::To(name(text)), ..UserChanges::default() }
}

/// Tries to change a user; answers them as they are to be.
async fn change(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    user: &User,
    changes: UserChanges,
) -> Result<User, RepositoryError> {
    let write = changed_user(user, changes);
    let changed = write.changed.clone();
    repositories.users.update(tenant.id, Commit::of(an_origin(), write)).await.map(|()| changed)
}

async fn find(tenant: &Tenant<'_>, repositories: &Repositories, id: UserId) -> Option<User> {
    repositories.users.find(tenant.id, id).await.expect("users are read")
}
