//! Which bodies are read: uncompressed JSON in UTF-8.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::mime::{self, Mime};

/// Whether a request comes in a media type that its method may have.
pub(crate) fn is_acceptable(method: &Method, headers: &HeaderMap) -> bool {
    let must_be_json = match *method {
        Method::POST | Method::PUT | Method::PATCH => true,
        Method::DELETE => announces_body(headers),
        _ => false,
    };
    !must_be_json || (is_json(headers) && is_plain(headers))
}

/// Whether the head of a request says that a body follows.
pub(crate) fn announces_body(headers: &HeaderMap) -> bool {
    let none = |length: &HeaderValue| length.to_str().is_ok_and(|text| text.parse() == Ok(0_u64));
    headers.get(header::CONTENT_LENGTH).is_some_and(|length| !none(length))
        || headers.contains_key(header::TRANSFER_ENCODING)
}

/// `application/json`, with no parameter but a charset, and that UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE);
    let (Some(media_type), None) = (types.next(), types.next()) else { return false };
    let media_type = media_type.to_str().ok().and_then(|text| text.parse::<Mime>().ok());

    media_type.is_some_and(|media_type| {
        media_type.essence_str() == mime::APPLICATION_JSON.essence_str()
            && media_type
                .params()
                .all(|(name, value)| name == mime::CHARSET && is_utf_8(value.as_str()))
    })
}

/// `utf-8` is its name, and `UTF8` is how many spell it.
fn is_utf_8(charset: &str) -> bool {
    ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

/// Not compressed: a small body that unpacks to a large one would pass every limit.
fn is_plain(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::CONTENT_ENCODING)
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn accepts(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let request = TestRequest::default().method(method);
        let request =
            headers.iter().fold(request, |request, header| request.append_header(*header));
        let request = request.to_http_request();
        is_acceptable(request.method(), request.headers())
    }

    #[test]
    fn json_in_utf_8_it_is() {
        for right in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; charset=UTF8",
        ] {
            assert!(accepts(Method::POST, &[("content-type", right)]), "{right}");
        }
        for wrong in [
            "",
            "json",
            "text/plain",
            "application/jsonp",
            "application/problem+json",
            "application/json; charset=latin1",
            "application/json; charset=utf-16",
            "application/json; profile=x",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!accepts(Method::POST, &[("content-type", wrong)]), "{wrong}");
        }
    }

    #[test]
    fn one_media_type_and_no_compression() {
        let json = ("content-type", "application/json");

        assert!(!accepts(Method::PUT, &[]));
        assert!(!accepts(Method::PUT, &[json, json]));
        assert!(accepts(Method::PATCH, &[json, ("content-encoding", "Identity")]));
        assert!(!accepts(Method::PATCH, &[json, ("content-encoding", "gzip")]));
    }

    #[test]
    fn a_delete_may_go_without_a_body() {
        assert!(accepts(Method::GET, &[("content-type", "text/plain")]));
        assert!(accepts(Method::DELETE, &[]));
        assert!(accepts(Method::DELETE, &[("content-length", "0")]));
        assert!(!accepts(Method::DELETE, &[("content-length", "2")]));
        assert!(!accepts(Method::DELETE, &[("transfer-encoding", "chunked")]));
    }
}
