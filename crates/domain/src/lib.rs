//! The vocabulary and the rules of customer support conversations.
//!
//! This crate is pure: no async, no input or output, no clock, no randomness. Times and ids are
//! arguments. It can be linked by any service that speaks of the same things; with the feature
//! `serde` the vocabulary serialises as its canonical text.
//!
//! ```
//! use conversations_domain::{Change, Changes, Conversation, Field, NewConversation, Status};
//! use conversations_domain::{ConversationId, InboxId, Source, Subject, Tags, Timestamp};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut conversation = Conversation::open(NewConversation {
//!     id: ConversationId::parse("0193a5c2-0000-7000-8000-000000000001")?,
//!     subject: Subject::parse("Refund for order 1042")?,
//!     inbox: InboxId::parse("0193a5c2-0000-7000-8000-000000000002")?,
//!     customer: None,
//!     channel: None,
//!     priority: None,
//!     labels: Tags::default(),
//!     source: Source::Api,
//! });
//!
//! let close = Changes { status: Change::To(Status::Closed), ..Changes::default() };
//! let changed = conversation.change(close, Timestamp::parse("2026-11-22T15:04:05.123Z")?)?;
//!
//! assert_eq!(changed.len(), 1);
//! assert_eq!(changed[0].field, Field::Status);
//! assert!(conversation.closed_at().is_some());
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod access;
mod audit;
mod change;
mod channel;
mod conversation;
mod custom_fields;
mod customer;
mod email;
mod history;
mod ids;
mod inbox;
mod message;
mod message_body;
mod name;
mod priority;
mod rate_limit;
mod reason;
mod role;
mod source;
mod status;
mod subject;
mod tags;
mod text;
mod tier;
mod time;
mod user;
mod version;
mod vocabulary;
mod workspace;

pub use access::{Actor, ApiKey, KeyChanges, Permission, Permissions};
pub use audit::{AuditAction, AuditEntry};
pub use change::Change;
pub use channel::Channel;
pub use conversation::{
    ChangeRefused, Changes, Conversation, ConversationParts, NewConversation, Standing, Taken,
};
pub use custom_fields::{CustomFieldError, CustomFields, CustomValue};
pub use customer::{
    Customer, CustomerChanges, CustomerParts, CustomerStatus, NamesNobody, NewCustomer, Profile,
    ProfileChanges, ProfileText, SearchText,
};
pub use email::{Email, EmailError};
pub use history::{Field, FieldChange, FieldValue, HistoryEntry};
pub use ids::{
    AuditId, ConversationId, CustomerId, HistoryId, InboxId, InvalidId, KeyId, MessageId, UserId,
    WorkspaceId,
};
pub use inbox::{Inbox, InboxChanges, InboxParts, NewInbox};
pub use message::{Author, AuthorKind, CustomerNote, Message, MessageDraft, MessageParts};
pub use message_body::MessageBody;
pub use name::Name;
pub use priority::Priority;
pub use rate_limit::{InvalidRateLimit, RateLimit, RatePeriod};
pub use reason::Reason;
pub use role::Role;
pub use source::Source;
pub use status::Status;
pub use subject::Subject;
pub use tags::{Tag, Tags, TagsError};
pub use text::{TextError, fold};
pub use tier::Tier;
pub use time::{InvalidTimestamp, Timestamp};
pub use user::{NewUser, User, UserChanges, UserParts};
pub use version::Version;
pub use vocabulary::UnknownWord;
pub use workspace::Workspace;
