//! Values of several types: those of custom fields, and those before and after a change.

use std::fmt;

use conversations_domain::{CustomFields, CustomValue, FieldValue};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use crate::field::Field;
use crate::object::{Key, Object};
use crate::records::ExternalIdRecord;

impl Field for CustomFields {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CustomFieldsVisitor)
    }

    fn rule() -> String {
        let (count, name, text) = (Self::MAX_COUNT, Self::MAX_NAME_LENGTH, Self::MAX_TEXT_LENGTH);
        format!(
            "must be at most {count} texts of up to {text} characters, numbers and booleans by \
             different names of up to {name} characters"
        )
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "maxProperties": Self::MAX_COUNT,
            "propertyNames": { "minLength": 1, "maxLength": Self::MAX_NAME_LENGTH },
            "additionalProperties": {
                "type": ["string", "number", "boolean"],
                "maxLength": Self::MAX_TEXT_LENGTH,
            },
        })
    }
}

struct CustomFieldsVisitor;

impl<'de> Visitor<'de> for CustomFieldsVisitor {
    type Value = CustomFields;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CustomFields, A::Error> {
        let mut fields: Vec<(String, CustomValue)> = Vec::new();
        while let Some(Key(name)) = map.next_key()? {
            let Scalar(value) = map.next_value()?;
            CustomFields::check(&name, &value).map_err(A::Error::custom)?;
            // Before there are many of them to compare with.
            if fields.len() == CustomFields::MAX_COUNT || fields.iter().any(|(n, _)| *n == name) {
                return Err(A::Error::custom("too many, or one twice"));
            }
            fields.push((name.into_owned(), value));
        }
        CustomFields::new(fields).map_err(A::Error::custom)
    }
}

/// The value of a custom field.
struct Scalar(CustomValue);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor).map(Self)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = CustomValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number or a boolean")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<CustomValue, E> {
        Ok(CustomValue::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<CustomValue, E> {
        Ok(CustomValue::Integer(number))
    }

    // Those beyond are no values of custom fields.
    fn visit_u64<E: Error>(self, number: u64) -> Result<CustomValue, E> {
        i64::try_from(number).map(CustomValue::Integer).map_err(E::custom)
    }

    fn visit_f64<E>(self, number: f64) -> Result<CustomValue, E> {
        Ok(CustomValue::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<CustomValue, E> {
        Ok(CustomValue::Text(text.to_owned()))
    }
}

impl Field for FieldValue {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChangedVisitor)
    }

    fn rule() -> String {
        "must be text without NUL, a list of such, or an id in another system".to_owned()
    }

    fn schema() -> Value {
        json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
            ExternalIdRecord::schema(),
        ] })
    }
}

struct ChangedVisitor;

impl<'de> Visitor<'de> for ChangedVisitor {
    type Value = FieldValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a list of texts or an id")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<FieldValue, E> {
        if text.contains('\0') { Err(E::custom("NUL")) } else { Ok(text.into()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FieldValue, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element::<String>()? {
            if word.contains('\0') {
                return Err(A::Error::custom("NUL"));
            }
            words.push(word);
        }
        Ok(FieldValue::List(words))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldValue, A::Error> {
        Ok(FieldValue::External(ExternalIdRecord::read_fields(map)?.into()))
    }
}
