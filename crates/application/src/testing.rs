//! What the unit tests of use cases share: a fixed moment, a caller, some entities.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use conversations_domain::{
    Actor, Conversation, ConversationId, InboxId, KeyId, NewConversation, Permissions, Source,
    Subject, Timestamp, WorkspaceId,
};
use uuid::Uuid;

use crate::ports::{Clock, ConversationDetails, IdGenerator};
use crate::{Caller, Moments};

/// The time of every moment, in milliseconds since the Unix epoch.
pub(crate) const NOW: i64 = 1_795_359_845_123;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        time(NOW)
    }
}

#[derive(Default)]
struct CountedIds(AtomicU64);

impl IdGenerator for CountedIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let millis = u128::try_from(now.as_unix_millis()).expect("a time after 1970");
        Uuid::from_u128(millis << 80 | u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}

pub(crate) fn moments() -> Moments {
    Moments::new(Arc::new(FixedClock), Arc::new(CountedIds::default()))
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).expect("a time")
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(100))
}

pub(crate) fn caller(permissions: Permissions) -> Caller {
    Caller {
        workspace: workspace(),
        permissions,
        source: Source::Widget,
        actor: Actor {
            key: Some(KeyId::from_uuid(Uuid::from_u128(200))),
            name: "robot".to_owned(),
        },
        request_id: "request-1".to_owned(),
    }
}

pub(crate) fn inbox_id() -> InboxId {
    InboxId::from_uuid(Uuid::from_u128(300))
}

pub(crate) fn subject() -> Subject {
    Subject::parse("Refund").expect("a subject")
}

/// An open conversation without customer, assignee or messages.
pub(crate) fn details() -> ConversationDetails {
    let conversation = Conversation::open(NewConversation {
        id: ConversationId::from_uuid(Uuid::from_u128(400)),
        subject: subject(),
        inbox: inbox_id(),
        customer: None,
        channel: None,
        priority: None,
        source: Source::Api,
    });
    ConversationDetails { conversation, customer: None, assignee: None }
}
