//! What is taken, given back and refused.

use super::*;
use uuid::Uuid;

fn load(requests: usize, requests_per_key: usize) -> Arc<Load> {
    Arc::new(Load::new(LoadLimits { requests, requests_per_key, ..LoadLimits::default() }))
}

fn key(number: u128) -> KeyId {
    KeyId::from_uuid(Uuid::from_u128(number))
}

#[test]
fn a_place_that_is_given_back_can_be_taken_again() {
    let load = load(2, 1);

    let both = (load.place(), load.place());
    assert!(both.0.is_some() && both.1.is_some());
    assert!(load.place().is_none());
    drop(both);

    assert!(load.place().is_some());
    assert_eq!(load.take_refused(), 1);
    assert_eq!(load.take_refused(), 0);
}

#[test]
fn a_key_keeps_no_other_key_out_and_leaves_no_trace() {
    let load = load(9, 2);

    let both = (load.key_place(key(1)), load.key_place(key(1)));
    assert!(both.0.is_some() && both.1.is_some());
    assert!(load.key_place(key(1)).is_none());
    assert!(load.key_place(key(2)).is_some());
    drop(both.0);
    assert!(load.key_place(key(1)).is_some());
    drop(both.1);

    assert!(load.keys().is_empty());
}

#[test]
fn bodies_on_their_way_have_room_in_all_and_with_a_key() {
    let load = load(9, 9);
    let half = WAITING_BYTES_PER_KEY / 2;

    let mut rooms = vec![load.room(Some(key(1)), half), load.room(Some(key(1)), half)];
    assert!(rooms.iter().all(Option::is_some));
    assert!(load.room(Some(key(1)), 1).is_none());
    for number in 2..=4 {
        rooms.push(load.room(Some(key(number)), WAITING_BYTES_PER_KEY));
    }
    assert!(rooms.iter().all(Option::is_some));
    assert!(load.room(Some(key(5)), 1).is_none());
    assert!(load.room(None, 1).is_none());
    drop(rooms);

    assert!(load.room(Some(key(1)), WAITING_BYTES_PER_KEY).is_some());
    assert!(load.keys().is_empty());
    assert_eq!(load.waiting.load(Ordering::Relaxed), 0);
}

#[test]
fn what_came_between_two_looks_shows() {
    let load = load(9, 9);

    let (_, before) = load.requests();
    drop(load.begin());

    assert_eq!(load.requests(), (0, before + 1));
}
