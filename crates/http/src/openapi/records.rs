//! History, audit and pages, as the description shows them.

use conversations_application::Cursor;
use conversations_domain::{
    Actor, AuditAction, AuditEntry, AuditId, ConversationId, Field, FieldChange, FieldValue,
    HistoryEntry, HistoryId, KeyId, Reason, Status, Timestamp,
};
use uuid::Uuid;

use crate::actor::ActorBody;
use crate::audit::AuditBody;
use crate::examples;
use crate::history::HistoryBody;
use crate::page::Pagination;
use crate::schema::{Fields, Shape, Shown};

impl Shape for HistoryBody {
    const NAME: &'static str = "HistoryEntry";
    const TEXT: &'static str = "A change of a field of a conversation.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<HistoryId>("_id", "Its id.")
            .has::<ConversationId>("conversationId", "The conversation that changed.")
            .has::<Field>("field", "Which field.")
            .has::<Option<FieldValue>>("from", "What it was: text, or a list of words.")
            .has::<Option<FieldValue>>("to", "What it became.")
            .has::<ActorBody>("by", "Who changed it.")
            .has::<Timestamp>("createdAt", "When.");
    }
}

impl Shown for HistoryBody {
    fn example() -> Option<Self> {
        let entry = HistoryEntry {
            id: HistoryId::parse(examples::MESSAGE).ok()?,
            conversation: ConversationId::parse(examples::CONVERSATION).ok()?,
            change: FieldChange::of_status(Status::Open, Status::Pending),
            by: actor(),
        };
        Some(entry.into())
    }
}

impl Shape for AuditBody {
    const NAME: &'static str = "AuditEntry";
    const TEXT: &'static str = "What remains of a deletion, and of a change of a key.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<AuditId>("_id", "Its id.")
            .has::<AuditAction>("action", "What was done.")
            .has::<Uuid>("targetId", "The id of what it was done to.")
            .has::<Option<Reason>>("reason", super::REASON)
            .has::<Option<u64>>("messageCount", "How many messages went.")
            .has::<ActorBody>("by", "Who did it.")
            .has::<Option<String>>("requestId", "The request; null from the command line.")
            .has::<Timestamp>("createdAt", "When.");
    }
}

impl Shown for AuditBody {
    fn example() -> Option<Self> {
        let entry = AuditEntry {
            id: AuditId::parse(examples::MESSAGE).ok()?,
            action: AuditAction::ConversationDeleted,
            target: ConversationId::parse(examples::CONVERSATION).ok()?.into(),
            reason: Reason::parse("asked for it").ok(),
            message_count: Some(2),
            by: actor(),
            request_id: Some("import-17".to_owned()),
        };
        Some(entry.into())
    }
}

fn actor() -> Actor {
    Actor { key: KeyId::parse(examples::KEY).ok(), name: "mail gateway".to_owned() }
}

impl Shape for ActorBody {
    const NAME: &'static str = "Actor";
    const TEXT: &'static str = "Who did something.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<Option<KeyId>>("keyId", "The key; null for somebody at the command line.")
            .has::<String>("name", "What the key was called then.");
    }
}

impl Shape for Pagination {
    const NAME: &'static str = "Pagination";
    const TEXT: &'static str = "Where a page lies among all.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<u64>("total", "How many there are on all pages, exactly.")
            .has::<Option<u64>>("page", "The number of the page; null by cursor.")
            .has::<u64>("limit", "The most that are on a page.")
            .has::<u64>("totalPages", "How many pages there are; 0 when `total` is.")
            .has::<Option<Cursor>>("nextCursor", "Leads to what lies after the page, if anything.")
            .has::<Option<Cursor>>("prevCursor", "Leads to what lies before it, if anything.");
    }
}
