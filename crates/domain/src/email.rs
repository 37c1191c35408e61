//! An e-mail address, by which people are recognised within a workspace.

use crate::TextError;
use crate::text::{self, fold, text_serde};

/// An e-mail address of up to 254 characters (RFC 5321, section 4.5.3.1.3, less the brackets),
/// trimmed, kept as it was written. Whether it is the same as another is a matter of
/// [`Email::folded`].
///
/// Only the shape that every address has is checked, `local@domain` without white space: whether
/// an address exists is for a mail server to say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// What any text may be refused for.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Not of the form `local@domain`.
    #[error("must be an e-mail address")]
    Malformed,
}

impl Email {
    /// The most characters an address may have.
    pub const MAX_LENGTH: usize = 254;

    /// Reads an address from text that comes from outside.
    ///
    /// # Errors
    /// When it is too long or not of the form `local@domain`.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text::accept(text, true, 1, Self::MAX_LENGTH)?;
        let well_formed = text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if well_formed && !text.contains(char::is_whitespace) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailError::Malformed)
        }
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address without regard to case: what uniqueness and look-ups compare.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl std::str::FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

text_serde!(Email);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_checked_and_the_spelling_kept() {
        for text in ["Ada@Example.org", "ü@例え.jp", "a+b@localhost", "\"a@b\"@c.d"] {
            assert_eq!(Email::parse(text).map(|email| email.0), Ok(text.to_owned()));
        }
        for text in ["", "ada", "@example.org", "ada@", "a b@example.org", "a\u{0}@b"] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn case_does_not_tell_two_addresses_apart() {
        assert_eq!(
            Email::parse("ADA@EXAMPLE.ORG").map(|email| email.folded()),
            Email::parse("ada@example.org").map(|email| email.folded())
        );
    }
}
