//! Three-state fields: what an update says of a field, and what it does not.

use std::fmt::Display;
use std::str::FromStr;

use conversations_domain::Change;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::ApiError;
use crate::validation::parse;

/// What a body says of a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Patch<T> {
    /// Nothing: the field stays as it is.
    #[default]
    Absent,
    /// `null`: the field shall be empty.
    Null,
    /// The field shall be this.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether the body says nothing of the field.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl Patch<String> {
    /// The change of a field that cannot be empty.
    pub(crate) fn change<T: FromStr<Err: Display>>(
        &self,
        field: &str,
    ) -> Result<Change<T>, ApiError> {
        match self {
            Self::Absent => Ok(Change::Keep),
            Self::Null => Err(ApiError::field(field, CANNOT_BE_CLEARED)),
            Self::Value(text) => parse(field, text).map(Change::To),
        }
    }

    /// The change of a field that can.
    pub(crate) fn change_or_clear<T: FromStr<Err: Display>>(
        &self,
        field: &str,
    ) -> Result<Change<Option<T>>, ApiError> {
        match self {
            Self::Null => Ok(Change::To(None)),
            Self::Absent | Self::Value(_) => Ok(self.change(field)?.map(Some)),
        }
    }
}

/// What is wrong with `null` where something has to be.
pub(crate) const CANNOT_BE_CLEARED: &str = "cannot be cleared";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only a field that is there gets here; one that is not is the default.
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    /// `validator` notes the values of the fields that it refuses.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => serializer.serialize_some(value),
        }
    }
}
