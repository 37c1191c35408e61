//! What the streams of a workspace share: the pages that one of them read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use conversations_application::events::EventView;
use conversations_domain::{EventCursor, Sequence, WorkspaceId};

use super::EventStreams;
use super::pages::Page;

/// A stream that is fewer events behind reads with the others.
const NEAR: u64 = 200;

/// The streams of a workspace.
#[derive(Debug, Default)]
pub(super) struct WorkspaceHub {
    views: Mutex<HashMap<EventView, Arc<ViewHub>>>,
    /// When a page began to be read that showed a deletion: earlier pages may show what was deleted.
    deleted: Mutex<Option<Instant>>,
}

/// The streams of a workspace whose keys may read the same.
#[derive(Debug, Default)]
pub(super) struct ViewHub {
    state: Mutex<ViewState>,
    /// Held by the stream that reads.
    pub(super) reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct ViewState {
    pages: Vec<Weak<Page>>,
    /// The last known event.
    head: Sequence,
    /// The position after which a read that began at this time found nothing.
    end: Option<(EventCursor, Instant)>,
}

impl WorkspaceHub {
    /// The streams with this view.
    pub(super) fn view(&self, view: EventView) -> Arc<ViewHub> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(views.entry(view).or_default())
    }

    /// Drops all pages that were read before this time.
    pub(super) fn note_deletion(&self, begun: Instant) {
        let mut deleted = self.deleted();
        *deleted = (*deleted).max(Some(begun));
    }

    /// Whether a page was read after the last deletion that the feed showed.
    pub(super) fn is_new(&self, page: &Page) -> bool {
        self.deleted().is_none_or(|deleted| page.begun >= deleted)
    }

    fn deleted(&self) -> MutexGuard<'_, Option<Instant>> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ViewHub {
    /// Whether a stream at this position reads with the others.
    pub(super) fn is_near(&self, cursor: EventCursor) -> bool {
        self.state().head.number().saturating_sub(cursor.sequence().number()) <= NEAR
    }

    /// Whether a read that began at this time or later found nothing after this position.
    pub(super) fn is_end(&self, cursor: EventCursor, since: Option<Instant>) -> bool {
        let end = self.state().end;
        end.is_some_and(|(end, begun)| end == cursor && since.is_none_or(|since| begun >= since))
    }

    /// A page with which a stream at this position continues.
    pub(super) fn page_after(
        &self,
        cursor: EventCursor,
        is_new: impl Fn(&Page) -> bool,
    ) -> Option<Arc<Page>> {
        let state = self.state();
        let mut pages = state.pages.iter().rev().filter_map(Weak::upgrade);
        pages.find(|page| page.follows(cursor) && is_new(page))
    }

    /// Shares a page.
    pub(super) fn share(&self, page: &Arc<Page>) {
        let mut state = self.state();
        state.pages.retain(|page| page.strong_count() > 0);
        state.pages.push(Arc::downgrade(page));
    }

    /// Notes the last event of the feed.
    pub(super) fn note_head(&self, head: EventCursor) {
        self.state().head = head.sequence();
    }

    /// Notes that nothing follows this position.
    pub(super) fn note_end(&self, cursor: EventCursor, begun: Instant) {
        self.state().end = Some((cursor, begun));
    }

    fn state(&self) -> MutexGuard<'_, ViewState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream among those of its workspace. With the last one, what they share is dropped.
#[derive(Debug)]
pub(super) struct HubMembership {
    streams: Arc<EventStreams>,
    workspace: WorkspaceId,
    pub(super) hub: Arc<WorkspaceHub>,
}

impl HubMembership {
    pub(super) fn new(
        streams: Arc<EventStreams>,
        workspace: WorkspaceId,
        hub: Arc<WorkspaceHub>,
    ) -> Self {
        Self { streams, workspace, hub }
    }
}

impl Drop for HubMembership {
    fn drop(&mut self) {
        let mut hubs = self.streams.hubs();
        // This one, and the one in the map.
        if Arc::strong_count(&self.hub) <= 2 {
            hubs.remove(&self.workspace);
        }
    }
}
