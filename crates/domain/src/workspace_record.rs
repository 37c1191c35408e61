//! What a workspace consists of, record by record: as it is exported and imported.

use crate::{AuditEntry, Conversation, Customer, HistoryEntry, Inbox, Message, User};

/// A record of a workspace. Where they follow each other, they have the order of the variants, with the
/// messages and then the changes of a conversation right behind it; within a kind, that of their ids.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkspaceRecord {
    /// An inbox.
    Inbox(Inbox),
    /// A user.
    User(User),
    /// A customer.
    Customer(Customer),
    /// A conversation.
    Conversation(Conversation),
    /// A message of the conversation before it.
    Message(Message),
    /// A change of the conversation before it.
    Change {
        /// What changed.
        entry: HistoryEntry,
        /// The revision that the change made; 0 for changes from before it was recorded.
        revision: u64,
    },
    /// An entry of the audit.
    Audit(AuditEntry),
}
