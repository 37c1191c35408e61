//! A write as a value.

use conversations_domain::{AuditEntry, HistoryEntry};

/// A write, and everything that must land in the same transaction or not at all.
///
/// Adapters take it apart without `..`, so that whatever a later capability adds here (the reply
/// that an idempotent request will get again, events to hand out) is stored by every one of them
/// or does not compile.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit<W> {
    /// What to write.
    pub write: W,
    /// What to remember of it in the conversation's history.
    pub history: Vec<HistoryEntry>,
    /// What to remember of it in the workspace's audit.
    pub audit: Vec<AuditEntry>,
}

impl<W> Commit<W> {
    /// A write that leaves neither history nor audit behind.
    pub fn of(write: W) -> Self {
        Self { write, history: Vec::new(), audit: Vec::new() }
    }
}
