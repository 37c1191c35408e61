//! The `Link` header: the pages around a page (RFC 8288).

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use super::Pagination;
use crate::public_url::reference;
use crate::query::{name_of, pieces};

/// Longer queries are not repeated in the header, once per link: proxies and clients bound the
/// headers that they take. The cursors in the body lead on all the same.
const LONGEST_QUERY: usize = 1024;

/// The links to the pages around this one: `next` and `prev` where there are such, `first`, and for
/// pages by number `last`. They keep the other parameters of the query as they were written.
pub(super) fn header(request: &HttpRequest, pagination: &Pagination) -> Option<HeaderValue> {
    let query = request.query_string();
    if query.len() > LONGEST_QUERY {
        return None;
    }
    let Pagination { page, total_pages, next_cursor, prev_cursor, .. } = pagination;
    let path = request.path();
    let link = |place: Option<String>, rel: &str| {
        let parameters: Vec<_> = kept(query).chain(place).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        let target = reference(request, &format!("{path}{mark}{}", parameters.join("&")));
        format!("<{target}>; rel=\"{rel}\"")
    };
    let beside = |cursor: &Option<String>, rel| {
        let cursor = cursor.as_ref().map(|cursor| format!("cursor={cursor}"))?;
        Some(link(Some(cursor), rel))
    };
    let last = page.filter(|_| *total_pages > 0).map(|_| format!("page={total_pages}"));
    let links = [
        beside(next_cursor, "next"),
        beside(prev_cursor, "prev"),
        Some(link(None, "first")),
        last.map(|last| link(Some(last), "last")),
    ];
    let links: Vec<_> = links.into_iter().flatten().collect();
    HeaderValue::from_str(&links.join(", ")).ok()
}

/// The parameters of a query without those that say which page is meant.
fn kept(query: &str) -> impl Iterator<Item = String> {
    let kept = pieces(query)
        .filter(|piece| !name_of(piece).is_ok_and(|name| name == "page" || name == "cursor"));
    kept.map(encoded)
}

/// What may not stand in an address is encoded: servers are lenient, a link should not be.
fn encoded(piece: &str) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$'()*+,;=:@/?%".contains(&byte);
    let characters = piece.bytes().map(|byte| {
        if allowed(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    });
    characters.collect()
}
