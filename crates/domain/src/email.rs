//! An e-mail address, which identifies a person within a workspace.

mod spelling;

use crate::TextError;
use crate::text::{self, fold, text_serde};

/// An e-mail address of up to 254 characters (RFC 5321, section 4.5.3.1.3, less the brackets),
/// without the invisible characters of pasted text, in composed form (NFC), otherwise as it was
/// written. Whether it is the same as another is a matter of [`Email::case_folded`].
///
/// Undeliverable text is refused: more than one address, an address in brackets or with a scheme,
/// an invalid domain name. Only the shape of the local part is checked: the rest is up to its mail
/// server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// Why a text is not an e-mail address. The message completes "this field …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// What any text may be refused for.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A control character, of those that other texts may hold.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A link instead of an address.
    #[error("must be only the address, without `mailto:`")]
    Scheme,
    /// The form of headers, perhaps with a name before it.
    #[error("must be only the address, without `<` and `>`")]
    Brackets,
    /// A comma or a semicolon, which stand between addresses.
    #[error("must be one address, without a comma or semicolon")]
    Several,
    /// White space within.
    #[error("must not contain white space")]
    WhiteSpace,
    /// Not of the form `local@domain`.
    #[error("must be an e-mail address, such as ada@example.com")]
    Malformed,
    /// More than one `@`.
    #[error("must contain exactly one `@`")]
    ManyAts,
    /// A dot at the end.
    #[error("must not end with a dot")]
    TrailingDot,
    /// What follows the `@` cannot be the name of a host (UTS 46).
    #[error("must have a domain name after the `@`, such as example.com")]
    Domain,
}

impl Email {
    /// The most characters an address may have.
    pub const MAX_LENGTH: usize = 254;

    /// Reads an address from text that comes from outside.
    ///
    /// # Errors
    /// When it is too long, or is nothing that mail can be delivered to.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let visible = spelling::without_invisible(text);
        let composed = spelling::composed(visible.trim());
        // The text as it came, because trimming takes some control characters for white space.
        text::accept(&visible, true, 0, usize::MAX)?;
        let text = text::accept(&composed, true, 1, Self::MAX_LENGTH)?;
        check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Makes an address from what was stored, also by a version that let more pass than
    /// [`Email::parse`]: stored addresses stay readable.
    ///
    /// # Errors
    /// When it never was an address.
    pub fn restore(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = split(text).ok_or(EmailError::Malformed)?;
        if local.is_empty() || domain.is_empty() {
            return Err(EmailError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The canonical spelling of an address, which uniqueness and look-ups compare: the local part
    /// without regard to case and to how its letters are composed, the domain as IDNA compares it.
    #[must_use]
    pub fn case_folded(&self) -> String {
        let visible = spelling::without_invisible(&self.0);
        let Some((local, domain)) = split(&visible) else { return spelling::caseless(&visible) };
        // A joiner may stand beside other characters now.
        let mut folded = spelling::without_invisible(&spelling::caseless(local)).into_owned();
        folded.push('@');
        match spelling::ascii_domain(domain) {
            Some(ascii) => folded.push_str(&ascii),
            // An address literal, or what an older version stored.
            None => folded.push_str(&spelling::caseless(domain)),
        }
        folded
    }
}

/// Refuses undeliverable text, and says why.
fn check(text: &str) -> Result<(), EmailError> {
    if text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
        return Err(EmailError::Scheme);
    }
    let (local, domain) = split(text).ok_or(EmailError::Malformed)?;
    if !is_quoted(local) {
        check_plain(text, local)?;
    }
    if text.contains(char::is_whitespace) {
        return Err(EmailError::WhiteSpace);
    }
    if text.contains(char::is_control) {
        return Err(EmailError::ControlCharacter);
    }
    if local.is_empty() || domain.is_empty() {
        return Err(EmailError::Malformed);
    }
    if domain.ends_with(spelling::DOTS) {
        return Err(EmailError::TrailingDot);
    }
    if spelling::is_address_literal(domain) || spelling::ascii_domain(domain).is_some() {
        Ok(())
    } else {
        Err(EmailError::Domain)
    }
}

/// Refuses characters that an address without quotes cannot have.
fn check_plain(text: &str, local: &str) -> Result<(), EmailError> {
    if text.contains(['<', '>']) {
        Err(EmailError::Brackets)
    } else if text.contains([',', ';']) {
        Err(EmailError::Several)
    } else if local.contains('@') {
        Err(EmailError::ManyAts)
    } else {
        Ok(())
    }
}

/// The local part and the domain, at the last `@`.
fn split(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once('@')
}

/// Whether a local part is a quoted string, in which every character may stand.
fn is_quoted(local: &str) -> bool {
    local.len() >= 2 && local.starts_with('"') && local.ends_with('"')
}

impl std::str::FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

text_serde!(Email);

#[cfg(test)]
mod tests;
