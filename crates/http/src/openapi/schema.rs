//! Schemas: JSON Schema (2020-12) of what travels, with the bounds that the domain's own types have.

use std::collections::BTreeMap;

use conversations_application::Cursor;
use conversations_application::ports::ConversationOrder;
use conversations_application::search::SearchQuery;
use conversations_domain::{
    AuditAction, AuditId, AuthorKind, Channel, ConversationId, CustomFields, CustomerId,
    CustomerStatus, Email, Field, FieldValue, HistoryId, InboxId, KeyId, MessageBody, MessageId,
    Name, Permission, Priority, ProfileText, RateLimit, RatePeriod, Reason, Role, SearchText,
    Source, Status, Subject, Tag, Tags, Tier, Timestamp, UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clients::{drop_checks, set_default};
use crate::disclosure::Disclosed;

/// The control characters that no text may hold, for a class of a pattern.
pub(super) const CONTROLS: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f";
/// The white space of Unicode that is not among them.
pub(super) const BLANKS: &str =
    r"\t\n\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// An id in its one spelling.
pub(crate) const ID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// The schemas that have a name, which others refer to.
#[derive(Debug, Default)]
pub(crate) struct Schemas(BTreeMap<String, Value>);

/// What has a schema: the value of a field or of a parameter.
pub(crate) trait Kind {
    /// The schema, or a reference to it.
    fn kind(schemas: &mut Schemas) -> Value;
}

/// A JSON object with a name, field by field.
pub(crate) trait Shape {
    /// What the description and the clients made from it call it.
    const NAME: &'static str;
    /// What it is, in a sentence.
    const TEXT: &'static str;
    /// Whether callers send it: then it has no other fields. What they are shown may get more.
    const IS_SENT: bool;

    /// Lists its fields in their order.
    fn fields(fields: &mut Fields<'_>);
}

/// The fields of a [`Shape`].
pub(crate) struct Fields<'a> {
    schemas: &'a mut Schemas,
    properties: serde_json::Map<String, Value>,
    order: Vec<&'static str>,
    required: Vec<&'static str>,
    changes: bool,
    is_sent: bool,
}

impl Schemas {
    /// Refers to the schema with this name, which is made when nobody referred to it before.
    pub(crate) fn named(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            let schema = make(self);
            self.0.insert(name.to_owned(), schema);
        }
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    /// All of them, by their names.
    pub(crate) fn into_value(self) -> Value {
        json!(self.0)
    }
}

impl Fields<'_> {
    /// A field that is always there.
    pub(crate) fn has<T: Kind>(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.required.push(name);
        self.may_have::<T>(name, text)
    }

    /// A field that may be left out.
    pub(crate) fn may_have<T: Kind>(&mut self, name: &'static str, text: &str) -> &mut Self {
        let mut schema = T::kind(self.schemas);
        if !self.is_sent {
            drop_checks(&mut schema);
        }
        schema["description"] = json!(text);
        self.order.push(name);
        self.properties.insert(name.to_owned(), schema);
        self
    }

    /// A field that may be left out, and is this then.
    pub(crate) fn has_by_default<T: Kind>(
        &mut self,
        name: &'static str,
        default: impl serde::Serialize,
        text: &str,
    ) -> &mut Self {
        self.may_have::<T>(name, text);
        set_default(&mut self.properties[name], &json!(default));
        self
    }

    /// Of the fields so far this one alone is sure to be there.
    pub(crate) fn only_sure_of(&mut self, name: &'static str) {
        self.required = vec![name];
    }

    /// At least one of the fields has to be there.
    pub(crate) fn at_least_one(&mut self) {
        self.changes = true;
    }
}

impl<T: Shape> Kind for T {
    fn kind(schemas: &mut Schemas) -> Value {
        schemas.named(T::NAME, shape::<T>)
    }
}

/// What a reply to a write shows is one object with the fields of the resource, of which only the id
/// is sure to be there. Clients that are made from the description make one class of it; of a choice
/// between two objects many make none.
impl<T: Shape> Kind for Disclosed<T> {
    fn kind(schemas: &mut Schemas) -> Value {
        schemas.named(&format!("Written{}", T::NAME), |schemas| {
            let mut schema = shape::<T>(schemas);
            schema["required"] = json!(["_id"]);
            schema["description"] = json!(format!(
                "{} In the reply to a write: the same to a key that may read it, else its id alone.",
                T::TEXT
            ));
            schema
        })
    }
}

/// The schema of an object.
fn shape<T: Shape>(schemas: &mut Schemas) -> Value {
    let mut fields = Fields {
        schemas,
        properties: serde_json::Map::new(),
        order: Vec::new(),
        required: Vec::new(),
        changes: false,
        is_sent: T::IS_SENT,
    };
    T::fields(&mut fields);
    let Fields { schemas: _, properties, order, required, changes, is_sent: _ } = fields;
    let mut schema = json!({
        "type": "object",
        "description": T::TEXT,
        "properties": properties,
        "x-order": order,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if T::IS_SENT {
        schema["additionalProperties"] = json!(false);
    }
    if changes {
        schema["minProperties"] = json!(1);
    }
    schema
}

impl<T: Kind> Kind for Option<T> {
    fn kind(schemas: &mut Schemas) -> Value {
        let mut schema = T::kind(schemas);
        if let Some(Value::Array(alternatives)) = schema.get_mut("oneOf") {
            alternatives.push(json!({ "type": "null" }));
            return schema;
        }
        match schema.get("type") {
            Some(Value::String(kind)) => {
                schema["type"] = json!([kind, "null"]);
                schema
            }
            _ => json!({ "anyOf": [schema, { "type": "null" }] }),
        }
    }
}

impl<T: Kind> Kind for Vec<T> {
    fn kind(schemas: &mut Schemas) -> Value {
        json!({ "type": "array", "items": T::kind(schemas) })
    }
}

/// Permissions as they are sent: at least one, each once.
pub(crate) struct Grants;

impl Kind for Grants {
    fn kind(schemas: &mut Schemas) -> Value {
        let mut schema = Vec::<Permission>::kind(schemas);
        schema["minItems"] = json!(1);
        schema["uniqueItems"] = json!(true);
        schema
    }
}

/// Declares the schemas of closed vocabularies, which have names.
macro_rules! vocabularies {
    ($($name:ident: $text:literal),* $(,)?) => {
        $(
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
    CustomerStatus: "Whether a customer is still one.",
    Role: "What a user is in the workspace.",
    AuthorKind: "Who writes a message.",
    Permission: "What a key may do. Neither reading nor writing implies the other; the reply to a \
        write shows what was written to a key that may read it, and else its `_id`.",
    AuditAction: "What the audit records.",
    Field: "A field of a conversation whose changes are kept.",
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
            impl Kind for $name {
                fn kind(_: &mut Schemas) -> Value {
                    text(Self::MIN_LENGTH, Self::MAX_LENGTH, Self::IS_TRIMMED)
                }
            }
        )*
    };
}

texts! { Subject, Name, ProfileText, SearchText, Reason }

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

/// Text of a profile in a request, where blank text stands for none.
pub(crate) struct ProfileEntry;

impl Kind for ProfileEntry {
    fn kind(_: &mut Schemas) -> Value {
        text(0, ProfileText::MAX_LENGTH, true)
    }
}

impl Kind for SearchQuery {
    fn kind(_: &mut Schemas) -> Value {
        text(SearchText::MIN_LENGTH, Self::MAX_LENGTH, true)
    }
}

impl Kind for Email {
    fn kind(_: &mut Schemas) -> Value {
        let part = format!("{CONTROLS}{BLANKS}");
        json!({
            "type": "string",
            "minLength": 3,
            "maxLength": Self::MAX_LENGTH,
            "pattern": format!("^[^{part}]+@[^{part}@]+$"),
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

macro_rules! ids {
    ($($name:ident),* $(,)?) => {
        $(
            impl Kind for $name {
                fn kind(_: &mut Schemas) -> Value {
                    json!({ "type": "string", "format": "uuid", "pattern": format!("^{ID}$") })
                }
            }
        )*
    };
}

ids! {
    Uuid, ConversationId, MessageId, CustomerId, UserId, InboxId, KeyId, HistoryId, AuditId,
}

impl Kind for Timestamp {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

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

impl Kind for String {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for bool {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "boolean" })
    }
}

impl Kind for u64 {
    fn kind(_: &mut Schemas) -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}
