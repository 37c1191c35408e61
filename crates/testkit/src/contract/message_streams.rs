//! Changes of conversations beside messages: messages only count, so that no stream of them keeps a
//! change from coming through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use conversations_domain::{Author, Conversation, Status};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::{arrival, removal, renamed};
use super::pages::all_pages;
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_conversation, a_message, at};

/// A message that arrives between the read and the change does not conflict, and is counted in the
/// answer.
pub async fn a_new_message_does_not_make_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let loaded = tenant.conversation().await;
    let draft = a_message().by(Author::System).written_at(at(9_000)).build();
    let message = tenant.append(loaded.id(), draft).await.expect("it arrives");

    let stored = tenant.update(renamed(&loaded, "In time")).await.expect("the change is stored");

    let mut expected = renamed(&loaded, "In time").changed.into_parts();
    expected.message_count = 1;
    expected.last_message_number = message.number();
    expected.last_message_at = Some(at(9_000));
    expected.updated_at = at(9_001);
    expected.version = expected.version.next();
    assert_eq!(stored.clone().into_parts(), expected);
    assert_eq!(tenant.stored(loaded.id()).await, stored);
}

/// The deletion of a message does not conflict either.
pub async fn a_deleted_message_does_not_make_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();
    let message = tenant.append(id, a_message().build()).await.expect("it arrives").id();
    let loaded = tenant.stored(id).await;
    let removed = repositories.messages.delete(tenant.id, removal(id, message, at(0))).await;
    assert_eq!(removed.ok(), Some(true));

    let stored = tenant.update(renamed(&loaded, "In time")).await.expect("the change is stored");

    assert_eq!((stored.message_count(), stored.last_message_number()), (0, 1));
    assert_eq!(tenant.stored(id).await, stored);
}

/// A message that reopens changes a field: what was loaded before is stale.
pub async fn a_reopening_message_makes_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for status in [Status::Pending, Status::Closed] {
        let loaded = tenant.open(a_conversation(tenant.inbox).in_status(status).build()).await;
        tenant.append(loaded.id(), a_message().build()).await.expect("it arrives");

        assert_stale(&tenant.update(renamed(&loaded, "Too late")).await);

        let reloaded = tenant.stored(loaded.id()).await;
        assert_eq!(reloaded.status(), Status::Open);
        let stored = tenant.update(renamed(&reloaded, "In time")).await;
        assert_eq!(stored.as_ref().ok(), Some(&tenant.stored(loaded.id()).await));
    }
}

/// However many messages arrive, a change that was based on what is stored comes through at once.
pub async fn a_stream_of_messages_never_makes_an_update_stale(repositories: &Repositories) {
    const WRITERS: usize = 8;
    const CHANGES: usize = 20;
    let tenant = Tenant::new(repositories).await;
    let (workspace, id) = (tenant.id, tenant.conversation().await.id());
    let over = Arc::new(AtomicBool::new(false));

    let stream = at_once((0..WRITERS).map(|_| {
        let (messages, over) = (Arc::clone(&repositories.messages), Arc::clone(&over));
        async move {
            let mut count = 0_u64;
            while !over.load(Ordering::Relaxed) {
                let commit = arrival(id, a_message().by(Author::System).build());
                messages.append(workspace, commit).await.expect("no message fails");
                count += 1;
            }
            count
        }
    }));
    let changes = async {
        let mut saved = Vec::with_capacity(CHANGES);
        for change in 0..CHANGES {
            let loaded = tenant.stored(id).await;
            saved.push(tenant.update(renamed(&loaded, &change.to_string())).await);
        }
        over.store(true, Ordering::Relaxed);
        saved
    };
    let (counts, saved) = tokio::join!(stream, changes);

    let saved: Result<Vec<_>, _> = saved.into_iter().collect();
    let counted: Vec<_> =
        saved.expect("no change is stale").iter().map(Conversation::message_count).collect();
    assert!(counted.is_sorted(), "{counted:?}");
    let arrived = counts.into_iter().sum::<u64>();
    assert_eq!(tenant.stored(id).await.message_count(), arrived);
    let messages = all_pages(async |page| tenant.messages(id, page).await.expect("it is there"));
    assert_eq!(messages.await.len() as u64, arrived);
}
