//! The lines: each field stands once, in the order in which it is written. Names are those of the API.
//!
//! Entities of the domain and lines are taken apart whole, so that a new field does not compile until it
//! is here.

mod actor;
mod audit;
mod change;
mod conversation;
mod customer;
mod external_id;
mod inbox;
mod message;
mod user;

use conversations_domain::{Name, Timestamp};

pub use actor::ActorRecord;
pub use audit::AuditRecord;
pub use change::ChangeRecord;
pub use conversation::ConversationRecord;
pub use customer::{CustomerRecord, ProfileRecord};
pub use external_id::ExternalIdRecord;
pub use inbox::InboxRecord;
pub use message::{AuthorRecord, MessageRecord};
pub use user::UserRecord;

use crate::field::{Digest, Number, PlainText};
use crate::object::object;

object! {
    /// The first line.
    Header as "header" {
        /// `conversations-ndjson`
        format: PlainText = "format",
        /// The version of the format: 1.
        version: Number = "version",
        /// The program that wrote the file.
        generator: PlainText = "generator",
        /// The workspace that it was exported from.
        workspace: Name = "workspace",
        /// When it was exported.
        exported_at: Timestamp = "exportedAt",
    }
}

object! {
    /// The last line.
    End as "end" {
        /// How many records there are.
        counts: Counts = "counts",
        /// SHA-256 of all bytes before this line.
        sha256: Digest = "sha256",
    }
}

object! {
    /// How many records there are of each kind.
    Counts {
        /// Inboxes.
        inboxes: Number = "inbox",
        /// Users.
        users: Number = "user",
        /// Customers.
        customers: Number = "customer",
        /// Conversations.
        conversations: Number = "conversation",
        /// Messages.
        messages: Number = "message",
        /// Changes of conversations.
        changes: Number = "change",
        /// Entries of the audit.
        audit: Number = "audit",
    }
}
