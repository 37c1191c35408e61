//! The schemas of single values, with the bounds that the domain's own types have.

use conversations_application::Cursor;
use conversations_application::ports::ConversationOrder;
use conversations_application::search::SearchQuery;
use conversations_domain::{
    AuditAction, AuditId, AuthorKind, Channel, ConversationId, CustomFields, CustomerId,
    CustomerStatus, Email, EventCursor, EventField, EventId, EventType, Field, FieldValue,
    HistoryId, InboxId, KeyId, MessageBody, MessageId, Name, Permission, Priority, ProfileText,
    RateLimit, RatePeriod, Reason, Role, SearchText, Source, Status, Subject, Tag, Tags, Tier,
    Timestamp, UserId, WorkspaceId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::shape::{Kind, Schemas, Text};

/// The control characters that no text may hold, for a class of a pattern.
pub(super) const CONTROLS: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f";
/// The white space of Unicode that is not among them.
pub(super) const BLANKS: &str =
    r"\t\n\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// An id in its one spelling.
pub(crate) const ID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// Declares the schemas of closed vocabularies, which have names.
macro_rules! vocabularies {
    ($($name:ident: $text:literal),* $(,)?) => {
        $(
            impl Text for $name {}

            impl Kind for $name {
                fn kind(schemas: &mut Schemas) -> Value {
                    let words: Vec<_> = Self::ALL.iter().map(|word| word.as_str()).collect();
                    // What clients that are made from the description call them.
                    let names: Vec<_> = Self::ALL.iter().map(|word| format!("{word:?}")).collect();
                    schemas.named(stringify!($name), |_| {
                        json!({
                            "type": "string",
                            "description": $text,
                            "enum": words,
                            "x-enum-varnames": names,
                        })
                    })
                }
            }
        )*
    };
}

vocabularies! {
    Status: "Where a conversation stands. Any status may follow any other.",
    Priority: "How urgent a conversation is, from `low` to `urgent`; sorting uses this order.",
    Channel: "The medium in which a customer and the agents talk.",
    Source: "The kind of integration that a key was made for.",
    Tier: "How the business ranks a customer.",
    CustomerStatus: "Whether a customer is active, inactive or archived.",
    Role: "What a user is in the workspace.",
    AuthorKind: "Who writes a message.",
    Permission: "What a key may do. Neither reading nor writing implies the other; the reply to a \
        write shows what was written to a key that may read it, and else its `_id`.",
    AuditAction: "What the audit records.",
    Field: "A field of a conversation whose changes are kept.",
    EventType: "What an event tells of.",
    EventField: "A field that an event says has changed.",
    ConversationOrder: "The field to sort by, with a minus when the greatest comes first.",
}

/// Text within bounds, counted in characters (Unicode scalar values).
pub(crate) fn text(min: usize, max: usize, is_trimmed: bool) -> Value {
    let pattern = if is_trimmed && min > 0 {
        format!("^[^{CONTROLS}]*[^{CONTROLS}{BLANKS}][^{CONTROLS}]*$")
    } else {
        format!("^[^{CONTROLS}]*$")
    };
    json!({ "type": "string", "minLength": min, "maxLength": max, "pattern": pattern })
}

macro_rules! texts {
    ($($name:ident),* $(,)?) => {
        $(
            impl Text for $name {}

            impl Kind for $name {
                fn kind(_: &mut Schemas) -> Value {
                    text(Self::MIN_LENGTH, Self::MAX_LENGTH, Self::IS_TRIMMED)
                }
            }
        )*
    };
}

texts! { Subject, Name, ProfileText, SearchText, Reason }

impl Text for MessageBody {}

impl Kind for MessageBody {
    fn kind(_: &mut Schemas) -> Value {
        json!({
            "type": "string",
            "minLength": Self::MIN_LENGTH,
            "maxLength": Self::MAX_LENGTH,
            "pattern": r"^[^\u0000]*$",
        })
    }
}

impl Kind for SearchQuery {
    fn kind(_: &mut Schemas) -> Value {
        text(SearchText::MIN_LENGTH, Self::MAX_LENGTH, true)
    }
}

impl Text for Email {}

impl Kind for Email {
    fn kind(_: &mut Schemas) -> Value {
        // What a domain outside of ASCII may have, only tables of Unicode say.
        let part = format!(r"{CONTROLS}\u007f-\u009f{BLANKS}");
        let local = format!("\"[^{part}\"]*\"|[^{part}\"<>,;@]+");
        let label = format!(r"[^{part}!-,/:-@\[-^`\{{-~.\u3002\uff0e\uff61]+");
        let domain = format!(r"{label}(\.{label})*|\[[0-9A-Za-z.:-]+\]");
        json!({
            "type": "string",
            "minLength": 3,
            "maxLength": Self::MAX_LENGTH,
            "pattern": format!("^({local})@({domain})$"),
        })
    }
}

impl Kind for Tag {
    fn kind(_: &mut Schemas) -> Value {
        json!({
            "type": "string",
            "minLength": 1,
            "maxLength": Self::MAX_LENGTH,
            "pattern": format!("^[^{CONTROLS},]*[^{CONTROLS}{BLANKS},][^{CONTROLS},]*$"),
        })
    }
}

impl Kind for Tags {
    fn kind(schemas: &mut Schemas) -> Value {
        json!({
            "type": "array",
            "items": Tag::kind(schemas),
            "maxItems": Self::MAX_COUNT,
            "uniqueItems": true,
        })
    }
}

impl Kind for CustomFields {
    fn kind(_: &mut Schemas) -> Value {
        let mut value = text(0, Self::MAX_TEXT_LENGTH, false);
        value["type"] = json!(["string", "number", "boolean"]);
        value["minimum"] = json!(i64::MIN);
        value["maximum"] = json!(i64::MAX);
        json!({
            "type": "object",
            "maxProperties": Self::MAX_COUNT,
            "propertyNames": text(1, Self::MAX_NAME_LENGTH, false),
            "additionalProperties": value,
        })
    }
}

impl Kind for Uuid {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "string", "format": "uuid", "pattern": format!("^{ID}$") })
    }
}

macro_rules! ids {
    ($($name:ident),* $(,)?) => {
        $(
            impl Text for $name {}

            impl Kind for $name {
                fn kind(schemas: &mut Schemas) -> Value {
                    Uuid::kind(schemas)
                }
            }
        )*
    };
}

ids! {
    WorkspaceId, ConversationId, MessageId, CustomerId, UserId, InboxId, KeyId, HistoryId,
    AuditId, EventId,
}

impl Text for EventCursor {}

impl Kind for EventCursor {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "string", "pattern": format!("^{}$", Self::PATTERN) })
    }
}

impl Text for Timestamp {}

impl Kind for Timestamp {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Text for RateLimit {}

impl Kind for RateLimit {
    fn kind(_: &mut Schemas) -> Value {
        let periods: Vec<_> = RatePeriod::ALL.iter().map(|period| period.as_str()).collect();
        // The bound is a power of ten: any fewer digits, or that.
        let digits = Self::MAX_REQUESTS.ilog10() - 1;
        let (most, periods) = (Self::MAX_REQUESTS, periods.join("|"));
        json!({
            "type": "string",
            "pattern": format!("^([1-9][0-9]{{0,{digits}}}|{most})/({periods})$"),
        })
    }
}

impl Kind for Cursor {
    fn kind(_: &mut Schemas) -> Value {
        let length = Self::CHARACTERS;
        json!({
            "type": "string",
            "minLength": length,
            "maxLength": length,
            "pattern": format!("^[A-Za-z0-9_-]{{{length}}}$"),
        })
    }
}

impl Kind for FieldValue {
    fn kind(_: &mut Schemas) -> Value {
        // Alternatives that exclude each other: many generators make nothing of a list of types.
        json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}
