//! Custom fields of customers: a map whose entries are checked one by one.

use conversations_domain::{CustomFields, CustomValue};
use serde_json::{Map, Value};
use validator::ValidationError;

use crate::error::ApiError;
use crate::patch::Patch;
use crate::validation::{inside, problem};

/// Refuses custom fields that the domain refuses, naming each.
pub(super) fn check_custom_fields(fields: &Map<String, Value>) -> Result<(), ValidationError> {
    if fields.len() > CustomFields::MAX_COUNT {
        let Err(error) = CustomFields::new(fields.iter().map(blank)) else { return Ok(()) };
        return Err(problem(error.to_string()));
    }
    let problems: Vec<_> = fields
        .iter()
        .filter_map(|(name, value)| {
            read_custom_field(name, value).err().map(|error| (format!(".{name}"), error))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(inside(problems)) }
}

/// Refuses changes of custom fields that the domain refuses; `null` stands for no fields.
pub(super) fn check_changed_custom_fields(
    patch: &Patch<Map<String, Value>>,
) -> Result<(), ValidationError> {
    patch.value().map_or(Ok(()), check_custom_fields)
}

fn blank((name, _): (&String, &Value)) -> (String, CustomValue) {
    (name.clone(), CustomValue::Flag(false))
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
    let fields = fields.into_iter().map(|(name, value)| {
        let value = read_custom_field(&name, &value)
            .map_err(|error| ApiError::field(format!("customFields.{name}"), error))?;
        Ok((name, value))
    });
    let fields = fields.collect::<Result<Vec<_>, ApiError>>()?;
    CustomFields::new(fields).map_err(|error| ApiError::field("customFields", error.to_string()))
}
