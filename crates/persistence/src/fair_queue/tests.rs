//! Places are shared fairly, however much each caller asks for.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

#[expect(clippy::unnecessary_wraps, reason = "work may have no owner")]
fn of(workspace: u128, key: u128) -> Option<Owner> {
    let workspace = WorkspaceId::from_uuid(Uuid::from_u128(workspace));
    Some(Owner { workspace, key: KeyId::from_uuid(Uuid::from_u128(key)) })
}

fn queue(places: usize, reserve: bool) -> FairQueue<u32> {
    FairQueue::new(QueueLimits { places, reserve, room: 1_000 })
}

fn push(queue: &mut FairQueue<u32>, owner: Option<Owner>, work: u32) {
    queue.push(owner, work, |_| false).expect("room");
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn work_of_one_owner_is_first_in_first_out() {
    let (mut queue, now) = (queue(10, false), Instant::now());
    (0..5).for_each(|work| push(&mut queue, of(1, 1), work));

    let served: Vec<_> = std::iter::from_fn(|| queue.pop(now)).map(|(_, work)| work).collect();

    assert_eq!(served, [0, 1, 2, 3, 4]);
}

#[test]
fn work_is_ready_when_there_is_a_place_for_it() {
    let (mut queue, now) = (queue(3, true), Instant::now());
    assert_eq!(queue.ready(), 0);
    (0..5).for_each(|work| push(&mut queue, of(1, 1), work));
    assert_eq!(queue.ready(), 3, "no other owner holds a place yet");
    let popped = [queue.pop(now), queue.pop(now)];
    assert!(popped.iter().all(Option::is_some));
    assert_eq!((queue.ready(), queue.pop(now)), (0, None), "the last place is kept");

    push(&mut queue, of(2, 2), 9);

    assert_eq!(queue.ready(), 1);
    assert_eq!(queue.pop(now).map(|(_, work)| work), Some(9));
    assert_eq!(queue.ready(), 0, "there is no place");
}

#[test]
fn light_callers_go_before_heavy_callers() {
    let (mut queue, now) = (queue(1, false), Instant::now());
    (0..100).for_each(|work| push(&mut queue, of(1, 1), work));
    let (admission, _) = queue.pop(now).expect("work");
    push(&mut queue, of(2, 2), 999);
    assert!(queue.pop(now).is_none(), "there is one place");

    queue.finish(admission, MILLISECOND, now);

    assert_eq!(queue.pop(now).map(|(_, work)| work), Some(999));
}

#[test]
fn shares_are_by_time_used_and_not_by_number() {
    let (mut queue, mut now) = (queue(1, false), Instant::now());
    let (mut slow, mut fast) = (0, 0);
    for _ in 0..400 {
        push(&mut queue, of(1, 1), 10);
        push(&mut queue, of(2, 2), 1);
        let (admission, cost) = queue.pop(now).expect("work");
        *(if cost == 10 { &mut slow } else { &mut fast }) += 1;
        now += MILLISECOND * cost;
        queue.finish(admission, MILLISECOND * cost, now);
    }

    assert!(fast > 8 * slow, "{fast} fast, {slow} slow");
    assert!(slow > 20, "no owner starves: {slow}");
}

#[test]
fn many_keys_do_not_enlarge_the_share_of_a_workspace() {
    let (mut queue, now) = (queue(1, false), Instant::now());
    for key in 0..50 {
        push(&mut queue, of(1, key), 1);
    }
    (0..5).for_each(|_| push(&mut queue, of(2, 100), 2));

    let mut served = Vec::new();
    while let Some((admission, work)) = queue.pop(now) {
        queue.finish(admission, MILLISECOND, now);
        served.push(work);
    }

    let place = served.iter().rposition(|&work| work == 2).expect("it is served");
    assert!(place <= 10, "the other workspace waited for {place}");
}

#[test]
fn within_a_workspace_keys_take_turns() {
    let (mut queue, now) = (queue(1, false), Instant::now());
    (0..50).for_each(|_| push(&mut queue, of(1, 1), 1));
    push(&mut queue, of(1, 2), 2);

    let mut served = Vec::new();
    while let Some((admission, work)) = queue.pop(now) {
        queue.finish(admission, MILLISECOND, now);
        served.push(work);
    }

    assert_eq!(served.iter().position(|&work| work == 2), Some(1));
}

#[test]
fn the_last_place_is_reserved_for_workspaces_without_one() {
    let (mut queue, now) = (queue(3, true), Instant::now());
    (0..5).for_each(|work| push(&mut queue, of(1, 1), work));
    push(&mut queue, of(1, 2), 5);

    let held: Vec<_> = std::iter::from_fn(|| queue.pop(now)).collect();
    assert_eq!(held.len(), 2);

    push(&mut queue, None, 6);
    assert_eq!(queue.pop(now).map(|(_, work)| work), Some(6));
    assert!(queue.pop(now).is_none());
}

#[test]
fn old_usage_decays() {
    let (mut queue, now) = (queue(1, false), Instant::now());
    push(&mut queue, of(1, 1), 1);
    let (admission, _) = queue.pop(now).expect("work");
    queue.finish(admission, Duration::from_secs(5), now);
    push(&mut queue, of(2, 2), 2);
    let (admission, _) = queue.pop(now).expect("work");
    queue.finish(admission, MILLISECOND * 10, now);

    let later = now + Duration::from_secs(20);
    push(&mut queue, of(2, 2), 2);
    let (admission, _) = queue.pop(later).expect("work");
    queue.finish(admission, MILLISECOND * 10, later);
    push(&mut queue, of(2, 2), 2);
    push(&mut queue, of(1, 1), 1);

    assert_eq!(queue.pop(later).map(|(_, work)| work), Some(1));
}

#[test]
fn waiting_work_per_workspace_is_limited_without_abandoned_work() {
    let mut queue = FairQueue::new(QueueLimits { places: 1, reserve: false, room: 3 });
    (0..3).for_each(|work| queue.push(of(1, work), work, |_| false).expect("room"));

    assert_eq!(queue.push(of(1, 9), 3, |_| false), Err(3));
    assert_eq!(queue.push(of(2, 9), 4, |_| false), Ok(()));
    assert_eq!(queue.push(of(1, 9), 5, |&work| work == 1), Ok(()));

    let (mut served, now) = (Vec::new(), Instant::now());
    while let Some((admission, work)) = queue.pop(now) {
        queue.finish(admission, Duration::ZERO, now);
        served.push(work);
    }
    served.sort_unstable();
    assert_eq!(served, [0, 2, 4, 5]);
}

#[test]
fn requeued_work_is_first_again() {
    let (mut queue, now) = (queue(3, false), Instant::now());
    (0..3).for_each(|work| push(&mut queue, of(1, 1), work));
    let taken: Vec<_> = std::iter::from_fn(|| queue.pop(now)).collect();
    for (admission, work) in taken.into_iter().skip(1) {
        queue.requeue(admission, work);
    }
    push(&mut queue, of(1, 1), 3);

    assert_eq!(queue.pop(now).map(|(_, work)| work), Some(1));
    assert_eq!(queue.pop(now).map(|(_, work)| work), Some(2));
    assert!(queue.pop(now).is_none(), "three places are taken");
}

#[test]
fn work_that_does_not_match_stays_queued() {
    let (mut queue, now) = (queue(3, false), Instant::now());
    push(&mut queue, of(1, 1), 7);

    assert!(queue.pop_if(now, |&work| work != 7).is_none());
    assert_eq!(queue.pop_if(now, |&work| work == 7).map(|(_, work)| work), Some(7));
}

#[test]
fn idle_callers_are_forgotten() {
    let (mut queue, mut now) = (queue(1, false), Instant::now());
    for number in 0..1_000 {
        push(&mut queue, of(number, number), 1);
        let (admission, _) = queue.pop(now).expect("work");
        queue.finish(admission, MILLISECOND, now);
        now += MILLISECOND * 500;
    }

    assert!(queue.tenants.len() <= MANY + 1, "{}", queue.tenants.len());
}

/// What happens to a queue.
#[derive(Debug, Clone)]
enum Event {
    Push(u8, u8),
    Pop,
    /// A holder gives its place back after this many milliseconds.
    Finish(usize, u8),
    PutBack(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (0..4_u8, 0..3_u8).prop_map(|(workspace, key)| Event::Push(workspace, key)),
        3 => Just(Event::Pop),
        2 => (any::<usize>(), 0..50_u8).prop_map(|(which, took)| Event::Finish(which, took)),
        1 => any::<usize>().prop_map(Event::PutBack),
    ];
    prop::collection::vec(event, 0..200)
}

fn owner(workspace: u8, key: u8) -> Option<Owner> {
    (workspace > 0).then(|| of(workspace.into(), key.into())).flatten()
}

/// Who waits and who holds places, in the plainest words.
#[derive(Debug, Default)]
struct Oracle {
    waiting: BTreeMap<u32, Option<Owner>>,
    held: Vec<(Admission, u32, Option<Owner>)>,
}

impl Oracle {
    fn places_of(&self, owner: Option<Owner>) -> usize {
        let workspace = workspace_of(owner);
        self.held.iter().filter(|(.., other)| workspace_of(*other) == workspace).count()
    }

    /// Whether a waiting owner may get a place.
    fn somebody_may_enter(&self, limits: QueueLimits) -> bool {
        let free = limits.places - self.held.len();
        self.waiting.values().any(|&owner| {
            free > usize::from(limits.reserve) || (free == 1 && self.places_of(owner) == 0)
        })
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_no_place_is_given_twice(
        events in events(),
        places in 1..5_usize,
        reserve in any::<bool>(),
    ) {
        let limits = QueueLimits { places, reserve, room: 1_000 };
        let (mut queue, mut oracle) = (FairQueue::new(limits), Oracle::default());
        let (mut now, mut number) = (Instant::now(), 0);
        for event in events {
            match event {
                Event::Push(workspace, key) => {
                    number += 1;
                    let owner = owner(workspace, key);
                    prop_assert!(queue.push(owner, number, |_| false).is_ok());
                    oracle.waiting.insert(number, owner);
                }
                Event::Pop => {
                    let may_enter = oracle.somebody_may_enter(limits);
                    let popped = queue.pop(now);
                    prop_assert_eq!(popped.is_some(), may_enter);
                    let Some((admission, work)) = popped else { continue };
                    let owner = oracle.waiting.remove(&work);
                    prop_assert_eq!(owner, Some(admission.owner));
                    // It is the first of its key, and no waiting owner has fewer places.
                    let before = oracle.waiting.iter().find(|&(_, &other)| other == admission.owner);
                    prop_assert!(before.is_none_or(|(&other, _)| other > work));
                    let places = oracle.places_of(admission.owner);
                    for &other in oracle.waiting.values() {
                        prop_assert!(places <= oracle.places_of(other));
                    }
                    oracle.held.push((admission, work, admission.owner));
                    prop_assert!(oracle.held.len() <= places.max(limits.places));
                }
                Event::Finish(which, took) if !oracle.held.is_empty() => {
                    let (admission, ..) = oracle.held.swap_remove(which % oracle.held.len());
                    let took = MILLISECOND * u32::from(took);
                    now += took;
                    queue.finish(admission, took, now);
                }
                Event::PutBack(which) if !oracle.held.is_empty() => {
                    let (admission, work, owner) = oracle.held.swap_remove(which % oracle.held.len());
                    queue.requeue(admission, work);
                    oracle.waiting.insert(work, owner);
                }
                Event::Finish(..) | Event::PutBack(_) => {}
            }
            prop_assert_eq!(queue.waiting, oracle.waiting.len());
            prop_assert_eq!(queue.taken, oracle.held.len());
        }
    }
}
