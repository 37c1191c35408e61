//! How a stream finds what follows its position.
//!
//! A stream that is near the end of the feed reads together with the other streams of its view: one
//! reads, and the others find the page. A stream that is behind reads pages of its own, with its filter.

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use actix_web::web::Bytes;
use conversations_application::Error;
use conversations_application::events::{EventPage, ListEvents};
use conversations_application::owner;
use conversations_application::ports::FeedStart;
use conversations_application::read_model::EventDetails;
use conversations_domain::{EventCursor, Permissions};

use super::super::frame::EventFrame;
use super::super::pages::Page;
use super::Follower;
use crate::events::filter::Filter;
use crate::offload::off_worker;

/// How many events are read at once.
const PAGE: u32 = 100;

/// Pages with more content are rendered on another thread.
const SMALL: usize = 128 << 10;

/// What follows the position of a stream.
pub(super) enum Found {
    /// An event, which moves the stream to this position.
    Frame(Arc<Page>, Bytes, EventCursor),
    /// Only events that it does not send. Its position has moved.
    Moved,
    Nothing,
}

impl Follower {
    /// Finds the next event.
    pub(super) async fn find(&mut self) -> Result<Found, Error> {
        if let Some(page) = self.known_page() {
            return Ok(self.look_into(page));
        }
        if self.view.is_end(self.cursor, self.since) {
            return Ok(Found::Nothing);
        }
        // In boxes, because a stream that waits should not have room for a read.
        let page = if self.view.is_near(self.cursor) {
            Box::pin(self.read_together()).await?
        } else {
            Box::pin(self.read_alone()).await?
        };
        self.since = None;
        Ok(match page {
            Some(page) => self.look_into(page),
            None => Found::Nothing,
        })
    }

    /// Whether a page shows nothing that was deleted since it was read.
    pub(super) fn is_new(&self, page: &Page) -> bool {
        let deletions = self.service.deletions(self.identity.owner.workspace);
        page.is_new(deletions) && self.membership.hub.is_new(page)
    }

    /// A page that was read a moment ago.
    fn known_page(&self) -> Option<Arc<Page>> {
        let own = self.own.upgrade();
        own.filter(|page| page.follows(self.cursor) && self.is_new(page))
            .or_else(|| self.view.page_after(self.cursor, |page| self.is_new(page)))
    }

    fn look_into(&mut self, page: Arc<Page>) -> Found {
        if let Some(frame) = page.next(self.cursor, &self.filter) {
            let (bytes, cursor) = (frame.bytes.clone(), frame.cursor);
            return Found::Frame(page, bytes, cursor);
        }
        self.cursor = page.until;
        Found::Moved
    }

    /// Reads for all streams with the same view. Only one of them reads at a time.
    async fn read_together(&mut self) -> Result<Option<Arc<Page>>, Error> {
        let view = Arc::clone(&self.view);
        let _turn = view.reading.lock().await;
        if let Some(page) = self.known_page() {
            return Ok(Some(page));
        }
        if view.is_end(self.cursor, self.since) {
            return Ok(None);
        }
        let page = self.read(Filter { types: None, conversation: None }).await?;
        if let Some(page) = &page {
            view.share(page);
        }
        Ok(page)
    }

    /// Reads for this stream alone.
    async fn read_alone(&mut self) -> Result<Option<Arc<Page>>, Error> {
        let streams = Arc::clone(self.streams());
        // The semaphore is never closed.
        let _turn = streams.catching_up.acquire().await;
        let page = self.read(self.filter.clone()).await?;
        if let Some(page) = &page {
            self.own = Arc::downgrade(page);
        }
        Ok(page)
    }

    async fn read(&self, filter: Filter) -> Result<Option<Arc<Page>>, Error> {
        let caller = &self.identity.caller;
        let (begun, deletions) = (Instant::now(), self.service.deletions(caller.workspace));
        let Filter { types, conversation } = filter;
        let start = FeedStart::After(self.cursor);
        // What is not numbered yet, the stream waits for.
        let wanted = ListEvents { start, types, conversation, limit: PAGE, is_current: false };
        let read = pin!(self.service.list(caller, &wanted));
        let page = owner::scope(self.identity.owner, read).await?;
        let is_last = page.remaining() == 0;
        let EventPage { events, cursor: until, ends } = page;
        self.view.note_head(ends.latest);
        if is_last {
            self.view.note_end(until, begun);
        }
        if until == self.cursor {
            return Ok(None);
        }
        if events.iter().any(|details| details.event.change.kind.is_end()) {
            self.membership.hub.note_deletion(begun);
        }
        let frames = rendered(events, &caller.permissions).await?;
        let page = Arc::new(Page { after: self.cursor, until, frames, begun, deletions });
        self.streams().keep(&page);
        Ok(Some(page))
    }
}

/// Renders events, many of them on another thread.
async fn rendered(
    events: Vec<EventDetails>,
    permissions: &Permissions,
) -> Result<Vec<EventFrame>, Error> {
    let bytes: usize = events.iter().map(|details| details.state.content_bytes()).sum();
    let permissions = permissions.clone();
    let render = move || {
        let frames = events.into_iter().map(|details| EventFrame::new(details, &permissions));
        frames.collect::<Result<_, _>>()
    };
    let frames = if bytes > SMALL { off_worker(render).await } else { render() };
    frames.map_err(|error: serde_json::Error| Error::Internal(Box::new(error)))
}
