//! Which events of a webhook are attempted next, and up to where all of them were.
//!
//! Events of one conversation are attempted one at a time, in order; those of different ones at the same
//! time. The position is before the first event that was not attempted, so events behind it may be
//! attempted twice after a crash, and none is left out.

use std::collections::{HashSet, VecDeque};

use conversations_domain::{EventCursor, EventId, EventSubject, EventType, Sequence};
use uuid::Uuid;

use crate::ports::FeedPage;

/// The first attempts of a webhook.
#[derive(Debug)]
pub(super) struct FirstAttempts {
    /// All events up to here were attempted, or are not for this webhook.
    position: EventCursor,
    /// All events up to here were read.
    read_to: EventCursor,
    /// Whether there were no more events when they were read.
    is_at_end: bool,
    /// The events between the two.
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    upcoming: Upcoming,
    /// What has to be in order.
    subject: Uuid,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
}

/// An event that is not attempted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Upcoming {
    pub(super) cursor: EventCursor,
    pub(super) id: EventId,
    pub(super) kind: EventType,
}

impl FirstAttempts {
    /// How many events may be between the position and the last attempted one: those are attempted again
    /// after a crash.
    pub(super) const WINDOW: usize = 50;

    /// Those of a webhook with this position.
    pub(super) fn after(position: EventCursor) -> Self {
        Self { position, read_to: position, is_at_end: false, entries: VecDeque::new() }
    }

    /// All events up to here were attempted.
    pub(super) fn position(&self) -> EventCursor {
        self.position
    }

    /// Where the next page begins, and how many events it may have; `None` if none is needed.
    pub(super) fn next_page(&self) -> Option<(EventCursor, usize)> {
        let room = Self::WINDOW - self.entries.len().min(Self::WINDOW);
        (!self.is_at_end && room >= Self::WINDOW / 2).then_some((self.read_to, room))
    }

    /// Adds the page that begins there.
    pub(super) fn add(&mut self, page: FeedPage) {
        let FeedPage { events, cursor, ends } = page;
        self.read_to = cursor;
        self.is_at_end = cursor.sequence() >= ends.latest.sequence();
        self.entries.extend(events.into_iter().map(|recorded| {
            let event = recorded.event;
            Entry {
                subject: ordered_by(event.change.subject),
                upcoming: Upcoming {
                    cursor: event.cursor(),
                    id: event.id,
                    kind: event.change.kind,
                },
                state: State::Waiting,
            }
        }));
        self.advance();
    }

    /// There may be more events than were read.
    pub(super) fn look_again(&mut self) {
        self.is_at_end = false;
    }

    /// Whether all events were read.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// All events up to here were read.
    pub(super) fn read_to(&self) -> EventCursor {
        self.read_to
    }

    /// The next event to attempt, if one may be attempted now.
    pub(super) fn start(&mut self) -> Option<Upcoming> {
        let mut busy = HashSet::new();
        for entry in &mut self.entries {
            match entry.state {
                State::Done => {}
                State::Waiting if !busy.contains(&entry.subject) => {
                    entry.state = State::Running;
                    return Some(entry.upcoming);
                }
                State::Waiting | State::Running => {
                    busy.insert(entry.subject);
                }
            }
        }
        None
    }

    /// The event was attempted.
    pub(super) fn finish(&mut self, sequence: Sequence) {
        self.set(sequence, State::Done);
        self.advance();
    }

    /// The event was not attempted, or is to be attempted again before those after it.
    pub(super) fn put_back(&mut self, sequence: Sequence) {
        self.set(sequence, State::Waiting);
    }

    fn set(&mut self, sequence: Sequence, state: State) {
        let of_it = |entry: &&mut Entry| entry.upcoming.cursor.sequence() == sequence;
        if let Some(entry) = self.entries.iter_mut().find(of_it) {
            entry.state = state;
        }
    }

    fn advance(&mut self) {
        while let Some(entry) = self.entries.front().filter(|entry| entry.state == State::Done) {
            self.position = entry.upcoming.cursor;
            self.entries.pop_front();
        }
        if self.entries.is_empty() {
            self.position = self.read_to;
        }
    }
}

/// The resource whose events are attempted in order.
fn ordered_by(subject: EventSubject) -> Uuid {
    match subject {
        EventSubject::Conversation(id) | EventSubject::Message { conversation: id, .. } => {
            id.as_uuid()
        }
        EventSubject::Customer(id) => id.as_uuid(),
        EventSubject::User(id) => id.as_uuid(),
        EventSubject::Inbox(id) => id.as_uuid(),
        EventSubject::Webhook(id) => id.as_uuid(),
        EventSubject::Feed => Uuid::nil(),
    }
}

#[cfg(test)]
mod tests;
