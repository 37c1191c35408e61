//! Schemas: JSON Schema (2020-12) of what travels. What a value may be is in [`super::values`].

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Value, json};

use super::clients::{drop_checks, set_default};

/// The schemas that have a name, which others refer to.
#[derive(Debug, Default)]
pub(crate) struct Schemas(BTreeMap<String, Value>);

/// What has a schema: the value of a field or of a parameter.
pub(crate) trait Schema {
    /// The schema, or a reference to it.
    fn schema(schemas: &mut Schemas) -> Value;
}

/// What travels as text, of which the domain's own `parse` is the rule.
pub(crate) trait Text: Schema + FromStr<Err: Display> {}

/// A JSON object with a name, field by field.
pub(crate) trait ObjectSchema {
    /// What the description and the clients made from it call it.
    const NAME: &'static str;
    /// What it is, in a sentence.
    const TEXT: &'static str;
    /// Whether callers send it: then it has no other fields. What they are shown may get more.
    const IS_SENT: bool;

    /// Lists its fields in their order.
    fn fields(fields: &mut Fields<'_>);
}

/// The fields of a [`ObjectSchema`].
pub(crate) struct Fields<'a> {
    schemas: &'a mut Schemas,
    properties: serde_json::Map<String, Value>,
    order: Vec<String>,
    required: Vec<String>,
    changes: bool,
    is_sent: bool,
}

impl Schemas {
    /// Refers to the schema with this name, which is created at the first reference.
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
    pub(crate) fn has<T: Schema>(&mut self, name: impl Into<String>, text: &str) -> &mut Self {
        let name = name.into();
        self.required.push(name.clone());
        self.may_have::<T>(name, text)
    }

    /// A field that may be left out.
    pub(crate) fn may_have<T: Schema>(&mut self, name: impl Into<String>, text: &str) -> &mut Self {
        let name = name.into();
        let mut schema = T::schema(self.schemas);
        if !self.is_sent {
            drop_checks(&mut schema);
        }
        schema["description"] = json!(text);
        self.order.push(name.clone());
        self.properties.insert(name, schema);
        self
    }

    /// A field that may be left out, and is this then.
    pub(crate) fn has_by_default<T: Schema>(
        &mut self,
        name: impl Into<String>,
        default: impl serde::Serialize,
        text: &str,
    ) -> &mut Self {
        let name = name.into();
        self.may_have::<T>(name.clone(), text);
        set_default(&mut self.properties[&name], &json!(default));
        self
    }

    /// Of the fields so far this one alone is sure to be there.
    pub(crate) fn only_sure_of(&mut self, name: &'static str) {
        self.required = vec![name.to_owned()];
    }

    /// At least one of the fields has to be there.
    pub(crate) fn at_least_one(&mut self) {
        self.changes = true;
    }
}

impl<T: ObjectSchema> Schema for T {
    fn schema(schemas: &mut Schemas) -> Value {
        schemas.named(T::NAME, object_schema::<T>)
    }
}

/// The schema of an object.
pub(crate) fn object_schema<T: ObjectSchema>(schemas: &mut Schemas) -> Value {
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

/// The name of a field on the wire: camelCase, and the names that Rust does not allow or that
/// would mislead there.
pub(crate) fn wire_name(field: &str) -> String {
    match field {
        "id" => return "_id".to_owned(),
        "kind" => return "type".to_owned(),
        // The own id has an underscore.
        "foreign_id" => return "id".to_owned(),
        _ => {}
    }
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

impl<T: Schema> Schema for Option<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = T::schema(schemas);
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

impl<T: Schema> Schema for Vec<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "type": "array", "items": T::schema(schemas) })
    }
}

impl Schema for String {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string" })
    }
}

impl Schema for bool {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "boolean" })
    }
}

impl Schema for u64 {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}
