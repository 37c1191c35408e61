//! The texts of a profile in a request, and its errors: the same for new and for changed customers.

use conversations_application::{Conflict, Error};
use conversations_domain::{ProfileText, TextError};
use serde_json::Value;
use validator::ValidationError;

use crate::body::BodyValue;
use crate::error::ApiError;
use crate::schema::{Schema, Schemas, text};
use crate::validation::problem;

/// Text of a profile in a request. Blank text stands for none: forms send fields that were left empty.
#[derive(Debug)]
pub(super) struct ProfileEntry(Option<ProfileText>);

impl ProfileEntry {
    /// The text, if there is one.
    pub(super) fn into_text(self) -> Option<ProfileText> {
        self.0
    }

    /// Whether there is none.
    pub(super) fn is_blank(&self) -> bool {
        self.0.is_none()
    }
}

impl BodyValue for ProfileEntry {
    type Json = String;

    fn read(text: String) -> Result<Self, ValidationError> {
        match ProfileText::parse(&text) {
            Ok(text) => Ok(Self(Some(text))),
            Err(TextError::Empty) => Ok(Self(None)),
            Err(error) => Err(problem(error.to_string())),
        }
    }
}

impl Schema for ProfileEntry {
    fn schema(_: &mut Schemas) -> Value {
        text(0, ProfileText::MAX_LENGTH, true)
    }
}

/// The error of a failed write. An e-mail address that is taken is a problem of `profile.email`.
pub(super) fn refused(error: Error) -> ApiError {
    match error {
        Error::Conflict(Conflict::EmailTaken) => ApiError::conflict("profile.email", "is taken"),
        other => other.into(),
    }
}
