//! Cross-origin requests: which pages of other origins may read what the API answers to a browser
//! (the Fetch standard, section 3.2). None may, unless the operator names its origin.
//!
//! It is part of the boundary, and no middleware of its own, because a page has to be able to read
//! the refusals too that are made there: a header says when a client may try again.

use std::str::FromStr;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::auth::X_API_KEY;
use crate::events::stream::LAST_EVENT_ID;
use crate::idempotency::{IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED};
use crate::limits::{X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING, X_RATELIMIT_RESET};
use crate::request_id::X_REQUEST_ID;

/// The methods that a page may use.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");

/// The headers that a page may send, beside those that any may.
const SENT: [HeaderName; 8] = [
    header::AUTHORIZATION,
    X_API_KEY,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    IDEMPOTENCY_KEY,
    LAST_EVENT_ID,
    X_REQUEST_ID,
];

/// The headers of answers that a page may read, beside those that any may.
const READ: [HeaderName; 11] = [
    header::ALLOW,
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    IDEMPOTENT_REPLAYED,
    X_RATELIMIT_LIMIT,
    X_RATELIMIT_REMAINING,
    X_RATELIMIT_RESET,
    X_REQUEST_ID,
];

/// How many seconds a browser may remember what it was allowed: as many as the most patient keeps it.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// An origin, as browsers write it: `https://desk.example.com` or `http://localhost:5173`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Text that is no origin as a browser writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// All origins at once, or one that has none.
    #[error("name each origin, such as https://desk.example.com; * and null are not supported")]
    Unnamed,
    /// The browser leaves the port out.
    #[error("omit the default port of an origin, 80 for http and 443 for https")]
    UsualPort,
    /// Anything else.
    #[error(
        "an origin is a scheme, a host and optionally a port, in lower case, without a path, such \
         as https://desk.example.com or http://localhost:5173"
    )]
    Malformed,
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        if text == "*" || text == "null" {
            return Err(InvalidOrigin::Unnamed);
        }
        let (scheme, authority) = text.split_once("://").ok_or(InvalidOrigin::Malformed)?;
        // The colons in brackets belong to an address of IPv6.
        let colon = authority.rfind(':').filter(|&at| !authority[at..].contains(']'));
        let (host, port) = match colon {
            Some(at) => (&authority[..at], Some(&authority[at + 1..])),
            None => (authority, None),
        };
        if !is_scheme(scheme) || !is_host(host) || !port.is_none_or(is_port) {
            return Err(InvalidOrigin::Malformed);
        }
        if matches!((scheme, port), ("http", Some("80")) | ("https", Some("443"))) {
            return Err(InvalidOrigin::UsualPort);
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| InvalidOrigin::Malformed)
    }
}

fn is_scheme(text: &str) -> bool {
    let inner =
        |each: u8| each.is_ascii_lowercase() || each.is_ascii_digit() || b"+-.".contains(&each);
    text.starts_with(|each: char| each.is_ascii_lowercase()) && text.bytes().all(inner)
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let written = address.parse().map(|address: std::net::Ipv6Addr| address.to_string());
        return written.is_ok_and(|written| written == address);
    }
    let plain =
        |each: u8| each.is_ascii_lowercase() || each.is_ascii_digit() || b"-._".contains(&each);
    !text.is_empty() && text.bytes().all(plain)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0 && port.to_string() == text)
}

/// The origins whose pages may use the API.
#[derive(Debug, Clone, Default)]
pub struct Cors(Arc<[HeaderValue]>);

impl FromIterator<Origin> for Cors {
    fn from_iter<I: IntoIterator<Item = Origin>>(origins: I) -> Self {
        Self(origins.into_iter().map(|Origin(origin)| origin).collect())
    }
}

impl Cors {
    /// What the answer to a request has to say; `None` where no origin was named, and then answers
    /// are what they always were.
    pub(crate) fn of(&self, method: &Method, headers: &HeaderMap) -> Option<CorsRequest> {
        if self.0.is_empty() {
            return None;
        }
        let mut given = headers.get_all(header::ORIGIN);
        let origin = match (given.next(), given.next()) {
            (Some(origin), None) => Some(origin),
            _ => None,
        };
        let preflight = method == Method::OPTIONS
            && origin.is_some()
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let allowed = origin.filter(|origin| self.0.contains(origin)).cloned();
        Some(CorsRequest { allowed, preflight })
    }
}

/// A request where pages of other origins are let in.
pub(crate) struct CorsRequest {
    /// The origin of the page, if it is one that may.
    allowed: Option<HeaderValue>,
    /// Whether the browser asks what it may send, before it sends anything. It asks without a key,
    /// so that it is answered before anybody looks for one; other origins are allowed nothing.
    pub(crate) preflight: bool,
}

impl CorsRequest {
    /// Tells the browser.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self { allowed, preflight } = self;
        // Whatever keeps an answer must not give it to a page of another origin.
        headers.append(header::VARY, header::ORIGIN.into());
        if preflight {
            headers.append(header::VARY, header::ACCESS_CONTROL_REQUEST_METHOD.into());
            headers.append(header::VARY, header::ACCESS_CONTROL_REQUEST_HEADERS.into());
        }
        let Some(origin) = allowed else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, list(&SENT));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        } else {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, list(&READ));
        }
    }
}

fn list(names: &[HeaderName]) -> HeaderValue {
    let names = names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(names).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_origins_as_browsers_send_them() {
        for text in [
            "https://desk.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:8080",
            "https://[::1]:8443",
            "http://[::1]",
            "https://xn--mnchen-3ya.example",
            "https://example.com:80",
            "chrome-extension://abcdefgh",
        ] {
            assert!(text.parse::<Origin>().is_ok_and(|Origin(value)| value == text), "{text}");
        }
    }

    #[test]
    fn refuses_what_no_browser_sends_as_an_origin() {
        for (text, expected) in [
            ("*", InvalidOrigin::Unnamed),
            ("null", InvalidOrigin::Unnamed),
            ("http://example.com:80", InvalidOrigin::UsualPort),
            ("https://example.com:443", InvalidOrigin::UsualPort),
            ("", InvalidOrigin::Malformed),
            ("example.com", InvalidOrigin::Malformed),
            ("https://", InvalidOrigin::Malformed),
            ("https://Example.com", InvalidOrigin::Malformed),
            ("HTTPS://example.com", InvalidOrigin::Malformed),
            ("https://example.com/", InvalidOrigin::Malformed),
            ("https://example.com/desk", InvalidOrigin::Malformed),
            ("https://user@example.com", InvalidOrigin::Malformed),
            ("https://*.example.com", InvalidOrigin::Malformed),
            ("https://münchen.example", InvalidOrigin::Malformed),
            ("https://example.com:", InvalidOrigin::Malformed),
            ("https://example.com:0", InvalidOrigin::Malformed),
            ("https://example.com:08", InvalidOrigin::Malformed),
            ("https://example.com:65536", InvalidOrigin::Malformed),
            ("https://[::1", InvalidOrigin::Malformed),
            ("https://[0:0::1]", InvalidOrigin::Malformed),
            ("https://a b", InvalidOrigin::Malformed),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(expected), "{text}");
        }
    }
}
