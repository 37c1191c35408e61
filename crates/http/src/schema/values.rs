//! The schemas of single values, with the bounds that the domain's own types have.

use conversations_application::Cursor;
use conversations_application::read_model::ConversationOrder;
use conversations_application::search::SearchQuery;
use conversations_domain::{
    AuditAction, AuditId, AuthorKind, Channel, ConversationId, CustomFields, CustomerId,
    CustomerStatus, DeliveryError, DeliveryStatus, DirectoryField, DisabledReason, Email,
    EventCursor, EventField, EventId, EventType, ExternalSource, Field, ForeignId, HistoryId,
    InboxId, KeyId, MessageBody, MessageId, Name, Permission, Priority, ProfileText, RateLimit,
    RatePeriod, Reason, Role, SearchText, Source, Status, Subject, Tag, Tags, Tier, Timestamp,
    UserId, WebhookDeliveryId, WebhookId, WebhookStatus, WorkspaceId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::object_schema::{Schema, Schemas, Text};

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

            impl Schema for $name {
                fn schema(schemas: &mut Schemas) -> Value {
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
    Status: "The status of a conversation. Any status may follow any other.",
    Priority: "The priority of a conversation, from `low` to `urgent`. Sorting uses this order.",
    Channel: "The medium of a conversation.",
    Source: "The kind of integration that a key is for.",
    Tier: "The tier of a customer.",
    CustomerStatus: "Whether a customer is active, inactive or archived.",
    Role: "The role of a user in the workspace.",
    AuthorKind: "The kind of author of a message.",
    Permission: "What a key may do. Read and write permissions do not imply each other. To a key \
        that may not read it, the reply to a write shows only the `_id`.",
    AuditAction: "An action that the audit records.",
    Field: "A field of a conversation that the history records.",
    EventType: "The type of an event.",
    WebhookStatus: "Whether a webhook delivers.",
    DisabledReason: "Why the service disabled a webhook: its receiver failed for days, or replied that \
        it is gone (410).",
    DeliveryStatus: "The state of a delivery.",
    DeliveryError: "Why an attempt failed.",
    ConversationOrder: "The field to sort by. A leading minus sorts in descending order.",
}

impl Text for EventField {}

impl Schema for EventField {
    fn schema(schemas: &mut Schemas) -> Value {
        let of_conversations = Field::ALL.iter().map(|&field| (field.into(), format!("{field:?}")));
        let others = DirectoryField::ALL.iter().map(|&field| (field.into(), format!("{field:?}")));
        let mut known: Vec<(Self, String)> = of_conversations.collect();
        for (field, name) in others {
            if known.iter().all(|(earlier, _)| *earlier != field) {
                known.push((field, name));
            }
        }
        let (words, names): (Vec<_>, Vec<_>) =
            known.into_iter().map(|(field, name)| (field.as_str(), name)).unzip();
        schemas.named("EventField", |_| {
            json!({
                "type": "string",
                "description": "A field that changed.",
                "enum": words,
                "x-enum-varnames": names,
            })
        })
    }
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

            impl Schema for $name {
                fn schema(_: &mut Schemas) -> Value {
                    text(Self::MIN_LENGTH, Self::MAX_LENGTH, Self::IS_TRIMMED)
                }
            }
        )*
    };
}

texts! { Subject, Name, ProfileText, SearchText, Reason, ForeignId }

impl Text for ExternalSource {}

impl Schema for ExternalSource {
    fn schema(_: &mut Schemas) -> Value {
        json!({
            "type": "string",
            "minLength": Self::MIN_LENGTH,
            "maxLength": Self::MAX_LENGTH,
            "pattern": "^[a-z0-9._-]*$",
        })
    }
}

impl Text for MessageBody {}

impl Schema for MessageBody {
    fn schema(_: &mut Schemas) -> Value {
        json!({
            "type": "string",
            "minLength": Self::MIN_LENGTH,
            "maxLength": Self::MAX_LENGTH,
            "pattern": r"^[^\u0000]*$",
        })
    }
}

impl Schema for SearchQuery {
    fn schema(_: &mut Schemas) -> Value {
        text(SearchText::MIN_LENGTH, Self::MAX_LENGTH, true)
    }
}

impl Text for Email {}

impl Schema for Email {
    fn schema(_: &mut Schemas) -> Value {
        // What a domain outside of ASCII may have, only tables of Unicode say.
        let part = format!(r"{CONTROLS}\u007f-\u009f{BLANKS}");
        // The normal form of the Greek question mark, U+037E, is a semicolon.
        let local = format!(r#""[^{part}"]*"|[^{part}"<>,;\u037e@]+"#);
        let label = format!(r"[^{part}!-,/:-@\[-^`\{{-~.\u037e\u3002\uff0e\uff61]+");
        let domain = format!(r"{label}(\.{label})*|\[[0-9A-Za-z.:-]+\]");
        json!({
            "type": "string",
            "minLength": 3,
            "maxLength": Self::MAX_LENGTH,
            "pattern": format!("^({local})@({domain})$"),
        })
    }
}

impl Schema for Tag {
    fn schema(_: &mut Schemas) -> Value {
        json!({
            "type": "string",
            "minLength": 1,
            "maxLength": Self::MAX_LENGTH,
            "pattern": format!("^[^{CONTROLS},]*[^{CONTROLS}{BLANKS},][^{CONTROLS},]*$"),
        })
    }
}

impl Schema for Tags {
    fn schema(schemas: &mut Schemas) -> Value {
        json!({
            "type": "array",
            "items": Tag::schema(schemas),
            "maxItems": Self::MAX_COUNT,
            "uniqueItems": true,
        })
    }
}

impl Schema for CustomFields {
    fn schema(_: &mut Schemas) -> Value {
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

impl Schema for Uuid {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "format": "uuid", "pattern": format!("^{ID}$") })
    }
}

macro_rules! ids {
    ($($name:ident),* $(,)?) => {
        $(
            impl Text for $name {}

            impl Schema for $name {
                fn schema(schemas: &mut Schemas) -> Value {
                    Uuid::schema(schemas)
                }
            }
        )*
    };
}

ids! {
    WorkspaceId, ConversationId, MessageId, CustomerId, UserId, InboxId, KeyId, HistoryId,
    AuditId, EventId, WebhookId, WebhookDeliveryId,
}

impl Text for EventCursor {}

impl Schema for EventCursor {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "pattern": format!("^{}$", Self::PATTERN) })
    }
}

impl Text for Timestamp {}

impl Schema for Timestamp {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Text for RateLimit {}

impl Schema for RateLimit {
    fn schema(_: &mut Schemas) -> Value {
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

impl Schema for Cursor {
    fn schema(_: &mut Schemas) -> Value {
        let length = Self::CHARACTERS;
        json!({
            "type": "string",
            "minLength": length,
            "maxLength": length,
            "pattern": format!("^[A-Za-z0-9_-]{{{length}}}$"),
        })
    }
}
