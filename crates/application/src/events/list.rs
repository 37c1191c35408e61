//! Reading the feed.

use std::time::Duration;

use conversations_domain::{
    ConversationId, Event, EventCursor, EventType, FieldChange, Permissions, Sequence, Webhook,
    WorkspaceId,
};

use super::EventService;
use crate::events::state::States;
use crate::ports::{
    FeedEnds, FeedPage, FeedPosition, FeedQuery, FeedReply, FeedStart, RecordedEvent,
};
use crate::read_model::{EventChange, EventDetails, EventState};
use crate::reply_budget::PageBudget;
use crate::{Caller, Error, PageWindow};

/// Which events to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEvents {
    /// Where to start.
    pub start: FeedStart,
    /// Only these types; by default all that the caller may read.
    pub types: Option<Vec<EventType>>,
    /// Only this conversation and its messages.
    pub conversation: Option<ConversationId>,
    /// At most this many.
    pub limit: u32,
    /// Whether events of all acknowledged writes are included; a reader that waits gets the newest ones
    /// after that, without having to number them.
    pub is_current: bool,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<EventDetails>,
    /// Where the next page starts. It also moves past events that were left out.
    pub cursor: EventCursor,
    /// The ends of the feed.
    pub ends: FeedEnds,
}

impl EventPage {
    /// The number of events after it, of all types.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        let last = self.ends.latest.sequence().number();
        last.saturating_sub(self.cursor.sequence().number())
    }
}

impl EventService {
    /// Lists events, oldest first, with the current state of their subjects. Events that the caller may
    /// not read are left out.
    ///
    /// # Errors
    /// [`Error::ForbiddenAll`] if the caller has none of the permissions; [`Error::CursorGone`] if the
    /// feed does not contain the cursor.
    pub async fn list(&self, caller: &Caller, wanted: &ListEvents) -> Result<EventPage, Error> {
        Self::require_reading(&caller.permissions)?;
        let &ListEvents { start, ref types, conversation, limit, is_current } = wanted;
        let types = allowed(types.as_deref(), &caller.permissions);
        let query = FeedQuery { start, types, conversation, limit, is_current };
        self.page(caller, query).await
    }

    /// Lists events after a position for the receiver of a webhook, oldest first, with the current state of
    /// their subjects: those that the webhook subscribes to and has the permission for.
    ///
    /// # Errors
    /// [`Error::CursorGone`] if the feed does not contain the position.
    pub async fn list_for_webhook(
        &self,
        workspace: WorkspaceId,
        webhook: &Webhook,
        position: EventCursor,
        limit: u32,
    ) -> Result<EventPage, Error> {
        let (start, types) = (FeedStart::After(position), webhook.types());
        let query = FeedQuery { start, types, conversation: None, limit, is_current: true };
        self.page(&Caller::receiver_of(workspace, webhook), query).await
    }

    /// The events at these positions, in order, for the receiver of a webhook. Those that are no longer
    /// stored, that the webhook may not read, or that exceed the size of a page are left out.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn find_for_webhook(
        &self,
        workspace: WorkspaceId,
        webhook: &Webhook,
        positions: Vec<Sequence>,
    ) -> Result<Vec<EventDetails>, Error> {
        let receiver = Caller::receiver_of(workspace, webhook);
        let mut events = self.feed.find(workspace, positions).await?;
        events.retain(|recorded| may_read(recorded.event.change.kind, &receiver.permissions));
        let (shown, _) = self.load_states(&receiver, &events).await?;
        Ok(shown)
    }

    async fn page(&self, caller: &Caller, query: FeedQuery) -> Result<EventPage, Error> {
        match self.feed.page(caller.workspace, query).await? {
            FeedReply::Page(page) => self.with_states(caller, page).await,
            FeedReply::Gone(reason, ends) => Err(Error::CursorGone { reason, ends }),
        }
    }

    /// How far the feed of the workspace is.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn position(&self, caller: &Caller) -> Result<FeedPosition, Error> {
        Ok(self.feed.position(caller.workspace).await?)
    }

    /// Waits for an event after this position, at most this long; returns whether there is one.
    pub async fn wait(&self, caller: &Caller, place: EventCursor, limit: Duration) -> bool {
        self.feed.wait(caller.workspace, place.sequence(), limit).await
    }

    /// Loads the subjects of the events. Events that exceed the size of a page are left for the next.
    async fn with_states(&self, caller: &Caller, page: FeedPage) -> Result<EventPage, Error> {
        let FeedPage { events, cursor, ends } = page;
        let (shown, is_complete) = self.load_states(caller, &events).await?;
        let last = shown.last().filter(|_| !is_complete);
        let cursor = last.map_or(cursor, |last| last.event.cursor());
        Ok(EventPage { events: shown, cursor, ends })
    }

    /// Loads the subjects of the events, until they exceed the size of a page; returns also whether these
    /// are all.
    async fn load_states(
        &self,
        caller: &Caller,
        events: &[RecordedEvent],
    ) -> Result<(Vec<EventDetails>, bool), Error> {
        let (mut states, budget) = (States::new(self, caller), PageBudget::current());
        let mut shown: Vec<EventDetails> = Vec::with_capacity(events.len());
        let (mut left, mut bytes) = (PageWindow::MAX_BYTES, 0);
        let (mut rest, mut count) = (events, FIRST_EVENTS);
        'events: while !rest.is_empty() {
            let (some, later) = rest.split_at(count.min(rest.len()));
            let bytes_before = bytes;
            states.load(some).await?;
            for RecordedEvent { event, changes } in some {
                let (state, size) = states.of_event(event);
                let fits = left.checked_sub(size as u64);
                if fits.is_none() && !shown.is_empty() {
                    break 'events;
                }
                left = fits.unwrap_or_default();
                bytes += size;
                let changes = shown_changes(event, changes, &state);
                shown.push(EventDetails { event: event.clone(), changes, state });
            }
            rest = later;
            if bytes - bytes_before <= SMALL_BYTES {
                count *= 2;
            }
        }
        budget.reserve(bytes)?;
        let is_complete = shown.len() == events.len();
        Ok((shown, is_complete))
    }
}

/// How many events have their subjects loaded first: it is not known how large they are.
const FIRST_EVENTS: usize = 16;

/// If those of the last events were not larger, those of twice as many are loaded next: each time takes
/// some questions to the storage.
const SMALL_BYTES: usize = 256 << 10;

/// The requested types that a caller with these permissions may read. A reset concerns every reader.
fn allowed(wanted: Option<&[EventType]>, permissions: &Permissions) -> Vec<EventType> {
    let all = wanted.unwrap_or(EventType::ALL).iter().copied().chain([EventType::FeedReset]);
    let mut allowed: Vec<_> = all.filter(|&kind| may_read(kind, permissions)).collect();
    allowed.sort();
    allowed.dedup();
    allowed
}

/// Whether a caller with these permissions may read events of a type.
fn may_read(kind: EventType, permissions: &Permissions) -> bool {
    kind.permission().is_none_or(|needed| permissions.allow(needed))
}

/// The changes that an event shows: none if its subject was deleted.
fn shown_changes(event: &Event, changes: &[FieldChange], state: &EventState) -> Vec<EventChange> {
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
        EventState::Customer(_)
        | EventState::User(_)
        | EventState::Inbox(_)
        | EventState::Webhook(_)
        | EventState::Feed(_) => {
            let fields = event.change.fields.iter();
            fields.map(|&field| EventChange { field, values: None }).collect()
        }
    }
}

#[cfg(test)]
mod tests;
