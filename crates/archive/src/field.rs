//! The types of fields: how each is read, what has to hold of it, and its schema.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use conversations_domain::{
    AuditAction, AuditId, AuthorKind, Channel, ConversationId, CustomerId, CustomerStatus, Email,
    EmailError, ExternalSource, ForeignId, HistoryId, InboxId, InvalidId, KeyId, MessageBody,
    MessageId, Name, Priority, ProfileText, Reason, Role, Source, Status, Subject, Tag, Tags, Tier,
    Timestamp, UserId, Version,
};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

/// The type of a field.
pub(crate) trait Field: Sized + Serialize {
    /// Whether it has fields of its own.
    const IS_OBJECT: bool = false;

    /// Reads a value.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// What a field means that is not given, if it may be left out: a later version may add such fields.
    fn absent() -> Option<Self> {
        None
    }

    /// What has to hold of a value, as the end of a sentence.
    fn rule() -> String;

    /// The JSON Schema of a value.
    fn schema() -> Value;
}

impl<T: Field> Field for Option<T> {
    const IS_OBJECT: bool = T::IS_OBJECT;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OptionVisitor<T>(PhantomData<T>);

        impl<'de, T: Field> Visitor<'de> for OptionVisitor<T> {
            type Value = Option<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value or null")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
                T::read(inner).map(Some)
            }
        }

        deserializer.deserialize_option(OptionVisitor(PhantomData))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn rule() -> String {
        format!("{}, or null", T::rule())
    }

    fn schema() -> Value {
        json!({ "anyOf": [T::schema(), { "type": "null" }] })
    }
}

/// Reads a value from its text.
struct FromText<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Fields that are read from their text.
macro_rules! texts {
    ($($type:ty: $rule:expr, $schema:tt;)+) => {
        $(impl Field for $type {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(FromText(PhantomData))
            }

            fn rule() -> String {
                $rule
            }

            fn schema() -> Value {
                json!($schema)
            }
        })+
    };
}

macro_rules! ids {
    ($($type:ty),+ $(,)?) => {
        texts! { $($type: "must be a UUID in lower case".to_owned(), {
            "type": "string",
            "format": "uuid",
        };)+ }
    };
}

macro_rules! bounded {
    ($($type:ty),+ $(,)?) => {
        texts! { $($type: format!(
            "must be text of {} to {} characters without those that such a text may not have",
            <$type>::MIN_LENGTH,
            <$type>::MAX_LENGTH,
        ), {
            "type": "string",
            "minLength": (<$type>::MIN_LENGTH),
            "maxLength": (<$type>::MAX_LENGTH),
        };)+ }
    };
}

macro_rules! words {
    ($($type:ty),+ $(,)?) => {
        texts! { $($type: format!(
            "must be one of {}",
            <$type>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", ")
        ), {
            "type": "string",
            "enum": (<$type>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()),
        };)+ }
    };
}

ids!(AuditId, ConversationId, CustomerId, HistoryId, InboxId, KeyId, MessageId, UserId);
texts! { ExternalSource: format!(
    "must be 1 to {} lower-case letters (a-z), digits, dots, underscores and hyphens",
    ExternalSource::MAX_LENGTH,
), {
    "type": "string",
    "pattern": "^[a-z0-9._-]+$",
    "maxLength": (ExternalSource::MAX_LENGTH),
}; }
bounded!(ForeignId, MessageBody, Name, ProfileText, Reason, Subject);
words!(
    AuditAction,
    AuthorKind,
    Channel,
    conversations_domain::Field,
    CustomerStatus,
    Priority,
    Role,
    Source,
    Status,
    Tier,
);
texts! {
    AnyId: "must be a UUID in lower case".to_owned(), { "type": "string", "format": "uuid" };
    Timestamp: "must be a time in RFC 3339, such as 2026-11-22T15:04:05.123Z".to_owned(), {
        "type": "string",
        "format": "date-time",
    };
    Address: "must be an e-mail address".to_owned(), { "type": "string" };
    PlainText: "must be text without NUL".to_owned(), { "type": "string" };
    Digest: "must be a SHA-256: 64 digits from 0 to f".to_owned(), {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
    };
}

/// The id of whatever it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyId(pub Uuid);

impl FromStr for AnyId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // All ids have one spelling.
        AuditId::parse(text).map(|id| Self(id.as_uuid()))
    }
}

impl Serialize for AnyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// An e-mail address as it is stored, also by a version that let more pass than today's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub Email);

impl FromStr for Address {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        if text.contains('\0') {
            Err(EmailError::Malformed)
        } else {
            Email::restore(text).map(Self)
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Text that the service has written itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainText(pub String);

impl FromStr for PlainText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // PostgreSQL cannot store it.
        if text.contains('\0') { Err("NUL") } else { Ok(Self(text.to_owned())) }
    }
}

impl Serialize for PlainText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.as_bytes();
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err("not a digit"),
        };
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return Err("not 64 digits");
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A whole number that every reader of JSON keeps exactly: up to 2⁵³ − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Number(pub u64);

impl Number {
    /// The largest one.
    pub const MAX: u64 = (1 << 53) - 1;
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl From<Version> for Number {
    fn from(version: Version) -> Self {
        Self(version.number())
    }
}

impl From<Number> for Version {
    fn from(Number(number): Number) -> Self {
        Self::new(number)
    }
}

impl Field for Number {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        if number <= Self::MAX { Ok(Self(number)) } else { Err(D::Error::custom("too large")) }
    }

    fn rule() -> String {
        "must be a whole number from 0 to 2^53 - 1".to_owned()
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": Self::MAX })
    }
}

impl Field for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    fn rule() -> String {
        "must be true or false".to_owned()
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl Field for Tags {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    fn rule() -> String {
        let (count, length) = (Self::MAX_COUNT, Tag::MAX_LENGTH);
        format!(
            "must be a list of at most {count} different texts of 1 to {length} characters without \
             commas"
        )
    }

    fn schema() -> Value {
        json!({
            "type": "array",
            "maxItems": Self::MAX_COUNT,
            "uniqueItems": true,
            "items": { "type": "string", "minLength": 1, "maxLength": Tag::MAX_LENGTH },
        })
    }
}
