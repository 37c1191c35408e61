//! Orders and positions, by example and for arbitrary courses.

use conversations_domain::{Actor, ConversationId, Event, EventCursor, NewEvent, Version};
use proptest::prelude::*;

use super::*;
use crate::ports::{FeedEnds, RecordedEvent};

fn event(number: u64, conversation: u8) -> Event {
    let subject = ConversationId::from_uuid(Uuid::from_u128(conversation.into()));
    let change = NewEvent {
        kind: EventType::ConversationUpdated,
        subject: EventSubject::Conversation(subject),
        version: Version::FIRST,
        revision: None,
        fields: Vec::new(),
    };
    Event {
        sequence: Sequence::new(number),
        id: EventId::from_uuid(Uuid::from_u128(number.into())),
        change,
        by: Actor::command_line(),
    }
}

fn cursor(number: u64) -> EventCursor {
    event(number, 0).cursor()
}

/// A page of these events, which ends at this position of a feed of this length.
fn page(events: &[(u64, u8)], end: u64, length: u64) -> FeedPage {
    let recorded = |&(number, conversation): &(u64, u8)| RecordedEvent {
        event: event(number, conversation),
        changes: Vec::new(),
    };
    FeedPage {
        events: events.iter().map(recorded).collect(),
        cursor: cursor(end),
        ends: FeedEnds { earliest: cursor(0), latest: cursor(length) },
    }
}

fn started(attempts: &mut FirstAttempts) -> Vec<u64> {
    std::iter::from_fn(|| attempts.start())
        .map(|upcoming| upcoming.cursor.sequence().number())
        .collect()
}

#[test]
fn one_conversation_is_attempted_one_event_at_a_time() {
    let mut attempts = FirstAttempts::after(cursor(0));
    attempts.add(page(&[(1, 1), (2, 1), (3, 2), (4, 1)], 4, 4));

    assert_eq!(started(&mut attempts), [1, 3]);
    attempts.finish(Sequence::new(3));
    assert_eq!(started(&mut attempts), []);
    attempts.finish(Sequence::new(1));
    assert_eq!(started(&mut attempts), [2]);
    attempts.put_back(Sequence::new(2));
    assert_eq!(started(&mut attempts), [2]);
}

#[test]
fn the_position_is_before_the_first_event_that_was_not_attempted() {
    let mut attempts = FirstAttempts::after(cursor(2));
    attempts.add(page(&[(5, 1), (7, 2), (8, 3)], 10, 12));
    assert_eq!(started(&mut attempts), [5, 7, 8]);

    attempts.finish(Sequence::new(7));
    assert_eq!(attempts.position(), cursor(2));
    attempts.finish(Sequence::new(5));
    assert_eq!(attempts.position(), cursor(7));
    attempts.finish(Sequence::new(8));
    // Events that are not for the webhook are behind it too.
    assert_eq!(attempts.position(), cursor(10));
    assert_eq!(attempts.next_page(), Some((cursor(10), FirstAttempts::WINDOW)));
    attempts.add(page(&[], 12, 12));
    assert_eq!((attempts.position(), attempts.next_page()), (cursor(12), None));
    assert!(attempts.is_at_end());
}

#[test]
fn a_slow_event_lets_a_window_of_others_pass() {
    let mut attempts = FirstAttempts::after(cursor(0));
    let all: Vec<_> =
        (1..=50).map(|number| (number, u8::try_from(number).expect("small"))).collect();
    attempts.add(page(&all, 50, 1_000));

    for number in started(&mut attempts).into_iter().skip(1) {
        attempts.finish(Sequence::new(number));
    }

    assert_eq!((attempts.position(), attempts.next_page()), (cursor(0), None));
}

proptest! {
    #[test]
    fn every_event_is_attempted_in_order(
        conversations in prop::collection::vec(0_u8..4, 1..40),
        choices in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 400),
    ) {
        let events: Vec<_> = (1..).zip(conversations.iter().copied()).collect();
        let length = events.len() as u64;
        let mut attempts = FirstAttempts::after(cursor(0));
        attempts.add(page(&events, length, length));
        let (mut running, mut done) = (Vec::new(), Vec::new());

        for (index, succeeds) in choices {
            running.extend(started(&mut attempts));
            if running.is_empty() {
                break;
            }
            let number: u64 = running.swap_remove(index.index(running.len()));
            if succeeds {
                attempts.finish(Sequence::new(number));
                done.push(number);
            } else {
                attempts.put_back(Sequence::new(number));
            }
            let all_before = (1..=length).take_while(|number| done.contains(number)).last();
            prop_assert_eq!(attempts.position().sequence().number(), all_before.unwrap_or(0));
        }

        for conversation in 0..4 {
            let of_it: Vec<_> = done.iter().filter(|&&number| {
                events.contains(&(number, conversation))
            }).collect();
            prop_assert!(of_it.is_sorted(), "{of_it:?}");
        }
    }
}
