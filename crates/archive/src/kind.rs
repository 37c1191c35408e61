//! The kinds of records, and how many there are.

use conversations_domain::WorkspaceRecord;

use crate::field::Number;
use crate::records::Counts;

/// The kinds of records, in the order of a file; those of a conversation follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `inbox`
    Inbox,
    /// `user`
    User,
    /// `customer`
    Customer,
    /// `conversation`
    Conversation,
    /// `message`
    Message,
    /// `change`
    Change,
    /// `audit`
    Audit,
}

impl Kind {
    /// Its name in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::User => "user",
            Self::Customer => "customer",
            Self::Conversation => "conversation",
            Self::Message => "message",
            Self::Change => "change",
            Self::Audit => "audit",
        }
    }
}

impl From<&WorkspaceRecord> for Kind {
    fn from(record: &WorkspaceRecord) -> Self {
        match record {
            WorkspaceRecord::Inbox(_) => Self::Inbox,
            WorkspaceRecord::User(_) => Self::User,
            WorkspaceRecord::Customer(_) => Self::Customer,
            WorkspaceRecord::Conversation(_) => Self::Conversation,
            WorkspaceRecord::Message(_) => Self::Message,
            WorkspaceRecord::Change { .. } => Self::Change,
            WorkspaceRecord::Audit(_) => Self::Audit,
        }
    }
}

impl Default for Counts {
    fn default() -> Self {
        let none = Number(0);
        Self {
            inboxes: none,
            users: none,
            customers: none,
            conversations: none,
            messages: none,
            changes: none,
            audit: none,
        }
    }
}

impl Counts {
    /// Counts a record of this kind.
    pub(crate) fn add(&mut self, kind: Kind) {
        let Number(count) = match kind {
            Kind::Inbox => &mut self.inboxes,
            Kind::User => &mut self.users,
            Kind::Customer => &mut self.customers,
            Kind::Conversation => &mut self.conversations,
            Kind::Message => &mut self.messages,
            Kind::Change => &mut self.changes,
            Kind::Audit => &mut self.audit,
        };
        *count += 1;
    }
}
