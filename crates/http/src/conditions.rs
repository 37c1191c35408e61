//! Conditional requests (RFC 9110, section 13): `ETag`, `If-Match` and `If-None-Match`.
//!
//! The ETags of this API are strong: they cover all that a reply shows of a resource.

use std::borrow::Cow;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use conversations_application::{ETag, Precondition};
use futures_util::future::{Ready, ready};

use crate::error::ApiError;

/// What [`parse`] reads of what is written as usual, in ASCII and without empty elements, as a pattern.
pub(crate) const TAGS_PATTERN: &str = r#"^(\*|((W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)?)$"#;

/// What a request demands of the state of what it changes: its `If-Match`.
pub(crate) struct IfMatch(pub(crate) Precondition);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let listed = read(request.headers(), &header::IF_MATCH);
        ready(listed.map(|listed| Self(listed.map_or(Precondition::None, EntityTagList::strong))))
    }
}

/// Makes sure that the conditions of a request can be read, also where nothing looks at them.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    read(headers, &header::IF_MATCH)?;
    read(headers, &header::IF_NONE_MATCH)?;
    Ok(())
}

/// Whether a caller has what has this ETag already: its `If-None-Match` lists it.
pub(crate) fn is_known(request: &HttpRequest, etag: &ETag) -> bool {
    let listed = read(request.headers(), &header::IF_NONE_MATCH);
    listed.is_ok_and(|listed| listed.is_some_and(|listed| listed.has(etag)))
}

/// Whether a caller says which ETags it knows.
pub(crate) fn knows_some(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::IF_NONE_MATCH)
}

/// An ETag as the header `ETag` says it.
pub(crate) fn quoted(etag: &ETag) -> String {
    format!("\"{}\"", etag.as_str())
}

/// The ETags that a condition lists.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EntityTagList {
    /// `*`
    Any,
    Tags(Vec<EntityTag>),
}

/// An ETag in a condition.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EntityTag {
    pub(crate) weak: bool,
    pub(crate) etag: ETag,
}

impl EntityTagList {
    /// Compared strongly: a weak ETag is none of ours.
    pub(crate) fn strong(self) -> Precondition {
        match self {
            Self::Any => Precondition::Exists,
            Self::Tags(tags) => Precondition::State(
                tags.into_iter().filter(|given| !given.weak).map(|given| given.etag).collect(),
            ),
        }
    }

    /// Compared weakly: a proxy may have weakened one of ours.
    pub(crate) fn has(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|given| given.etag == *etag),
        }
    }
}

/// The condition in a header, which may come in several lines.
fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<EntityTagList>, ApiError> {
    let lines: Vec<_> = headers.get_all(name).map(HeaderValue::as_bytes).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let listed = parse(&lines.join(&b","[..]));
    listed.map(Some).ok_or_else(|| {
        let problem = format!("The header {name} is neither * nor a list of entity tags.");
        ApiError::BadRequest(Cow::Owned(problem))
    })
}

/// Reads `*`, or a list of ETags. Empty elements of a list do not count, and there may be nothing
/// else in it (section 5.6.1.2): then no state is one of those that are listed.
pub(crate) fn parse(text: &[u8]) -> Option<EntityTagList> {
    let mut rest = text.trim_ascii();
    if rest == b"*" {
        return Some(EntityTagList::Any);
    }
    let mut tags = Vec::new();
    loop {
        while let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
        }
        if rest.is_empty() {
            return Some(EntityTagList::Tags(tags));
        }
        let (given, after) = parse_one(rest)?;
        tags.push(given);
        rest = after.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return None;
        }
    }
}

/// Reads the ETag that the text begins with.
fn parse_one(text: &[u8]) -> Option<(EntityTag, &[u8])> {
    let (weak, text) = match text.strip_prefix(b"W/") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let text = text.strip_prefix(b"\"")?;
    let end = text.iter().position(|&byte| byte == b'"')?;
    let opaque = &text[..end];
    let allowed = |byte: &u8| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff);
    // What is not UTF-8 is no ETag of ours, whatever it becomes here.
    let etag = ETag::new(String::from_utf8_lossy(opaque).into_owned());
    opaque.iter().all(allowed).then_some((EntityTag { weak, etag }, &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn etag(weak: bool, text: &str) -> EntityTag {
        EntityTag { weak, etag: ETag::new(text.to_owned()) }
    }

    #[test]
    fn lists_of_etags_are_parsed() {
        for (text, expected) in [
            ("*", EntityTagList::Any),
            (" * ", EntityTagList::Any),
            ("", EntityTagList::Tags(Vec::new())),
            (" , ", EntityTagList::Tags(Vec::new())),
            ("\"1\"", EntityTagList::Tags(vec![etag(false, "1")])),
            ("\"\"", EntityTagList::Tags(vec![etag(false, "")])),
            ("W/\"1\" , \"2\"", EntityTagList::Tags(vec![etag(true, "1"), etag(false, "2")])),
            (
                ", \"a,b\",,\t\"c\" ,",
                EntityTagList::Tags(vec![etag(false, "a,b"), etag(false, "c")]),
            ),
            ("\"1\"\t,\"é\"", EntityTagList::Tags(vec![etag(false, "1"), etag(false, "é")])),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn malformed_conditions_are_refused() {
        for text in [
            "1",
            "\"1",
            "1\"",
            "w/\"1\"",
            "W/ \"1\"",
            "\"1\" \"2\"",
            "*, \"1\"",
            "\"1\", *",
            "\"a b\"",
            "\"a\tb\"",
            "\"\u{7f}\"",
            "'1'",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_weak_etag_never_matches_if_match() {
        let listed = EntityTagList::Tags(vec![etag(true, "1"), etag(false, "2")]);

        assert!(listed.has(&ETag::new("1".to_owned())));
        assert_eq!(listed.strong(), Precondition::State(vec![ETag::new("2".to_owned())]));
    }

    proptest! {
        #[test]
        fn every_header_is_parsed_or_refused(text: Vec<u8>) {
            let _read_or_refused = parse(&text);
        }

        #[test]
        fn parsed_etags_are_the_listed_ones(
            tags in prop::collection::vec((any::<bool>(), "[!#-~]{0,8}"), 1..5),
            between in "[ \t]{0,2},[ \t,]{0,3}",
        ) {
            let given: Vec<_> = tags
                .iter()
                .map(|(weak, text)| format!("{}\"{text}\"", if *weak { "W/" } else { "" }))
                .collect();
            let expected = tags.iter().map(|(weak, text)| etag(*weak, text)).collect();
            prop_assert_eq!(parse(given.join(&between).as_bytes()), Some(EntityTagList::Tags(expected)));
        }
    }
}
