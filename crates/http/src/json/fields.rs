//! Deserializes a `T` from a JSON tree, and continues after a mismatch: serde itself stops there,
//! and a caller would see one problem at a time.
//!
//! The expected type of a field follows from what serde asks for. On a mismatch the problem is
//! noted, and the field gets a meaningless value of its type.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

use super::{Path, Problems};

/// Stands for a text that is none: no rule lets it pass, and it is not blank either.
const NO_TEXT: &str = "\0";

/// A value at a place in a body.
pub(super) struct FieldDeserializer<'a> {
    value: Value,
    path: Path<'a>,
    problems: &'a Problems,
}

/// A value cannot be read at all; what is wrong with it, unless that is noted.
#[derive(Debug)]
pub(super) struct Unreadable(Option<String>);

impl<'a> FieldDeserializer<'a> {
    /// A whole body.
    pub(super) fn root(value: Value, problems: &'a Problems) -> Self {
        Self { value, path: Path::Root, problems }
    }

    /// The entries of an object, of which only some may be there; none if it is no object.
    fn into_entries(self, known: Option<&'static [&'static str]>) -> Entries<'a> {
        let Self { value, path, problems } = self;
        let object = if let Value::Object(object) = value {
            object
        } else {
            problems.note(path, "must be an object");
            Map::new()
        };
        Entries { rest: object.into_iter(), value: None, known, path, problems }
    }
}

impl<'de> Deserializer<'de> for FieldDeserializer<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Self { value, path, problems } = self;
        let read = match value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => number.deserialize_any(visitor).map_err(de::Error::custom),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => {
                visitor.visit_seq(Items { rest: items.into_iter(), next: 0, path, problems })
            }
            object @ Value::Object(_) => visitor
                .visit_map(FieldDeserializer { value: object, path, problems }.into_entries(None)),
        };
        read.map_err(|unreadable| unreadable.noted(path, problems))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.problems.note(self.path, "must be a boolean");
        }
        visitor.visit_bool(flag.unwrap_or_default())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Value::String(text) = self.value else {
            self.problems.note(self.path, "must be a string");
            return visitor.visit_str(NO_TEXT);
        };
        visitor.visit_string(text)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_string(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Self { value, path, problems } = self;
        let items = if let Value::Array(items) = value {
            items
        } else {
            problems.note(path, "must be a list");
            Vec::new()
        };
        visitor.visit_seq(Items { rest: items.into_iter(), next: 0, path, problems })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_map(self.into_entries(None))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_map(self.into_entries(Some(fields)))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// The items of a list.
struct Items<'a> {
    rest: std::vec::IntoIter<Value>,
    next: usize,
    path: Path<'a>,
    problems: &'a Problems,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        let Some(value) = self.rest.next() else { return Ok(None) };
        let path = Path::Index(&self.path, self.next);
        self.next += 1;
        seed.deserialize(FieldDeserializer { value, path, problems: self.problems }).map(Some)
    }
}

/// The entries of an object.
struct Entries<'a> {
    rest: map::IntoIter,
    /// The entry whose name was read.
    value: Option<(String, Value)>,
    /// The names that there may be, if not any.
    known: Option<&'static [&'static str]>,
    path: Path<'a>,
    problems: &'a Problems,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        for (name, value) in self.rest.by_ref() {
            if let Some(known) = self.known.filter(|known| !known.contains(&&*name)) {
                self.problems.note(Path::Key(&self.path, &name), unknown(known));
                continue;
            }
            let key: StrDeserializer<'_, Unreadable> = name.as_str().into_deserializer();
            let key = seed.deserialize(key)?;
            self.value = Some((name, value));
            return Ok(Some(key));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Unreadable> {
        let (name, value) = self.value.take().unwrap_or_default();
        let path = Path::Key(&self.path, &name);
        seed.deserialize(FieldDeserializer { value, path, problems: self.problems })
    }
}

/// What is wrong with a field that is none of these.
fn unknown(known: &[&str]) -> String {
    match known {
        [] => "is not a known field".to_owned(),
        [one] => format!("is not a known field; expected {one}"),
        [one, other] => format!("is not a known field; expected {one} or {other}"),
        all => format!("is not a known field; expected one of {}", all.join(", ")),
    }
}

impl Unreadable {
    /// The same, noted at its place.
    pub(super) fn noted(self, path: Path<'_>, problems: &Problems) -> Self {
        if let Self(Some(why)) = self {
            problems.note(path, why);
        }
        Self(None)
    }
}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(Some(why.to_string()))
    }
}

impl std::error::Error for Unreadable {}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_deref().unwrap_or("does not fit"))
    }
}
