//! A field of a request, as it was read.

use conversations_domain::Change;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use validator::{ValidationError, ValidationErrors};

use super::BodyValue;
use crate::error::ApiError;
use crate::schema::Fields;
use crate::validation::misfit;

const NOTHING_TO_CHANGE: &str = "must have at least one field to change";

/// A field of a request: its value, or its problems. So parsing continues after a wrong field, and
/// validation reports all problems.
#[derive(Debug)]
pub(crate) enum Field<T> {
    /// What it holds.
    Value(T),
    /// What is wrong with it.
    Wrong(ValidationError),
}

/// A field of an update.
pub(crate) type Patch<T> = Field<Change<T>>;

/// A body that [`request_body!`](super::request_body) declares.
pub(crate) trait RequestBody {
    /// Whether it would change nothing, as a body of an update.
    fn asks_for_nothing(&self) -> bool;
}

/// Refuses an update that would change nothing: that is a mistake of its sender.
pub(crate) fn changes_something(body: &impl RequestBody) -> Result<(), ValidationError> {
    if body.asks_for_nothing() { Err(misfit("body", NOTHING_TO_CHANGE)) } else { Ok(()) }
}

impl<T: BodyValue> Field<T> {
    /// The value, where nothing is wrong with it.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Wrong(_) => None,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// When it is wrong, of which validation has told the caller before: then this is a defect.
    pub(crate) fn take(self) -> Result<T, ApiError> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Wrong(error) => Err(ApiError::Internal(Box::new(error))),
        }
    }

    /// Whether an update with nothing but this would change nothing.
    pub(crate) fn asks_for_nothing(&self) -> bool {
        self.value().is_some_and(T::asks_for_nothing)
    }

    /// Adds what is wrong with it, or inside it.
    pub(crate) fn validate(&self, name: &'static str, errors: &mut ValidationErrors) {
        match self {
            Self::Value(value) => {
                errors.merge_self(name, value.validate());
            }
            Self::Wrong(error) => errors.add(name, error.clone()),
        }
    }

    /// Adds its schema.
    pub(crate) fn describe(
        fields: &mut Fields<'_>,
        name: String,
        text: &str,
        default: Option<Value>,
    ) {
        match default {
            Some(default) => fields.has_by_default::<T>(name, default, text),
            None if T::IS_REQUIRED => fields.has::<T>(name, text),
            None => fields.may_have::<T>(name, text),
        };
    }
}

/// A field that is not there.
impl<T: BodyValue> Default for Field<T> {
    fn default() -> Self {
        T::absent().into()
    }
}

impl<T> From<Result<T, ValidationError>> for Field<T> {
    fn from(read: Result<T, ValidationError>) -> Self {
        read.map_or_else(Self::Wrong, Self::Value)
    }
}

impl<'de, T: BodyValue> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only a field that is there gets here; one that is not is the default.
        let json = Option::<T::Json>::deserialize(deserializer)?;
        Ok(json.map_or_else(T::null, T::read).into())
    }
}
