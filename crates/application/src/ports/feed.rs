//! The feed of changes: reading and maintaining it. Writes store their events themselves.

use std::time::Duration;

use async_trait::async_trait;
use conversations_domain::{
    ConversationId, Event, EventCursor, EventType, FieldChange, Sequence, Timestamp, WorkspaceId,
};

use super::RepositoryError;

/// Where in a feed to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedStart {
    /// At the first stored event.
    #[default]
    Earliest,
    /// At the next event.
    Latest,
    /// After this cursor.
    After(EventCursor),
}

/// Which events to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedQuery {
    /// Where to start.
    pub start: FeedStart,
    /// Only these types.
    pub types: Vec<EventType>,
    /// Only this conversation and its messages.
    pub conversation: Option<ConversationId>,
    /// At most this many.
    pub limit: u32,
    /// Whether events of all acknowledged writes are included. A reader that [waits](EventFeed::wait) gets
    /// those that are not numbered yet after that.
    pub is_current: bool,
}

/// An event with its changes from the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The event.
    pub event: Event,
    /// The changes of the fields of a conversation, as long as its history exists.
    pub changes: Vec<FieldChange>,
}

/// A page of events, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The events. May be empty before the end of the feed.
    pub events: Vec<RecordedEvent>,
    /// Where the next page starts.
    pub cursor: EventCursor,
    /// The ends of the stored events.
    pub ends: FeedEnds,
}

/// The ends of the stored events of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedEnds {
    /// The cursor before the first event.
    pub earliest: EventCursor,
    /// The cursor of the last event.
    pub latest: EventCursor,
}

/// How far a feed is. Two positions of a workspace are equal only if nothing changed between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedPosition {
    /// The cursor of the last event with a number. All later events come after it.
    pub cursor: EventCursor,
    /// How many events wait for a number.
    pub waiting: u64,
    /// The last one of the tickets that they have.
    pub last_ticket: u64,
}

impl FeedPosition {
    /// From this many waiting events on, a list numbers them: each list counts them, which takes the
    /// longer the more they are.
    pub const MANY_WAITING: u64 = 256;

    /// Whether enough events wait for a list to number them.
    #[must_use]
    pub fn has_many_waiting(&self) -> bool {
        self.waiting >= Self::MANY_WAITING
    }
}

/// What was read, and how far the feed was at the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtPosition<T> {
    /// What was read.
    pub content: T,
    /// How far the feed was; `None` in a workspace of an earlier version whose feed was never read.
    pub position: Option<FeedPosition>,
}

/// Events that wait for their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WaitingEvents {
    /// How many wait.
    pub count: u64,
    /// About the time of the first one.
    pub oldest: Option<Timestamp>,
}

impl WaitingEvents {
    /// Adds those of another feed.
    pub fn add(&mut self, Self { count, oldest }: Self) {
        self.count += count;
        self.oldest = self.oldest.into_iter().chain(oldest).min();
    }
}

/// The counts of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedCount {
    /// Whose feed it is.
    pub workspace: WorkspaceId,
    /// The number of events that follows from the first and the last number.
    pub expected: u64,
    /// The number of events that are stored.
    pub stored: u64,
    /// The events that wait for a number.
    pub waiting: WaitingEvents,
}

/// Why a feed cannot continue after a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneReason {
    /// The events after it are no longer stored.
    Expired,
    /// It belongs to another workspace, or to a database that was restored since.
    Unknown,
}

/// The reply of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedReply {
    /// The events after the cursor.
    Page(FeedPage),
    /// The feed cannot continue after the cursor.
    Gone(GoneReason, FeedEnds),
}

/// Reads the feeds of changes. Every repository stores the events of a write in its transaction.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait EventFeed: Send + Sync {
    /// A page of events, and the ends of the feed at the same moment. It includes all writes of all
    /// processes that ended before the call.
    ///
    /// # Errors
    /// When the storage cannot be read.
    async fn page(
        &self,
        workspace: WorkspaceId,
        query: FeedQuery,
    ) -> Result<FeedReply, RepositoryError>;

    /// How far the feed is. It includes all writes of all processes that ended before the call. If
    /// [many events wait](FeedPosition::has_many_waiting), one of the callers numbers them.
    ///
    /// # Errors
    /// When the storage cannot be read.
    async fn position(&self, workspace: WorkspaceId) -> Result<FeedPosition, RepositoryError>;

    /// The events at these positions that are still stored, in order.
    ///
    /// # Errors
    /// When the storage cannot be read.
    async fn find(
        &self,
        workspace: WorkspaceId,
        positions: Vec<Sequence>,
    ) -> Result<Vec<RecordedEvent>, RepositoryError>;

    /// Waits for an event after this position, at most this long; returns whether there is one.
    async fn wait(&self, workspace: WorkspaceId, place: Sequence, limit: Duration) -> bool;

    /// A number that changes when this process deletes something in the workspace, before the deletion is
    /// acknowledged. Content that was read before the change may be deleted content.
    fn deletions(&self, workspace: WorkspaceId) -> u64;

    /// Checks the feeds for which a request of this process [waits](Self::wait): after a write, or after
    /// this pause. One task per process calls it in a loop.
    ///
    /// # Errors
    /// When one of them could not be checked.
    async fn watch(&self, pause: Duration) -> Result<(), RepositoryError>;

    /// Waits for a write of this process to any feed, at most this long. One task per process calls it in
    /// a loop.
    async fn wait_for_writes(&self, limit: Duration);

    /// Numbers events that are not read yet, and returns how many waited for that.
    ///
    /// # Errors
    /// When the storage cannot be written.
    async fn number_waiting(&self) -> Result<WaitingEvents, RepositoryError>;

    /// Counts the events of all feeds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    async fn count(&self) -> Result<Vec<FeedCount>, RepositoryError>;

    /// Deletes some of the events before this time; `false` if there were none.
    ///
    /// # Errors
    /// When the storage cannot be written.
    async fn delete_expired(&self, before: Timestamp) -> Result<bool, RepositoryError>;
}
