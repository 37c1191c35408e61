//! Custom fields of customers: a map whose entries are checked one by one, and which an update merges.

use conversations_domain::{CustomFields, CustomFieldsChange, CustomFieldsEdit, CustomValue};
use serde_json::{Map, Value};
use validator::ValidationError;

use crate::error::ApiError;
use crate::patch::Patch;
use crate::validation::{inside, problem};

/// Refuses custom fields that the domain refuses, naming each.
pub(super) fn check_custom_fields(fields: &Map<String, Value>) -> Result<(), ValidationError> {
    check_all(fields, |name, value| read_custom_field(name, value).map(Some))
}

/// Refuses changes of custom fields that the domain refuses; `null` stands for no fields.
pub(super) fn check_changed_custom_fields(
    patch: &Patch<Map<String, Value>>,
) -> Result<(), ValidationError> {
    patch.value().map_or(Ok(()), |fields| check_all(fields, read_changed_custom_field))
}

fn check_all(
    fields: &Map<String, Value>,
    read: fn(&str, &Value) -> Result<Option<CustomValue>, String>,
) -> Result<(), ValidationError> {
    // Those that go make room, and there may be any number of them.
    let staying = fields.iter().filter(|(_, value)| !value.is_null());
    if staying.clone().count() > CustomFields::MAX_COUNT {
        let Err(error) = CustomFields::new(staying.map(blank)) else { return Ok(()) };
        return Err(problem(error.to_string()));
    }
    let wrong = |(name, value): (&String, &Value)| {
        read(name, value).err().map(|error| (format!(".{name}"), error))
    };
    let problems: Vec<_> = fields.iter().filter_map(wrong).collect();
    if problems.is_empty() { Ok(()) } else { Err(inside(problems)) }
}

fn blank((name, _): (&String, &Value)) -> (String, CustomValue) {
    (name.clone(), CustomValue::Flag(false))
}

/// Reads what becomes of a custom field: `null` takes it away.
fn read_changed_custom_field(name: &str, value: &Value) -> Result<Option<CustomValue>, String> {
    if value.is_null() {
        return CustomFields::check_name(name).map(|()| None).map_err(|error| error.to_string());
    }
    read_custom_field(name, value).map(Some)
}

fn read_custom_field(name: &str, value: &Value) -> Result<CustomValue, String> {
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

/// Reads custom fields.
pub(super) fn read_custom_fields(fields: Map<String, Value>) -> Result<CustomFields, ApiError> {
    let fields = read_all(fields, read_custom_field)?;
    CustomFields::new(fields).map_err(|error| ApiError::field("customFields", error.to_string()))
}

/// Reads the change of custom fields: those that are not named stay.
pub(super) fn read_changed_custom_fields(
    patch: Patch<Map<String, Value>>,
) -> Result<CustomFieldsChange, ApiError> {
    match patch {
        Patch::Absent => Ok(CustomFieldsChange::Keep),
        Patch::Null => Ok(CustomFieldsChange::To(CustomFields::default())),
        Patch::Value(fields) => {
            let fields = read_all(fields, read_changed_custom_field)?;
            Ok(CustomFieldsChange::Edit(CustomFieldsEdit::new(fields)))
        }
    }
}

fn read_all<T>(
    fields: Map<String, Value>,
    read: fn(&str, &Value) -> Result<T, String>,
) -> Result<Vec<(String, T)>, ApiError> {
    let fields = fields.into_iter().map(|(name, value)| {
        let value = read(&name, &value)
            .map_err(|error| ApiError::field(format!("customFields.{name}"), error))?;
        Ok((name, value))
    });
    fields.collect()
}
