//! Headers: who calls, under which conditions, from where.

use std::net::IpAddr;

use actix_web::ResponseError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use conversations_application::Precondition;

use crate::auth::{X_API_KEY, secret_in};
use crate::conditions::{self, EntityTag, EntityTagList};
use crate::idempotency::{IDEMPOTENCY_KEY, key_in};
use crate::limits::TrustedProxy;
use crate::limits::client::{X_FORWARDED_FOR, client_address, counted_address, is_trusted};
use crate::media_type;
use crate::request_id::{RequestId, X_REQUEST_ID};

/// From a head, `name: value` in each line, comes what one of its lines says and nothing else.
pub fn head(bytes: &[u8]) {
    let headers = headers_in(bytes);
    let said = |name: &HeaderName| headers.get_all(name).collect::<Vec<_>>();

    match secret_in(&headers) {
        Ok(secret) => {
            assert!(!secret.is_empty() && secret.trim_ascii() == secret, "{secret:?}");
            for (name, value) in [
                (header::AUTHORIZATION, format!("Bearer {secret}")),
                (X_API_KEY, secret.to_owned()),
            ] {
                assert_eq!(secret_in(&with(name, value.as_bytes())).ok(), Some(secret));
            }
        }
        Err(error) => assert_eq!(error.status_code(), StatusCode::UNAUTHORIZED),
    }
    match key_in(&headers) {
        Ok(None) => assert!(said(&IDEMPOTENCY_KEY).is_empty()),
        Ok(Some(key)) => {
            assert_eq!(said(&IDEMPOTENCY_KEY), [key]);
            assert!(is_visible(key, 255), "{key:?}");
        }
        Err(error) => assert_eq!(error.status_code(), StatusCode::BAD_REQUEST),
    }
    if let Some(RequestId(id)) = RequestId::of_caller(&headers) {
        assert_eq!(said(&X_REQUEST_ID), [&id]);
        assert!(is_visible(&id, 128), "{id:?}");
    }
    if media_type::is_acceptable(&Method::POST, &headers) {
        assert_eq!(said(&header::CONTENT_TYPE).len(), 1);
        assert!(media_type::is_acceptable(&Method::DELETE, &headers));
    }
    assert!(media_type::is_acceptable(&Method::GET, &headers));
}

/// What a condition lists is read again as it was understood.
pub fn conditions(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let parsed = conditions::parse(value.as_bytes());
    for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
        let checked = conditions::check(&with(name, value.as_bytes()));
        assert_eq!(checked.is_ok(), parsed.is_some());
    }
    let tags = match &parsed {
        None => return,
        Some(EntityTagList::Any) => return assert_eq!(bytes.trim_ascii(), b"*"),
        Some(EntityTagList::Tags(tags)) => tags,
    };
    let written: Vec<_> = tags.iter().map(written).collect();
    let accepted = conditions::parse(written.join(", ").as_bytes());
    assert_eq!(accepted, parsed);

    let Some(listed) = parsed.as_ref() else { return };
    assert!(tags.iter().all(|given| listed.has(&given.etag)));
    let strong: Vec<_> =
        tags.iter().filter(|given| !given.weak).map(|given| given.etag.clone()).collect();
    assert_eq!(accepted.map(EntityTagList::strong), Some(Precondition::State(strong)));
}

fn written(EntityTag { weak, etag }: &EntityTag) -> String {
    format!("{}\"{}\"", if *weak { "W/" } else { "" }, etag.as_str())
}

/// The first line are the trusted proxies, the second is the peer, and the others are what it
/// forwards: the client does not depend on anything that the client says.
pub fn forwarded(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let proxies = lines.next().unwrap_or_default().split(',').map(str::trim);
    let proxies: Vec<(_, TrustedProxy)> =
        proxies.filter_map(|text| Some((text, text.parse().ok()?))).collect();
    let trusted: Vec<_> = proxies.iter().map(|(_, proxy)| *proxy).collect();
    for (text, _) in proxies {
        if let Ok(address) = text.parse::<IpAddr>() {
            assert!(is_trusted(address.to_canonical(), &trusted), "{text} is not trusted");
        }
    }
    let Some(peer) = lines.next().and_then(|line| line.parse::<IpAddr>().ok()) else { return };
    let lines: Vec<_> = lines.filter(|line| HeaderValue::from_str(line).is_ok()).collect();

    let client = client_of(peer, &lines, &trusted);
    assert_eq!(client, client.to_canonical());
    assert_eq!(counted_address(counted_address(client)), counted_address(client));
    assert_eq!(client_of(peer, &[&lines.join(",")], &trusted), client);
    if !is_trusted(peer.to_canonical(), &trusted) {
        assert_eq!(client, peer.to_canonical());
    }
    if !is_trusted(client, &trusted) {
        let forged = [&["198.18.0.1"], &*lines].concat();
        assert_eq!(client_of(peer, &forged, &trusted), client, "{lines:?} was believed");
    }
}

fn client_of(peer: IpAddr, lines: &[&str], trusted: &[TrustedProxy]) -> IpAddr {
    let mut headers = HeaderMap::new();
    for value in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
        headers.append(X_FORWARDED_FOR, value);
    }
    client_address(peer, &headers, trusted)
}

fn headers_in(bytes: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

fn with(name: HeaderName, value: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.append(name, value);
    }
    headers
}

fn is_visible(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
