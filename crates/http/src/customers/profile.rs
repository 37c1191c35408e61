//! What holds for the profile of a customer, new or changed.

use conversations_application::{Conflict, Error};
use conversations_domain::{ProfileText, TextError};
use validator::ValidationError;

use crate::error::ApiError;
use crate::validation::parses;

/// Refuses text that the domain refuses, unless it is blank.
pub(super) fn parses_unless_blank(text: &str) -> Result<(), ValidationError> {
    if is_blank(text) { Ok(()) } else { parses::<ProfileText>(text) }
}

/// Forms send fields that were left empty; nothing is known then.
pub(super) fn is_blank(text: &str) -> bool {
    ProfileText::parse(text) == Err(TextError::Empty)
}

/// What a write answers that failed: the address that is taken is the profile's.
pub(super) fn refused(error: Error) -> ApiError {
    match error {
        Error::Conflict(Conflict::EmailTaken) => ApiError::conflict("profile.email", "is taken"),
        other => other.into(),
    }
}
