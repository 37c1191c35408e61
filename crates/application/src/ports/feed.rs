//! The feed of changes. Writes leave their events by themselves; here they are read, and looked after.

use std::time::Duration;

use async_trait::async_trait;
use conversations_domain::{
    ConversationId, Event, EventCursor, EventType, FieldChange, Sequence, Timestamp, WorkspaceId,
};

use super::RepositoryError;

/// Where in a feed to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedStart {
    /// With the first event that is kept.
    #[default]
    Earliest,
    /// With the next event.
    Latest,
    /// After this place.
    After(EventCursor),
}

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedQuery {
    /// Where to begin.
    pub start: FeedStart,
    /// Of these types.
    pub types: Vec<EventType>,
    /// Of this conversation and its messages, if of one.
    pub conversation: Option<ConversationId>,
    /// At most so many.
    pub limit: u32,
}

/// An event, with what the history says of its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The event.
    pub event: Event,
    /// The changes of the fields of a conversation, as long as its history is there.
    pub changes: Vec<FieldChange>,
}

/// Some events, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The events. There may be none although the feed goes on.
    pub events: Vec<RecordedEvent>,
    /// The place up to which this tells of everything that was wanted.
    pub cursor: EventCursor,
    /// The ends of what is kept.
    pub ends: FeedEnds,
}

/// The ends of what is kept of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedEnds {
    /// The place before the first event.
    pub earliest: EventCursor,
    /// The place of the last event.
    pub latest: EventCursor,
}

/// Why a feed does not go on after a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneReason {
    /// The events after it are not kept any more.
    Expired,
    /// It is of another workspace, or of a database that was restored since.
    Unknown,
}

/// What a feed answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedReply {
    /// What comes after the place.
    Page(FeedPage),
    /// The feed does not know the place.
    Gone(GoneReason, FeedEnds),
}

/// Reads the feeds of changes. Each write of any repository leaves its events in its transaction.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait EventFeed: Send + Sync {
    /// Some events, and the ends of the feed at the same moment. All that was written before the
    /// call, by whatever process, is part of the feed then.
    ///
    /// # Errors
    /// When the storage cannot be read.
    async fn page(
        &self,
        workspace: WorkspaceId,
        query: FeedQuery,
    ) -> Result<FeedReply, RepositoryError>;

    /// Waits until a feed goes beyond this place, but no longer than that; answers whether it did.
    async fn wait(&self, workspace: WorkspaceId, place: Sequence, limit: Duration) -> bool;

    /// Looks how far the feeds are that somebody [waits](Self::wait) for in this process: as soon as
    /// something landed, or after this pause. One task of a process is to call it again and again.
    ///
    /// # Errors
    /// When one of them could not be looked at.
    async fn attend(&self, pause: Duration) -> Result<(), RepositoryError>;

    /// Gives their places to events that nobody has read yet.
    ///
    /// # Errors
    /// When the storage cannot be written.
    async fn settle(&self) -> Result<(), RepositoryError>;

    /// Forgets some of the events from before this time; `false` when there were none.
    ///
    /// # Errors
    /// When the storage cannot be written.
    async fn forget(&self, before: Timestamp) -> Result<bool, RepositoryError>;
}
