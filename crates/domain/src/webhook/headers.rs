//! Headers that the owner of a webhook adds to its deliveries, such as a credential of the receiver.

use std::fmt::{self, Debug, Formatter};

/// Up to 10 headers with different names, in the order in which they were given. Their values may be
/// credentials, so `Debug` shows the names alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct WebhookHeaders(Vec<(String, String)>);

/// Why a header was refused. The message completes "this field …", where the field is the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookHeadersError {
    /// More than allowed: this concerns all of them.
    #[error("must have at most {max} entries", max = WebhookHeaders::MAX_COUNT)]
    TooMany,
    /// A name that no header can have.
    #[error(
        "must have a name of 1 to {max} letters, digits and !#$%&'*+-.^_`|~",
        max = WebhookHeaders::MAX_NAME_LENGTH
    )]
    InvalidName,
    /// A header that deliveries have themselves, or that is for the connection.
    #[error("must not be set: deliveries or their connections set it themselves")]
    Reserved,
    /// A name that comes twice; case does not tell names apart.
    #[error("must not be given twice: upper and lower case are the same")]
    Repeated,
    /// A value that no header can have.
    #[error(
        "must be 1 to {max} visible ASCII characters, with blanks between",
        max = WebhookHeaders::MAX_VALUE_LENGTH
    )]
    InvalidValue,
}

/// Beginnings of names that belong to deliveries or to the connection.
const RESERVED_BEGINNINGS: [&str; 3] = ["webhook-", "content-", "proxy-"];

/// Names that belong to deliveries or to the connection.
const RESERVED: [&str; 9] = [
    "host",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
];

impl WebhookHeaders {
    /// The most headers.
    pub const MAX_COUNT: usize = 10;
    /// The most characters of a name.
    pub const MAX_NAME_LENGTH: usize = 100;
    /// The most characters of a value.
    pub const MAX_VALUE_LENGTH: usize = 1_000;

    /// Headers with these names and values.
    ///
    /// # Errors
    /// When there are too many, or one of them may not be sent: the first such problem.
    pub fn new(
        headers: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, WebhookHeadersError> {
        let mut all = Self::default();
        for (name, value) in headers {
            all.add(name, value)?;
        }
        Ok(all)
    }

    /// Adds a header.
    ///
    /// # Errors
    /// When it may not be sent, or there are as many as there may be.
    pub fn add(&mut self, name: String, value: String) -> Result<(), WebhookHeadersError> {
        if self.0.len() == Self::MAX_COUNT {
            return Err(WebhookHeadersError::TooMany);
        }
        check_name(&name)?;
        if self.names().any(|other| other.eq_ignore_ascii_case(&name)) {
            return Err(WebhookHeadersError::Repeated);
        }
        if !is_value(&value) {
            return Err(WebhookHeadersError::InvalidValue);
        }
        self.0.push((name, value));
        Ok(())
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The names and the values, which may be credentials.
    pub fn expose_values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Debug for WebhookHeaders {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

fn check_name(name: &str) -> Result<(), WebhookHeadersError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=WebhookHeaders::MAX_NAME_LENGTH).contains(&name.len()) || !name.bytes().all(is_token) {
        return Err(WebhookHeadersError::InvalidName);
    }
    let lower = name.to_ascii_lowercase();
    let is_reserved = RESERVED.contains(&lower.as_str())
        || RESERVED_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning));
    if is_reserved { Err(WebhookHeadersError::Reserved) } else { Ok(()) }
}

fn is_value(value: &str) -> bool {
    (1..=WebhookHeaders::MAX_VALUE_LENGTH).contains(&value.len())
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && value.trim().len() == value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Result<WebhookHeaders, WebhookHeadersError> {
        let pairs = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        WebhookHeaders::new(pairs)
    }

    #[test]
    fn keeps_names_and_values_in_their_order() {
        let pairs = [("X-Token", "a b"), ("Authorization", "Bearer c")];

        let headers = headers(&pairs).expect("valid headers");

        assert_eq!(headers.expose_values().collect::<Vec<_>>(), pairs);
        assert_eq!(format!("{headers:?}"), r#"{"X-Token", "Authorization"}"#);
    }

    #[test]
    fn deliveries_keep_their_own_headers() {
        for name in ["webhook-id", "Webhook-X", "HOST", "content-type", "Connection", "te"] {
            assert_eq!(headers(&[(name, "a")]), Err(WebhookHeadersError::Reserved), "{name}");
        }
        assert!(headers(&[("User-Agent", "a")]).is_ok(), "receivers may look at it");
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_refused() {
        for name in ["", "a b", "ä", "a:", "a\r\nb", &"a".repeat(101)] {
            assert_eq!(headers(&[(name, "a")]), Err(WebhookHeadersError::InvalidName), "{name:?}");
        }
        for value in ["", " a", "a ", "ä", "a\nb", "\u{7f}", "…", &"a".repeat(1_001)] {
            let refused = Err(WebhookHeadersError::InvalidValue);
            assert_eq!(headers(&[("a", value)]), refused, "{value:?}");
        }
        assert_eq!(headers(&[("a", "1"), ("A", "2")]), Err(WebhookHeadersError::Repeated));
        let names: Vec<_> = (0..11).map(|number| format!("x-{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "a")).collect();
        assert!(headers(&many[..10]).is_ok());
        assert_eq!(headers(&many), Err(WebhookHeadersError::TooMany));
    }
}
