//! Inboxes: how they are kept, found and changed.

use conversations_application::ports::{Commit, RepositoryError};
use conversations_domain::{Change, Channel, Inbox, InboxChanges, InboxId};
use conversations_persistence::Repositories;

use super::commits::changed_inbox;
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{an_inbox, an_inbox_for, an_origin, at, name, next_id};

/// Inboxes for every medium.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for &channel in Channel::ALL {
        let inbox = tenant.inbox(an_inbox_for(channel)).await;

        let found = repositories.inboxes.find(tenant.id, inbox.id()).await;
        assert_eq!(found.ok(), Some(Some(inbox)));
    }
}

/// An id that nothing has, or another workspace's inbox, is as good as none.
pub async fn finds_nothing_out_of_the_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;

    for id in [other.inbox, InboxId::from_uuid(next_id(at(0)))] {
        assert_eq!(repositories.inboxes.find(tenant.id, id).await.ok(), Some(None));
    }
}

/// Each field that can change is stored, and no other inbox changes.
pub async fn stores_every_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (inbox, left) = (tenant.inbox(an_inbox()).await, tenant.inbox(an_inbox()).await);

    let changes = InboxChanges {
        name: Change::To(name("Ŋ'\"%_\\ 👩‍🚀")),
        channel: Change::To(Channel::Whatsapp),
    };
    let changed = change(&tenant, repositories, &inbox, changes).await.expect("it is stored");

    assert_eq!(find(&tenant, repositories, inbox.id()).await, Some(changed));
    assert_eq!(find(&tenant, repositories, left.id()).await, Some(left));
}

/// A write that is based on another version than the stored one, or on none, changes nothing.
pub async fn rejects_a_stale_update(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let inbox = tenant.inbox(an_inbox()).await;
    let first = change(&tenant, repositories, &inbox, called("First")).await;

    assert_stale(&change(&tenant, repositories, &inbox, called("Second")).await);
    assert_stale(&change(&tenant, repositories, &an_inbox(), called("None")).await);

    assert_eq!(find(&tenant, repositories, inbox.id()).await, first.ok());
}

/// Another workspace's inbox is as good as none; nor does one with the same id change along.
pub async fn changes_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.inbox(an_inbox()).await;

    assert_stale(&change(&tenant, repositories, &theirs, called("Mine")).await);
    tenant.inbox(theirs.clone()).await;
    assert!(change(&tenant, repositories, &theirs, called("Mine")).await.is_ok());

    assert_eq!(find(&other, repositories, theirs.id()).await, Some(theirs));
}

fn called(text: &str) -> InboxChanges {
    InboxChanges { name: Change::To(name(text)), ..InboxChanges::default() }
}

/// Tries to change an inbox; answers it as it is to be.
async fn change(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    inbox: &Inbox,
    changes: InboxChanges,
) -> Result<Inbox, RepositoryError> {
    let write = changed_inbox(inbox, changes);
    let changed = write.changed.clone();
    repositories.inboxes.update(tenant.id, Commit::of(an_origin(), write)).await.map(|()| changed)
}

async fn find(tenant: &Tenant<'_>, repositories: &Repositories, id: InboxId) -> Option<Inbox> {
    repositories.inboxes.find(tenant.id, id).await.expect("inboxes are read")
}
