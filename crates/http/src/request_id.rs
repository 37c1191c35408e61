//! The id of a request, used by callers, logs and the audit.

use actix_web::http::header::{HeaderMap, HeaderName};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) const MAX_LENGTH: usize = 128;

/// The id of a request, among its extensions.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The id that the caller chose: one header of 1 to 128 visible ASCII characters. Anything else
    /// does not count, because it goes into logs and headers as it is.
    pub(crate) fn of_caller(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(X_REQUEST_ID);
        let (Some(id), None) = (given.next(), given.next()) else { return None };
        let visible = id.as_bytes().iter().all(u8::is_ascii_graphic);
        let id = id.to_str().ok().filter(|id| visible && (1..=MAX_LENGTH).contains(&id.len()))?;
        Some(Self(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn read(ids: &[&[u8]]) -> Option<String> {
        let mut request = TestRequest::default();
        for &id in ids {
            let value = actix_web::http::header::HeaderValue::from_bytes(id).expect("a value");
            request = request.append_header((X_REQUEST_ID, value));
        }
        RequestId::of_caller(request.to_http_request().headers()).map(|id| id.0)
    }

    #[test]
    fn visible_ascii_is_kept() {
        let longest = "~".repeat(MAX_LENGTH);

        for id in ["!", "a-b_c:1/2", longest.as_str()] {
            assert_eq!(read(&[id.as_bytes()]), Some(id.to_owned()));
        }
    }

    #[test]
    fn anything_else_does_not_count() {
        let too_long = vec![b'a'; MAX_LENGTH + 1];

        for id in [b"".as_slice(), b"a b", b"a\tb", "ü".as_bytes(), &too_long] {
            assert_eq!(read(&[id]), None, "{id:?}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[b"a", b"a"]), None);
    }
}
