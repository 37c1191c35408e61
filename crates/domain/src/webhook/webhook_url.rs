//! The URL of a webhook. It is parsed by the library that the sender of deliveries uses, and kept as that
//! library writes it, so that what is shown is what is called.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use url::Url;

use crate::text::text_serde;

/// Where a webhook's deliveries are sent: an absolute `http` or `https` URL of at most 2,048 characters,
/// without user information and without a fragment, in its normal form: the host in lower case and in
/// ASCII, no default port, no `..` in the path. Which hosts and schemes a server sends to is for its operator
/// to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

/// Why a text is not the URL of a webhook. The message completes "this field …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlError {
    /// Not an absolute URL with a host.
    #[error("must be an absolute URL, such as https://example.com/hooks")]
    Invalid,
    /// Longer than it may be, as it was given or in its normal form.
    #[error("must be at most {max} characters long", max = WebhookUrl::MAX_LENGTH)]
    TooLong,
    /// Neither `http` nor `https`.
    #[error("must begin with https://")]
    Scheme,
    /// A user name or a password, which logs and replies would show.
    #[error("must not contain a user name or a password: use headers")]
    UserInfo,
    /// A fragment, which is never sent.
    #[error("must not contain a fragment")]
    Fragment,
}

impl WebhookUrl {
    /// The most characters that it may have.
    pub const MAX_LENGTH: usize = 2_048;

    /// Reads a URL that comes from outside.
    ///
    /// # Errors
    /// When it is not a URL that a webhook may have.
    pub fn parse(text: &str) -> Result<Self, WebhookUrlError> {
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(WebhookUrlError::TooLong);
        }
        // The library drops white space and control characters, and reads `\` as `/`.
        let is_repaired = |character: char| {
            character.is_whitespace() || character.is_control() || character == '\\'
        };
        if text.contains(is_repaired) {
            return Err(WebhookUrlError::Invalid);
        }
        let url = Url::parse(text).map_err(|_| WebhookUrlError::Invalid)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(WebhookUrlError::Scheme);
        }
        // It also accepts any number of slashes before the host, and schemes in upper case.
        let rest = text.strip_prefix(url.scheme()).ok_or(WebhookUrlError::Scheme)?;
        let authority = rest.strip_prefix("://").ok_or(WebhookUrlError::Invalid)?;
        if authority.starts_with('/') {
            return Err(WebhookUrlError::Invalid);
        }
        if !url.has_host() {
            return Err(WebhookUrlError::Invalid);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebhookUrlError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(WebhookUrlError::Fragment);
        }
        if url.as_str().len() > Self::MAX_LENGTH {
            return Err(WebhookUrlError::TooLong);
        }
        Ok(Self(url.into()))
    }

    /// The URL in its normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Display for WebhookUrl {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

text_serde!(WebhookUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_kept_in_its_normal_form() {
        for (text, kept) in [
            ("https://example.com", "https://example.com/"),
            ("https://EXAMPLE.com:8443/a?b=c%20d", "https://example.com:8443/a?b=c%20d"),
            ("https://example.com:443/A", "https://example.com/A"),
            ("http://127.0.0.1:80/", "http://127.0.0.1/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
            ("https://example.com/a/../b/./c", "https://example.com/b/c"),
            ("https://example.com./", "https://example.com./"),
        ] {
            let url = WebhookUrl::parse(text).expect(text);
            assert_eq!(url.as_str(), kept);
            assert_eq!(WebhookUrl::parse(kept), Ok(url));
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_url() {
        let long = format!("https://example.com/{}", "a".repeat(WebhookUrl::MAX_LENGTH));
        let longer = format!("https://example.com/{}", "ü".repeat(WebhookUrl::MAX_LENGTH / 2));
        for (text, error) in [
            ("", WebhookUrlError::Invalid),
            ("example.com", WebhookUrlError::Invalid),
            ("/hooks", WebhookUrlError::Invalid),
            ("https://", WebhookUrlError::Invalid),
            (" https://example.com", WebhookUrlError::Invalid),
            ("https://exam\tple.com", WebhookUrlError::Invalid),
            ("https:///example.com/", WebhookUrlError::Invalid),
            ("https:example.com", WebhookUrlError::Invalid),
            ("https:/example.com", WebhookUrlError::Invalid),
            ("https:\\\\example.com", WebhookUrlError::Invalid),
            ("https://example.com\\hooks", WebhookUrlError::Invalid),
            ("https://example.com/a\\b", WebhookUrlError::Invalid),
            ("HTTPS://example.com", WebhookUrlError::Scheme),
            ("ftp://example.com", WebhookUrlError::Scheme),
            ("mailto:a@example.com", WebhookUrlError::Scheme),
            ("https://user@example.com", WebhookUrlError::UserInfo),
            ("https://:secret@example.com", WebhookUrlError::UserInfo),
            ("https://example.com/#a", WebhookUrlError::Fragment),
            (long.as_str(), WebhookUrlError::TooLong),
            (longer.as_str(), WebhookUrlError::TooLong),
        ] {
            assert_eq!(WebhookUrl::parse(text), Err(error), "{text}");
        }
    }
}
