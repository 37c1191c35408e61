//! Entities for tests: each builder makes a valid one, and a test states only what matters to it.
//!
//! Ids come from a counter, so that of two things of the same time the one made later is newer.
//! Whatever does not say otherwise is of the time [`at`]`(0)`.
//!
//! ```
//! use conversations_testkit::fixtures::{a_conversation, an_inbox, at};
//!
//! let inbox = an_inbox();
//! let conversation = a_conversation(inbox.id()).urgent().closed().opened_at(at(60_000)).build();
//!
//! assert_eq!(conversation.id().created_at(), at(60_000));
//! assert!(conversation.closed_at().is_some());
//! ```

mod conversation;
mod people;

use std::sync::atomic::{AtomicU64, Ordering};

use conversations_application::ports::{NewKey, SecretHash};
use conversations_domain::{
    Actor, ApiKey, AuditAction, AuditEntry, AuditId, Channel, ConversationId, EventId, FieldChange,
    HistoryEntry, HistoryId, Inbox, InboxId, InboxParts, KeyId, Name, Origin, Permission, Source,
    Status, Tags, Timestamp, Version, Workspace, WorkspaceId,
};
use uuid::Uuid;

pub use conversation::{ConversationBuilder, MessageBuilder, a_conversation, a_message};
pub use people::{CustomerBuilder, UserBuilder, a_customer, a_user, email, profile_text};

/// The time of fixtures, 2026-11-22T15:04:05.123Z, and that many milliseconds more.
#[must_use]
pub fn at(millis: i64) -> Timestamp {
    const START: i64 = 1_795_359_845_123;
    Timestamp::from_unix_millis(START + millis).expect("a time")
}

/// A new `UUIDv7` that carries this time, and is larger than any of the same time before.
#[must_use]
pub fn next_id(time: Timestamp) -> Uuid {
    static COUNTER: AtomicU64 = AtomicU64::new(0);

    let mut counter = [0; 10];
    counter[2..].copy_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let millis = u64::try_from(time.as_unix_millis()).expect("a time after 1970");
    uuid::Builder::from_unix_timestamp_millis(millis, &counter).into_uuid()
}

/// What something is called.
#[must_use]
pub fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// The labels of a conversation, or the tags of a customer.
#[must_use]
pub fn tags<T: AsRef<str>>(texts: &[T]) -> Tags {
    Tags::parse(texts).expect("tags")
}

/// A workspace of this name.
#[must_use]
pub fn a_workspace(text: &str) -> Workspace {
    Workspace { id: WorkspaceId::from_uuid(next_id(at(0))), name: name(text) }
}

/// An inbox called "Support" for e-mail.
#[must_use]
pub fn an_inbox() -> Inbox {
    an_inbox_for(Channel::Email)
}

/// An inbox called "Support" for this medium.
#[must_use]
pub fn an_inbox_for(channel: Channel) -> Inbox {
    Inbox::restore(InboxParts {
        id: InboxId::from_uuid(next_id(at(0))),
        name: name("Support"),
        channel,
        updated_at: at(0),
        version: Version::FIRST,
    })
}

/// A key of a workspace that may read and write conversations and does not expire.
#[must_use]
pub fn a_key(workspace: WorkspaceId) -> NewKey {
    let id = next_id(at(0));
    let mut hash = [0xff; 32];
    hash[..16].copy_from_slice(id.as_bytes());
    let key = ApiKey {
        id: KeyId::from_uuid(id),
        workspace,
        name: name("robot"),
        permissions: [Permission::ReadConversations, Permission::WriteConversations]
            .into_iter()
            .collect(),
        source: Source::Api,
        expires_at: None,
        rate_limit: None,
        hint: "abcd".to_owned(),
        version: Version::FIRST,
    };
    NewKey { key, hash: SecretHash(hash) }
}

/// Who does things.
#[must_use]
pub fn an_actor() -> Actor {
    Actor { key: Some(KeyId::from_uuid(next_id(at(0)))), name: "robot".to_owned() }
}

/// Who writes, for the events that a write leaves: there is room for many before those of the next one.
#[must_use]
pub fn an_origin() -> Origin {
    an_origin_at(at(0))
}

/// The same, at this time.
#[must_use]
pub fn an_origin_at(time: Timestamp) -> Origin {
    const ROOM: u64 = 1_000;

    let id = EventId::from_uuid(next_id(time));
    let counted = u64::try_from(id.as_uuid().as_u128() & u128::from(u32::MAX)).unwrap_or_default();
    Origin { first: id.followed_by(counted * ROOM), by: an_actor() }
}

/// An entry of a conversation's history: that it was closed.
#[must_use]
pub fn a_history_entry(conversation: ConversationId) -> HistoryEntry {
    HistoryEntry {
        id: HistoryId::from_uuid(next_id(at(0))),
        conversation,
        change: FieldChange::of_status(Status::Open, Status::Closed),
        by: an_actor(),
    }
}

/// An entry of an audit: that this was done to what has this id.
#[must_use]
pub fn an_audit_entry(action: AuditAction, target: Uuid) -> AuditEntry {
    AuditEntry {
        id: AuditId::from_uuid(next_id(at(0))),
        action,
        target,
        reason: None,
        message_count: None,
        by: an_actor(),
        request_id: None,
    }
}
