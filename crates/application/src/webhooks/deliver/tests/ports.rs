//! The feed and the storage of the stage.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use conversations_domain::{Sequence, Timestamp, WorkspaceId};

use super::stage::World;
use crate::PageSlice;
use crate::ports::{
    EventFeed, FeedCount, FeedPosition, FeedQuery, FeedReply, MockDeliveryRepository,
    RecordedEvent, RepositoryError, WaitingEvents,
};

/// The feed of the stage.
pub(super) struct StageFeed(pub(super) Arc<Mutex<World>>);

impl StageFeed {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("a lock")
    }
}

#[async_trait]
impl EventFeed for StageFeed {
    async fn page(&self, _: WorkspaceId, query: FeedQuery) -> Result<FeedReply, RepositoryError> {
        Ok(self.world().page(&query))
    }

    async fn find(
        &self,
        _: WorkspaceId,
        positions: Vec<Sequence>,
    ) -> Result<Vec<RecordedEvent>, RepositoryError> {
        let world = self.world();
        Ok(positions.iter().filter_map(|place| world.recorded(place.number())).collect())
    }

    async fn wait(&self, _: WorkspaceId, place: Sequence, _: Duration) -> bool {
        // As other tasks run while a real feed waits.
        tokio::task::yield_now().await;
        let mut world = self.world();
        if let Some((conversation, is_changed)) = world.meanwhile.take() {
            world.events.push(conversation);
            world.is_lease_lost = is_changed;
        }
        world.ends().latest.sequence() > place
    }

    async fn wait_for_writes(&self, _: Duration) {
        panic!("the server waits for writes");
    }

    async fn watch(&self, _: Duration) -> Result<(), RepositoryError> {
        panic!("the server watches the feeds");
    }

    async fn number_waiting(&self) -> Result<WaitingEvents, RepositoryError> {
        panic!("the server numbers events");
    }

    async fn count(&self) -> Result<Vec<FeedCount>, RepositoryError> {
        panic!("operators count events");
    }

    async fn position(&self, _: WorkspaceId) -> Result<FeedPosition, RepositoryError> {
        panic!("lists have positions");
    }

    fn deletions(&self, _: WorkspaceId) -> u64 {
        panic!("streams ask for deletions");
    }

    async fn delete_expired(&self, _: Timestamp) -> Result<bool, RepositoryError> {
        panic!("the server deletes events");
    }
}

pub(super) fn storage(world: &Arc<Mutex<World>>) -> MockDeliveryRepository {
    let mut storage = MockDeliveryRepository::new();
    let of_it = Arc::clone(world);
    storage.expect_lease().returning(move |request| {
        of_it.lock().expect("a lock").holders.push(request.holder);
        Ok(Vec::new())
    });
    let of_it = Arc::clone(world);
    storage
        .expect_renew()
        .returning(move |_, _, _, _| Ok(!of_it.lock().expect("a lock").is_lease_lost));
    storage.expect_release().returning(|_, _, _| Ok(()));
    let of_it = Arc::clone(world);
    storage.expect_count_pending().returning(move |_, _| {
        let world = of_it.lock().expect("a lock");
        let pending = world.deliveries.values();
        let pending = pending.filter(|delivery| delivery.next_attempt_at.is_some()).count();
        Ok(world.pretended + pending as u64)
    });
    let of_it = Arc::clone(world);
    storage.expect_due_retries().returning(move |_, _, now, limit| {
        let world = of_it.lock().expect("a lock");
        let due = world
            .deliveries
            .values()
            .filter(|delivery| delivery.next_attempt_at.is_some_and(|retry_at| retry_at <= now));
        let mut due: Vec<_> = due.cloned().collect();
        due.sort_by_key(|delivery| delivery.next_attempt_at);
        due.truncate(limit as usize);
        Ok(due)
    });
    let of_it = Arc::clone(world);
    storage.expect_list().returning(move |_, _, filter, _| {
        let world = of_it.lock().expect("a lock");
        let found = world.deliveries.values();
        let found = found.filter(|delivery| Some(delivery.event) == filter.event);
        let items: Vec<_> = found.cloned().collect();
        let total = items.len() as u64;
        Ok(PageSlice { items, total, more_before: false, more_after: false })
    });
    let of_it = Arc::clone(world);
    storage.expect_record().returning(move |_, report| {
        let mut world = of_it.lock().expect("a lock");
        if world.is_lease_lost {
            return Err(RepositoryError::Stale);
        }
        world.position = report.position.unwrap_or(world.position);
        world.health = report.health;
        for delivery in report.deliveries {
            world.deliveries.insert(delivery.id, delivery);
        }
        Ok(())
    });
    storage
}
