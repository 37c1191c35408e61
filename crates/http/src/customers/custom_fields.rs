//! Custom fields of customers: a map whose entries are checked one by one, and which an update merges.

use conversations_domain::{CustomFields, CustomFieldsChange, CustomFieldsEdit, CustomValue};
use serde_json::{Map, Value, json};
use validator::ValidationError;

use crate::body::BodyValue;
use crate::schema::{Schema, Schemas};
use crate::validation::{inside, problem};

impl BodyValue for CustomFields {
    type Json = Map<String, Value>;

    fn read(fields: Map<String, Value>) -> Result<Self, ValidationError> {
        let fields = read_all(fields, read_one)?;
        Self::new(fields).map_err(|error| problem(error.to_string()))
    }
}

/// Those that are not named stay; `null` stands for no fields.
impl BodyValue for CustomFieldsChange {
    type Json = Map<String, Value>;
    const IS_REQUIRED: bool = false;

    fn read(fields: Map<String, Value>) -> Result<Self, ValidationError> {
        Ok(Self::Edit(CustomFieldsEdit::new(read_all(fields, read_change)?)))
    }

    fn absent() -> Result<Self, ValidationError> {
        Ok(Self::Keep)
    }

    fn null() -> Result<Self, ValidationError> {
        Ok(Self::To(CustomFields::default()))
    }

    fn asks_for_nothing(&self) -> bool {
        match self {
            Self::Keep => true,
            Self::To(_) => false,
            Self::Edit(edit) => *edit == CustomFieldsEdit::default(),
        }
    }
}

impl Schema for CustomFieldsChange {
    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = Option::<CustomFields>::schema(schemas);
        schema["additionalProperties"]["type"] = json!(["string", "number", "boolean", "null"]);
        // Those that go make room for others.
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("maxProperties");
        }
        schema
    }
}

/// Reads all fields, or says what is wrong with each.
fn read_all<T>(
    fields: Map<String, Value>,
    read: fn(&str, &Value) -> Result<T, String>,
) -> Result<Vec<(String, T)>, ValidationError> {
    // Those that go make room, and there may be any number of them.
    let staying = fields.iter().filter(|(_, value)| !value.is_null());
    if staying.clone().count() > CustomFields::MAX_COUNT {
        let blank = |(name, _): (&String, &Value)| (name.clone(), CustomValue::Flag(false));
        if let Err(error) = CustomFields::new(staying.map(blank)) {
            return Err(problem(error.to_string()));
        }
    }
    let mut values = Vec::with_capacity(fields.len());
    let mut problems = Vec::new();
    for (name, value) in fields {
        match read(&name, &value) {
            Ok(value) => values.push((name, value)),
            Err(error) => problems.push((format!(".{name}"), error)),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(inside(problems)) }
}

/// Reads what becomes of a custom field: `null` takes it away.
fn read_change(name: &str, value: &Value) -> Result<Option<CustomValue>, String> {
    if value.is_null() {
        return CustomFields::check_name(name).map(|()| None).map_err(|error| error.to_string());
    }
    read_one(name, value).map(Some)
}

fn read_one(name: &str, value: &Value) -> Result<CustomValue, String> {
    let value = match value {
        Value::String(text) => CustomValue::Text(text.clone()),
        Value::Bool(flag) => CustomValue::Flag(*flag),
        Value::Number(number) => number
            .as_i64()
            .map(CustomValue::Integer)
            .or_else(|| number.as_f64().map(CustomValue::Float))
            .ok_or("must be a number")?,
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err("must be a string, a number or a boolean".to_owned());
        }
    };
    CustomFields::check(name, &value).map(|()| value).map_err(|error| error.to_string())
}
