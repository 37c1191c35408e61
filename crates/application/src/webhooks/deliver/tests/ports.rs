//! The feed and the storage of the stage.

use std::sync::{Arc, Mutex};

use super::stage::World;
use crate::PageSlice;
use crate::ports::{MockDeliveryRepository, MockEventFeed, RepositoryError};

pub(super) fn feed(world: &Arc<Mutex<World>>) -> MockEventFeed {
    let mut feed = MockEventFeed::new();
    let of_it = Arc::clone(world);
    feed.expect_page().returning(move |_, query| Ok(of_it.lock().expect("a lock").page(&query)));
    let of_it = Arc::clone(world);
    feed.expect_find().returning(move |_, numbers| {
        let world = of_it.lock().expect("a lock");
        Ok(numbers.iter().filter_map(|number| world.recorded(number.number())).collect())
    });
    let of_it = Arc::clone(world);
    feed.expect_wait().returning(move |_, place, _| {
        let mut world = of_it.lock().expect("a lock");
        if let Some((conversation, is_changed)) = world.meanwhile.take() {
            world.events.push(conversation);
            world.is_lease_lost = is_changed;
        }
        world.ends().latest.sequence() > place
    });
    feed
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
