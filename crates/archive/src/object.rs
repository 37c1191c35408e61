//! How an object of the format is declared: each of its fields stands once, and is written, read and
//! described from there.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use serde_json::{Map, Value, json};

use crate::field::Field;

/// The first field of every line: its kind.
pub(crate) const TYPE: &str = "type";

/// An object with fixed fields.
pub(crate) trait Object: Sized {
    /// Reads the fields. Each must be given once, unless it may be null; unknown ones must begin with an
    /// `x`.
    fn read_fields<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;

    /// Its JSON Schema.
    fn object_schema() -> Value;
}

/// Declares an object. With a kind it is a line, whose first field is its type.
macro_rules! object {
    (
        $(#[doc = $about:literal])+
        $name:ident $(as $kind:literal)? {
            $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $key:literal,)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;

                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry($crate::object::TYPE, $kind)?;)?
                $(map.serialize_entry($key, &self.$field)?;)+
                map.end()
            }
        }

        impl $crate::object::Object for $name {
            fn read_fields<'de, A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
                use serde::de::Error;

                $(let mut $field: Option<$type> = None;)+
                while let Some($crate::object::Key(key)) = map.next_key()? {
                    match &*key {
                        // The line was found by it.
                        $($crate::object::TYPE if $crate::object::is_type(&mut map, $kind)? => {})?
                        $($key if $field.is_none() => {
                            $field = Some($crate::object::value(&mut map, $key)?);
                        })+
                        $($key)|+ => return Err(Error::custom(format_args!("{key}: must be given once"))),
                        other => $crate::object::skip(&mut map, other)?,
                    }
                }
                Ok(Self {
                    $($field: $field
                        .or_else(<$type as $crate::field::Field>::absent)
                        .ok_or_else(|| Error::custom(concat!($key, ": is missing")))?,)+
                })
            }

            fn object_schema() -> serde_json::Value {
                let mut fields = $crate::object::ObjectSchema::new(concat!($($about),+));
                $(fields.add_type($kind);)?
                $(fields.add::<$type>($key, concat!($($doc),+));)+
                fields.build()
            }
        }

        impl $crate::field::Field for $name {
            const IS_OBJECT: bool = true;

            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map($crate::object::ObjectVisitor::<Self>::default())
            }

            fn rule() -> String {
                "must be an object".to_owned()
            }

            fn schema() -> serde_json::Value {
                <Self as $crate::object::Object>::object_schema()
            }
        }
    };
}

pub(crate) use object;

/// The name of a field.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// Reads an object.
pub(crate) struct ObjectVisitor<T>(PhantomData<T>);

impl<T> Default for ObjectVisitor<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read_fields(map)
    }
}

/// Reads the value of a field. What is wrong is told by the rule, without the content.
pub(crate) fn value<'de, A: MapAccess<'de>, T: Field>(
    map: &mut A,
    name: &'static str,
) -> Result<T, A::Error> {
    struct FieldSeed<T>(PhantomData<T>);

    impl<'de, T: Field> DeserializeSeed<'de> for FieldSeed<T> {
        type Value = T;

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
            T::read(deserializer)
        }
    }

    map.next_value_seed(FieldSeed(PhantomData)).map_err(|error| {
        if T::IS_OBJECT {
            A::Error::custom(format_args!("{name}.{}", without_position(&error.to_string())))
        } else {
            A::Error::custom(format_args!("{name}: {}", T::rule()))
        }
    })
}

/// Whether the type is that of the line.
pub(crate) fn is_type<'de, A: MapAccess<'de>>(map: &mut A, kind: &str) -> Result<bool, A::Error> {
    let Key(given) = map.next_value()?;
    if given == kind { Ok(true) } else { Err(A::Error::custom("type: must be given once")) }
}

/// Skips a field that this version does not know.
pub(crate) fn skip<'de, A: MapAccess<'de>>(map: &mut A, name: &str) -> Result<(), A::Error> {
    if !name.starts_with('x') {
        let name: String = name.chars().filter(|each| !each.is_control()).take(50).collect();
        return Err(A::Error::custom(format_args!("{name}: is not a field of this record")));
    }
    map.next_value::<IgnoredAny>().map(drop)
}

/// What is wrong, without the position that `serde_json` adds to it.
pub(crate) fn without_position(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(text, _)| text)
}

/// The schema of an object, field by field.
pub(crate) struct ObjectSchema {
    about: &'static str,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl ObjectSchema {
    pub(crate) fn new(about: &'static str) -> Self {
        Self { about, properties: Map::new(), required: Vec::new() }
    }

    /// The type of a line.
    pub(crate) fn add_type(&mut self, kind: &'static str) {
        self.properties.insert(TYPE.to_owned(), json!({ "const": kind }));
        self.required.push(TYPE);
    }

    pub(crate) fn add<T: Field>(&mut self, name: &'static str, about: &'static str) {
        let mut schema = T::schema();
        if let Value::Object(parts) = &mut schema {
            parts.insert("description".to_owned(), about.trim().into());
        }
        self.properties.insert(name.to_owned(), schema);
        if T::absent().is_none() {
            self.required.push(name);
        }
    }

    pub(crate) fn build(self) -> Value {
        let Self { about, properties, required } = self;
        json!({
            "description": about.trim(),
            "type": "object",
            "properties": properties,
            "required": required,
            "patternProperties": { "^x": true },
            "additionalProperties": false,
        })
    }
}
