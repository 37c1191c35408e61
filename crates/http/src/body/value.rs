//! What the field of a body may hold, and how that is read.

use conversations_domain::Change;
use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::{ValidationError, ValidationErrors};

use crate::schema::{Schema, Schemas, Text};
use crate::validation::problem;

const CANNOT_BE_CLEARED: &str = "cannot be cleared";

/// What a field of a request may hold: a type of the domain, or a body inside the body.
pub(crate) trait BodyValue: Schema + Sized {
    /// What JSON has in its place.
    type Json: DeserializeOwned;

    /// Whether a body has to have it.
    const IS_REQUIRED: bool = true;

    /// The value, or what is wrong with it.
    fn read(json: Self::Json) -> Result<Self, ValidationError>;

    /// What stands for a field that is not there.
    fn absent() -> Result<Self, ValidationError> {
        Err(problem("is required"))
    }

    /// What stands for `null`: for what can be left out that is the same.
    fn null() -> Result<Self, ValidationError> {
        Self::absent()
    }

    /// What is wrong inside it, which has fields of its own.
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }

    /// Whether an update with nothing but this would change nothing.
    fn asks_for_nothing(&self) -> bool {
        false
    }
}

/// The domain's own `parse` is the rule.
impl<T: Text> BodyValue for T {
    type Json = String;

    fn read(text: String) -> Result<Self, ValidationError> {
        text.parse().map_err(|error: T::Err| problem(error.to_string()))
    }
}

impl BodyValue for bool {
    type Json = Self;

    fn read(flag: Self) -> Result<Self, ValidationError> {
        Ok(flag)
    }
}

/// What may be left out.
impl<T: BodyValue> BodyValue for Option<T> {
    type Json = T::Json;
    const IS_REQUIRED: bool = false;

    fn read(json: T::Json) -> Result<Self, ValidationError> {
        T::read(json).map(Some)
    }

    fn absent() -> Result<Self, ValidationError> {
        Ok(None)
    }

    fn validate(&self) -> Result<(), ValidationErrors> {
        self.as_ref().map_or(Ok(()), T::validate)
    }
}

/// What an update leaves as it is when it is left out. `null` clears what can be empty.
impl<T: BodyValue> BodyValue for Change<T> {
    type Json = T::Json;
    const IS_REQUIRED: bool = false;

    fn read(json: T::Json) -> Result<Self, ValidationError> {
        T::read(json).map(Self::To)
    }

    fn absent() -> Result<Self, ValidationError> {
        Ok(Self::Keep)
    }

    fn null() -> Result<Self, ValidationError> {
        T::null().map(Self::To).map_err(|_| problem(CANNOT_BE_CLEARED))
    }

    fn validate(&self) -> Result<(), ValidationErrors> {
        self.new_value().map_or(Ok(()), T::validate)
    }

    fn asks_for_nothing(&self) -> bool {
        self.new_value().is_none_or(T::asks_for_nothing)
    }
}

impl<T: Schema> Schema for Change<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        T::schema(schemas)
    }
}
