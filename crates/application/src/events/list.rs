//! Reading the feed.

use std::time::Duration;

use conversations_domain::{
    ConversationId, Event, EventCursor, EventField, EventType, FieldChange, FieldValue, Permissions,
};

use super::{EventService, EventState};
use crate::events::state::States;
use crate::ports::{FeedEnds, FeedPage, FeedQuery, FeedReply, FeedStart, RecordedEvent};
use crate::reply_budget::PageBudget;
use crate::{Caller, Error, Window};

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEvents {
    /// Where to begin.
    pub start: FeedStart,
    /// Of these types, or of all that the caller may read.
    pub types: Option<Vec<EventType>>,
    /// Of this conversation and its messages, if of one.
    pub conversation: Option<ConversationId>,
    /// At most so many.
    pub limit: u32,
}

/// An event as its readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDetails {
    /// The event.
    pub event: Event,
    /// Which fields changed; of a conversation also from what to what, as long as it is there.
    pub changes: Vec<EventChange>,
    /// What it is about, as it is now.
    pub state: EventState,
}

/// A change that an event tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventChange {
    /// Which field.
    pub field: EventField,
    /// What it was and what it became, where the history tells.
    pub values: Option<(Option<FieldValue>, Option<FieldValue>)>,
}

/// Some of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<EventDetails>,
    /// From where to go on: it moves also past what was not wanted.
    pub cursor: EventCursor,
    /// The ends of the feed.
    pub ends: FeedEnds,
}

impl EventPage {
    /// How many events there are after it, wanted or not.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        let last = self.ends.latest.sequence().number();
        last.saturating_sub(self.cursor.sequence().number())
    }
}

impl EventService {
    /// Some of the feed, oldest first, with what the events are about as it is now. What the caller may
    /// not read is left out.
    ///
    /// # Errors
    /// [`Error::ForbiddenAll`] when the caller may read none of it; [`Error::CursorGone`] when the feed
    /// does not know the place to begin.
    pub async fn list(&self, caller: &Caller, wanted: &ListEvents) -> Result<EventPage, Error> {
        if !Self::reading(&caller.permissions) {
            return Err(Error::ForbiddenAll { any_of: Self::READING.into_iter().collect() });
        }
        let &ListEvents { start, ref types, conversation, limit } = wanted;
        let types = allowed(types.as_deref(), &caller.permissions);
        let query = FeedQuery { start, types, conversation, limit };
        match self.feed.page(caller.workspace, query).await? {
            FeedReply::Page(page) => self.with_states(caller, page).await,
            FeedReply::Gone(reason, ends) => Err(Error::CursorGone { reason, ends }),
        }
    }

    /// Waits until the feed goes beyond a place, but no longer than that; answers whether it did.
    pub async fn wait(&self, caller: &Caller, place: EventCursor, limit: Duration) -> bool {
        self.feed.wait(caller.workspace, place.sequence(), limit).await
    }

    /// Looks up what the events are about. A page holds as much as fits: what is left out comes with
    /// the next one.
    async fn with_states(&self, caller: &Caller, page: FeedPage) -> Result<EventPage, Error> {
        let FeedPage { events, mut cursor, ends } = page;
        let (mut states, budget) = (States::new(self, caller), PageBudget::current());
        let mut shown: Vec<EventDetails> = Vec::with_capacity(events.len());
        let (mut left, mut bytes) = (Window::MAX_BYTES, 0);
        'events: for some in events.chunks(Self::AT_ONCE) {
            states.load(some).await?;
            for RecordedEvent { event, changes } in some {
                let (state, size) = states.of_event(event);
                let fits = left.checked_sub(size as u64);
                if let (None, Some(last)) = (fits, shown.last()) {
                    cursor = last.event.cursor();
                    break 'events;
                }
                left = fits.unwrap_or_default();
                bytes += size;
                let changes = told(event, changes, &state);
                shown.push(EventDetails { event: event.clone(), changes, state });
            }
        }
        budget.reserve(bytes)?;
        Ok(EventPage { events: shown, cursor, ends })
    }
}

/// The types that are wanted and that somebody with these permissions may be told of.
fn allowed(wanted: Option<&[EventType]>, permissions: &Permissions) -> Vec<EventType> {
    let all = wanted.unwrap_or(EventType::ALL).iter().copied();
    let mut allowed: Vec<_> = all
        .filter(|kind| kind.permission().is_none_or(|needed| permissions.allow(needed)))
        .collect();
    allowed.sort();
    allowed.dedup();
    allowed
}

/// What an event says of the change: nothing of what is gone.
fn told(event: &Event, changes: &[FieldChange], state: &EventState) -> Vec<EventChange> {
    match state {
        EventState::Gone | EventState::Message { .. } => Vec::new(),
        EventState::Conversation(_) => changes
            .iter()
            .cloned()
            .map(|FieldChange { field, from, to }| EventChange {
                field: field.into(),
                values: Some((from, to)),
            })
            .collect(),
        EventState::Customer(_) | EventState::User(_) | EventState::Inbox(_) | EventState::Feed => {
            let fields = event.told.fields.iter();
            fields.map(|&field| EventChange { field, values: None }).collect()
        }
    }
}

#[cfg(test)]
mod tests;
