//! Three-state fields: what an update says of a field, and what it does not.

use std::fmt::Display;
use std::str::FromStr;

use conversations_domain::Change;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use validator::{Validate, ValidationError, ValidationErrors};

use crate::error::ApiError;
use crate::validation::{parse, parses, problem};

/// What a body says of a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Patch<T> {
    /// Nothing: the field stays as it is.
    #[default]
    Absent,
    /// `null`: the field is to be empty.
    Null,
    /// The field is to be this.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether the body says nothing of the field.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// What the body says that the field is to be.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// The change of a field that cannot be empty, with the value as it is read.
    pub(crate) fn read<U>(
        self,
        field: &str,
        read: impl FnOnce(T) -> Result<U, ApiError>,
    ) -> Result<Change<U>, ApiError> {
        match self {
            Self::Absent => Ok(Change::Keep),
            Self::Null => Err(ApiError::field(field, CANNOT_BE_CLEARED)),
            Self::Value(value) => read(value).map(Change::To),
        }
    }
}

impl Patch<String> {
    /// The change of a field that cannot be empty.
    pub(crate) fn change<T: FromStr<Err: Display>>(
        self,
        field: &str,
    ) -> Result<Change<T>, ApiError> {
        self.read(field, |text| parse(field, &text))
    }

    /// The change of a field that can.
    pub(crate) fn change_or_clear<T: FromStr<Err: Display>>(
        self,
        field: &str,
    ) -> Result<Change<Option<T>>, ApiError> {
        match self {
            Self::Null => Ok(Change::To(None)),
            Self::Absent | Self::Value(_) => Ok(self.change(field)?.map(Some)),
        }
    }
}

/// What is wrong with `null` where something has to be.
const CANNOT_BE_CLEARED: &str = "cannot be cleared";

/// Refuses what [`Patch::change`] refuses.
pub(crate) fn changes<T: FromStr<Err: Display>>(
    patch: &Patch<String>,
) -> Result<(), ValidationError> {
    stays(patch)?;
    changes_or_clears::<T>(patch)
}

/// Refuses what [`Patch::change_or_clear`] refuses.
pub(crate) fn changes_or_clears<T: FromStr<Err: Display>>(
    patch: &Patch<String>,
) -> Result<(), ValidationError> {
    patch.value().map_or(Ok(()), |text| parses::<T>(text))
}

/// Refuses `null` for a field that cannot be empty.
pub(crate) fn stays<T>(patch: &Patch<T>) -> Result<(), ValidationError> {
    match patch {
        Patch::Null => Err(problem(CANNOT_BE_CLEARED)),
        Patch::Absent | Patch::Value(_) => Ok(()),
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only a field that is there gets here; one that is not is the default.
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: Validate> Validate for Patch<T> {
    /// Refuses a value that is wrong. Whether `null` is, each field says for itself.
    fn validate(&self) -> Result<(), ValidationErrors> {
        self.value().map_or(Ok(()), Validate::validate)
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
