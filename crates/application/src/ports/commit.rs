//! A write as a value.

use conversations_domain::{AuditEntry, EventField, HistoryEntry, Origin, Version};

/// A write, and everything that must land in the same transaction or not at all.
///
/// Adapters take it apart without `..`, so that whatever a later capability adds here is stored by
/// every one of them or does not compile. The domain defines the events of a write
/// ([`NewEvent`](conversations_domain::NewEvent)); some depend on the stored rows. `R` is [`OptionalResponse`](super::OptionalResponse)
/// where what the caller is told can be kept, and nothing where it cannot.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit<W, R = ()> {
    /// What to write.
    pub write: W,
    /// Who writes, for its events.
    pub origin: Origin,
    /// What to remember of it in the conversation's history.
    pub history: Vec<HistoryEntry>,
    /// What to remember of it in the workspace's audit.
    pub audit: Vec<AuditEntry>,
    /// What the caller is told, if it is to be kept: the same request will be told the same again.
    pub response: R,
}

impl<W, R: Default> Commit<W, R> {
    /// A write that leaves neither history nor audit nor a reply behind.
    pub fn of(origin: Origin, write: W) -> Self {
        Self { write, origin, history: Vec::new(), audit: Vec::new(), response: R::default() }
    }
}

/// Something that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated<T> {
    /// It, as it is to be.
    pub changed: T,
    /// The version that was changed; if it is no longer there, the write is stale.
    pub loaded: Version,
    /// The fields that differ: what the event names. What is kept beside it for the others, such as the
    /// index of a customer's tags, is not written again. Keys and webhooks have no events.
    pub fields: Vec<EventField>,
}

/// Something that is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion<I> {
    /// Which one.
    pub id: I,
    /// The version that must be there, if one must; if another is, the deletion is stale.
    pub observed: Option<Version>,
}

impl<I> Deletion<I> {
    /// The deletion of this one, in whatever state it is.
    pub fn of(id: I) -> Self {
        Self { id, observed: None }
    }
}

/// What became of something that was to be deleted, unless it is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// It is gone.
    Done,
    /// It was not there.
    Absent,
    /// It is still there, and so are the conversations that refer to it.
    InUse {
        /// How many they are.
        conversations: u64,
    },
}
