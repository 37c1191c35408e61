//! Rendered pages of events, kept for some seconds.
//!
//! They may show content that is deleted afterwards. So a page is dropped after [`MAX_AGE`], and is not
//! used after a deletion of this process. This place alone keeps pages alive, for streams of any number
//! and speed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt::{spawn, time::sleep};
use conversations_domain::{EventCursor, EventType};

use super::EventStreams;
use super::frame::EventFrame;
use crate::events::filter::Filter;

/// How long a page is kept. Deletions of other processes take effect after this time.
pub(super) const MAX_AGE: Duration = Duration::from_secs(5);

/// How many bytes of pages are kept: older ones are dropped, and read again if they are needed.
const MAX_BYTES: usize = 64 << 20;

/// How often old pages are dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Rendered events after a cursor.
#[derive(Debug)]
pub(super) struct Page {
    /// The events begin after this position.
    pub(super) after: EventCursor,
    /// The next page begins after this position.
    pub(super) until: EventCursor,
    pub(super) frames: Vec<EventFrame>,
    /// When it began to be read.
    pub(super) begun: Instant,
    /// The deletions of the workspace at that time.
    pub(super) deletions: u64,
}

impl Filter {
    fn allows(&self, frame: &EventFrame) -> bool {
        let Self { types, conversation } = self;
        // A reset concerns every reader.
        frame.kind == EventType::FeedReset
            || types.as_ref().is_none_or(|types| types.contains(&frame.kind))
                && conversation.is_none_or(|wanted| frame.conversation == Some(wanted))
    }
}

impl Page {
    /// Whether a stream at this position continues with this page.
    pub(super) fn follows(&self, cursor: EventCursor) -> bool {
        if cursor == self.after {
            return true;
        }
        let place =
            self.frames.binary_search_by_key(&cursor.sequence(), |frame| frame.cursor.sequence());
        place.is_ok_and(|place| self.frames[place].cursor == cursor) && cursor != self.until
    }

    /// The next frame after this position.
    pub(super) fn next(&self, cursor: EventCursor, filter: &Filter) -> Option<&EventFrame> {
        let place =
            self.frames.partition_point(|frame| frame.cursor.sequence() <= cursor.sequence());
        self.frames[place..].iter().find(|frame| filter.allows(frame))
    }

    pub(super) fn is_new(&self, deletions: u64) -> bool {
        self.deletions == deletions && self.begun.elapsed() < MAX_AGE
    }

    fn bytes(&self) -> usize {
        let frames = self.frames.iter();
        frames.map(|frame| frame.bytes.len() + size_of::<EventFrame>()).sum()
    }
}

/// The pages of the last seconds.
#[derive(Debug, Default)]
pub(super) struct RecentPages(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    pages: VecDeque<Arc<Page>>,
    bytes: usize,
    is_swept: bool,
}

impl RecentPages {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStreams {
    /// Keeps a page for some seconds.
    pub(super) fn keep(self: &Arc<Self>, page: &Arc<Page>) {
        let mut kept = self.recent.kept();
        kept.bytes += page.bytes();
        kept.pages.push_back(Arc::clone(page));
        while kept.bytes > MAX_BYTES && kept.drop_first() {}
        if !std::mem::replace(&mut kept.is_swept, true) {
            spawn(sweep(Arc::clone(self)));
        }
    }
}

impl Kept {
    /// Drops the oldest page; `false` if there is none.
    fn drop_first(&mut self) -> bool {
        let Some(first) = self.pages.pop_front() else { return false };
        self.bytes -= first.bytes();
        true
    }
}

/// Drops old pages until none are left.
async fn sweep(streams: Arc<EventStreams>) {
    loop {
        sleep(SWEEP_EVERY).await;
        let mut kept = streams.recent.kept();
        while kept.pages.front().is_some_and(|page| page.begun.elapsed() >= MAX_AGE) {
            kept.drop_first();
        }
        if kept.pages.is_empty() {
            kept.is_swept = false;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::web::Bytes;
    use conversations_domain::{EventId, Sequence};
    use uuid::Uuid;

    fn cursor(sequence: u64) -> EventCursor {
        let id = EventId::from_uuid(Uuid::from_u128(u128::from(sequence) * 7));
        EventCursor::at(Sequence::new(sequence), id)
    }

    fn frame(sequence: u64, kind: EventType) -> EventFrame {
        EventFrame { cursor: cursor(sequence), kind, conversation: None, bytes: Bytes::new() }
    }

    /// The events 11, 13 and 14 of those after 10 and up to 16.
    fn page() -> Page {
        let user = EventType::UserCreated;
        let frames = vec![frame(11, user), frame(13, EventType::InboxCreated), frame(14, user)];
        Page { after: cursor(10), until: cursor(16), frames, begun: Instant::now(), deletions: 3 }
    }

    fn all() -> Filter {
        Filter { types: None, conversation: None }
    }

    #[test]
    fn a_stream_continues_with_the_page_that_has_its_position() {
        let follows = |sequence| page().follows(cursor(sequence));
        assert!([10, 11, 13, 14].into_iter().all(follows));
        assert!(![9, 12, 15, 16, 17].into_iter().any(follows));
        // The same number in a database that was restored.
        let other = EventCursor::at(Sequence::new(13), EventId::from_uuid(Uuid::from_u128(1)));
        assert!(!page().follows(other));
    }

    #[test]
    fn the_next_frame_is_the_first_one_after_the_position_that_is_wanted() {
        let next = |sequence, filter: &Filter| {
            page().next(cursor(sequence), filter).map(|frame| frame.cursor.sequence().number())
        };
        assert_eq!(next(10, &all()), Some(11));
        assert_eq!(next(11, &all()), Some(13));
        assert_eq!(next(14, &all()), None);
        let users = Filter { types: Some(vec![EventType::UserCreated]), ..all() };
        assert_eq!(next(11, &users), Some(14));
        let id = conversations_domain::ConversationId::from_uuid(Uuid::from_u128(5));
        assert_eq!(next(10, &Filter { conversation: Some(id), ..all() }), None);
    }

    #[test]
    fn a_page_is_not_used_after_a_deletion_or_when_it_is_old() {
        assert!(page().is_new(3));
        assert!(!page().is_new(4));
        let old = Page { begun: Instant::now().checked_sub(MAX_AGE).expect("a time"), ..page() };
        assert!(!old.is_new(3));
    }

    #[actix_web::test]
    async fn the_oldest_pages_make_room() {
        let streams = Arc::new(EventStreams::new(crate::StreamSettings::default()));
        let long = Bytes::from(vec![b'a'; MAX_BYTES / 2]);
        let pages: Vec<_> = (0..3)
            .map(|_| {
                let frame = EventFrame { bytes: long.clone(), ..frame(11, EventType::UserCreated) };
                let page = Arc::new(Page { frames: vec![frame], ..page() });
                streams.keep(&page);
                Arc::downgrade(&page)
            })
            .collect();

        let kept: Vec<_> = pages.iter().map(std::sync::Weak::strong_count).collect();
        assert_eq!(kept, [0, 0, 1], "each is somewhat longer than half of the room");
    }
}
