//! Strict JSON: what serde would let pass in silence (a key twice, an array for an object) is an
//! error here, and every error names its place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use crate::error::ApiError;

/// Reads a body: a JSON object, and in it nothing but what `T` knows.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let object = parse(bytes)?;
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = match error.path().to_string() {
            root if root == "." => "body".to_owned(),
            path => path,
        };
        ApiError::field(path, describe(&error.into_inner().to_string()))
    })
}

/// Reads a JSON object in which no key comes twice, at any depth.
fn parse(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let notes = RefCell::new(Notes::default());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node { path: Path::Root, notes: &notes }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));

    let Notes { repeated, out_of_range } = notes.into_inner();
    match (value, repeated, out_of_range) {
        (Err(_), _, Some(path)) => {
            Err(ApiError::field(path, "must be a number that fits into 64 bits"))
        }
        (Err(_), _, None) if bytes.is_empty() => Err(malformed("The body is empty.")),
        (Err(error), _, None) => Err(malformed(format!("The body is not JSON: {error}."))),
        (Ok(Value::Object(_)), Some(path), _) => Err(ApiError::field(path, "must come only once")),
        (Ok(Value::Object(object)), None, _) => Ok(object),
        (Ok(_), _, _) => Err(malformed("The body must be a JSON object.")),
    }
}

fn malformed(why: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::BadRequest(why.into())
}

/// What is wrong with JSON that is well formed: the first place of each kind.
#[derive(Default)]
struct Notes {
    /// A key that came before. Reading goes on, because a syntax error further down counts more.
    repeated: Option<String>,
    /// A number that was too large. Reading ended there.
    out_of_range: Option<String>,
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
    notes: &'a RefCell<Notes>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Self { path, notes } = self;
        deserializer.deserialize_any(Node { path, notes }).inspect_err(|error| {
            // serde_json tells this apart from a syntax error by its text alone.
            if error.to_string().starts_with("number out of range") {
                notes.borrow_mut().out_of_range.get_or_insert_with(|| path.to_string());
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
        while let Some(value) = items.next_element_seed(Node {
            path: Path::Index(&self.path, values.len()),
            notes: self.notes,
        })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = Path::Key(&self.path, &key);
            if object.contains_key(&key) {
                self.notes.borrow_mut().repeated.get_or_insert_with(|| path.to_string());
            }
            let value = entries.next_value_seed(Node { path, notes: self.notes })?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// Says in our words what serde says in its own.
fn describe(text: &str) -> String {
    let expected = text.split_once(", expected ").map(|(_, expected)| match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        other => other,
    });
    match expected {
        Some(known) if text.starts_with("unknown field") => {
            format!("is not a known field; expected {}", known.replace('`', ""))
        }
        None if text.starts_with("unknown field") => "is not a known field".to_owned(),
        Some(kind) if text.starts_with("invalid type") => format!("must be {kind}"),
        _ => text.to_owned(),
    }
}

/// Reads a field that holds an object or `null`, for `#[serde(deserialize_with)]`.
///
/// What serde derives for a struct also takes an array, by the order of the fields; nobody means
/// that.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct ObjectOrNull<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOrNull<T> {
        type Value = Option<T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Self::Value, D::Error> {
            some.deserialize_map(self)
        }

        fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(entries)).map(Some)
        }
    }

    deserializer.deserialize_option(ObjectOrNull(PhantomData))
}
