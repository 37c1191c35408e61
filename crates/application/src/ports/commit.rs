//! A write as a value.

use conversations_domain::{AuditEntry, EventField, HistoryEntry, Origin, Version};

/// A write, and everything that must land in the same transaction or not at all.
///
/// Adapters take it apart without `..`, so that whatever a later capability adds here is stored by
/// every one of them or does not compile. Which events a write leaves, the domain says
/// ([`NewEvent`](conversations_domain::NewEvent)): some depend on what the storage finds. `R` is [`Reply`](super::Reply)
/// where what the caller is told can be kept, and nothing where it cannot.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit<W, R = ()> {
    /// What to write.
    pub write: W,
    /// Who writes, for the events that it leaves.
    pub origin: Origin,
    /// What to remember of it in the conversation's history.
    pub history: Vec<HistoryEntry>,
    /// What to remember of it in the workspace's audit.
    pub audit: Vec<AuditEntry>,
    /// What the caller is told, if it is to be kept: the same request will be told the same again.
    pub reply: R,
}

impl<W, R: Default> Commit<W, R> {
    /// A write that leaves neither history nor audit nor a reply behind.
    pub fn of(origin: Origin, write: W) -> Self {
        Self { write, origin, history: Vec::new(), audit: Vec::new(), reply: R::default() }
    }
}

/// Something that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision<T> {
    /// It, as it is to be.
    pub changed: T,
    /// The version that was changed; if it is no longer there, the write is stale.
    pub loaded: Version,
    /// Which fields differ from that, for the event that tells of it. None tells of keys.
    pub fields: Vec<EventField>,
}

/// Something that is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion<I> {
    /// Which one.
    pub id: I,
    /// The version that must be there, if one must; if another is, the deletion is stale.
    pub seen: Option<Version>,
}

impl<I> Deletion<I> {
    /// The deletion of this one, in whatever state it is.
    pub fn of(id: I) -> Self {
        Self { id, seen: None }
    }
}

/// What became of something that was to be deleted, unless it is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
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
