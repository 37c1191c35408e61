//! Inboxes.

use conversations_domain::{Channel, InboxId};
use conversations_persistence::Repositories;

use super::tenant::Tenant;
use crate::fixtures::{an_inbox_for, at, next_id};

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
