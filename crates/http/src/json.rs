//! Strict JSON: input that serde accepts silently (duplicate keys, an array for an object) is an
//! error here, and every error names its path.
//!
//! A body is read in two steps. The text becomes a tree, in which no key comes twice; then
//! [`fields`](self::fields) makes a `T` of the tree, and notes everything that does not fit.

mod fields;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use crate::details::{Details, MAX_PROBLEMS, MORE_PROBLEMS};
use crate::error::ApiError;
use fields::FieldDeserializer;

/// Reads a body: a JSON object, and in it nothing but what `T` knows. What is wrong with it is noted,
/// and stands for nothing in the `T`, so that the rest can still be looked at.
///
/// # Errors
/// When it is no JSON object, or has a number that nothing can hold, after which nothing can be read.
pub(crate) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    problems: &mut Details,
) -> Result<Option<T>, ApiError> {
    let found = Problems::default();
    let object = parse(bytes, &found)?;
    let value = T::deserialize(FieldDeserializer::root(Value::Object(object), &found))
        .map_err(|unreadable| unreadable.noted(Path::Root, &found))
        .ok();
    problems.extend(found.into_details());
    Ok(value)
}

/// Reads a JSON object, and notes keys that come twice, at any depth.
fn parse(bytes: &[u8], problems: &Problems) -> Result<Map<String, Value>, ApiError> {
    let out_of_range = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node { path: Path::Root, problems, out_of_range: &out_of_range }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));

    match (value, out_of_range.into_inner()) {
        (Ok(Value::Object(object)), _) => Ok(object),
        (Ok(_), _) => Err(malformed("The body must be a JSON object.")),
        (Err(_), Some(path)) => {
            Err(ApiError::field(path, "must be a number that fits into 64 bits"))
        }
        (Err(_), None) if bytes.is_empty() => Err(malformed("The body is empty.")),
        (Err(error), None) => Err(malformed(format!("The body is not JSON: {error}."))),
    }
}

fn malformed(why: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::BadRequest(why.into())
}

/// What is wrong with a body, up to a number of problems.
#[derive(Default)]
struct Problems(RefCell<(Details, usize)>);

impl Problems {
    fn note(&self, path: Path<'_>, problem: impl Into<String>) {
        let (details, count) = &mut *self.0.borrow_mut();
        *count += 1;
        match *count {
            ..=MAX_PROBLEMS => details.note(path.to_string(), problem),
            count if count == MAX_PROBLEMS + 1 => {
                details.note("body", MORE_PROBLEMS);
            }
            _ => {}
        }
    }

    fn into_details(self) -> Details {
        self.0.into_inner().0
    }
}

/// A place in a document, as a list that lives on the stack.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("body"),
            Self::Key(Self::Root, key) => formatter.write_str(key),
            Self::Key(parent, key) => write!(formatter, "{parent}.{key}"),
            Self::Index(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

/// Reads the value at a place.
struct Node<'a> {
    path: Path<'a>,
    problems: &'a Problems,
    /// Where a number was too large. Reading ends there.
    out_of_range: &'a RefCell<Option<String>>,
}

impl Node<'_> {
    /// The value at a place in this one.
    fn inside<'b>(&'b self, path: Path<'b>) -> Node<'b> {
        Node { path, problems: self.problems, out_of_range: self.out_of_range }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Self { path, out_of_range, .. } = self;
        deserializer.deserialize_any(self).inspect_err(|error| {
            // serde_json tells this apart from a syntax error by its text alone.
            if error.to_string().starts_with("number out of range") {
                out_of_range.borrow_mut().get_or_insert_with(|| path.to_string());
            }
        })
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            items.next_element_seed(self.inside(Path::Index(&self.path, values.len())))?
        {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = Path::Key(&self.path, &key);
            if object.contains_key(&key) {
                self.problems.note(path, "must be given only once");
            }
            let value = entries.next_value_seed(self.inside(path))?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
