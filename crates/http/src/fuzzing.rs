//! What has to hold of whatever anybody sends: a function per parser, which takes any input and
//! panics when it finds a defect. Fuzzers call them with input that they breed (`make fuzz`), tests
//! with input at random and with the seeds of the fuzzers.

#![expect(clippy::missing_panics_doc, reason = "to panic is what these functions are for")]

mod bodies;
mod headers;

use conversations_application::keys::KeySecret;
use conversations_application::read_model::{
    ConversationFilter, ConversationOrder, ExternalIdFilter,
};
use conversations_application::search::SearchQuery;
use conversations_application::{Cursor, PageRequest};
use conversations_domain::RateLimit;

use crate::conversations::list::ListQuery;
use crate::details::Details;
use crate::error::ApiError;
use crate::query::{NoParameters, ValidatedQuery};

pub use bodies::body;
pub use headers::{conditions, forwarded, head};

/// An input of a fuzzer and what it is given to.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// All of them, by the names of the fuzzers.
pub const TARGETS: [FuzzTarget; 8] = [
    ("body", body),
    ("conditions", conditions),
    ("cursor", |bytes| on_text(bytes, cursor)),
    ("forwarded", forwarded),
    ("head", head),
    ("key", |bytes| on_text(bytes, key)),
    ("query", |bytes| on_text(bytes, query)),
    ("rate_limit", |bytes| on_text(bytes, rate_limit)),
];

fn on_text(bytes: &[u8], check: fn(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
}

/// Text is a key if and only if it has the form of one and its checksum, which is added here
/// because it cannot be found by chance.
pub fn key(text: &str) {
    let body: String = text.chars().take(8 + 43).collect();
    for given in [text.to_owned(), format!("{body}{}", checksum(&body)), format!("{body}000000")] {
        let is_key = is_key(&given);
        let secret = KeySecret::parse(&given);
        assert_eq!(secret.is_some(), is_key, "{given:?}");
        let Some(secret) = secret else { continue };

        assert_eq!(secret.expose_secret(), given);
        assert!(given.ends_with(&secret.hint()) && secret.hint().len() == 4);
        for place in 0..given.len() {
            let typo = if given.as_bytes()[place] == b'a' { "b" } else { "a" };
            let mut mistyped = given.clone();
            mistyped.replace_range(place..=place, typo);
            assert!(KeySecret::parse(&mistyped).is_none(), "{mistyped} for {given}");
        }
    }
}

fn is_key(text: &str) -> bool {
    let Some((body, check)) = text.split_at_checked(8 + 43) else { return false };
    let random = body.strip_prefix("sk_live_");
    let well_formed = random.is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    well_formed && check == checksum(body)
}

/// The CRC-32 of a text in base 62, bit by bit.
fn checksum(text: &str) -> String {
    let sum = text.bytes().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
        })
    });
    let digits: Vec<_> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let digit = |place| digits[(!sum / 62_u32.pow(place) % 62) as usize];
    (0..6).rev().map(digit).collect()
}

/// What a list is asked for is within its bounds and is read again as it was understood, in
/// whatever order its parts come.
pub fn query(text: &str) {
    let _nothing_is_known = read_or_refused(ValidatedQuery::<NoParameters>::of(text));
    let page = read_or_refused(ValidatedQuery::<PageRequest>::of(text));
    let accepted = accepted(text);

    if let (Ok(page), Ok((.., of_list))) = (page, &accepted) {
        assert_eq!(page.0, *of_list);
    }
    if let Ok((filter, order, page)) = &accepted {
        let number = page.page().and_then(|number| PageRequest::new(number, page.limit()));
        let cursor = page.cursor().and_then(|cursor| PageRequest::at(cursor, page.limit()));
        assert_eq!(number.xor(cursor), Some(*page));
        let text = filter.text.as_ref().map(ToString::to_string).unwrap_or_default();
        if text.chars().count() <= SearchQuery::MAX_LENGTH {
            assert_eq!(self::accepted(&written(filter, *order, *page)), accepted);
        }
    }
    let backwards: Vec<_> = text.rsplit('&').collect();
    let backwards = self::accepted(&backwards.join("&"));
    match (&accepted, &backwards) {
        // Of two that cannot be decoded the first is told.
        (Err(ApiErrorShown::Unreadable), Err(ApiErrorShown::Unreadable)) => {}
        _ => assert_eq!(backwards, accepted),
    }
}

#[derive(Debug, PartialEq)]
enum ApiErrorShown {
    Unreadable,
    Invalid(Details),
}

type Understood = (ConversationFilter, ConversationOrder, PageRequest);

fn accepted(query: &str) -> Result<Understood, ApiErrorShown> {
    let read = read_or_refused(ValidatedQuery::<ListQuery>::of(query));
    read.map(|ValidatedQuery(ListQuery { filter, order, page })| (filter, order, page))
}

fn written(filter: &ConversationFilter, order: ConversationOrder, page: PageRequest) -> String {
    let ConversationFilter {
        statuses,
        priorities,
        assignee,
        inbox,
        customer,
        labels,
        channels,
        sources,
        created_after,
        created_before,
        updated_after,
        updated_before,
        text,
        external_id,
    } = filter;
    let (external_id, external_source) = external_id
        .as_ref()
        .map(|ExternalIdFilter { id, source }| (id.to_string(), source.as_ref()))
        .unzip();
    let external_source = external_source.flatten();
    let list = |words: Vec<String>| (!words.is_empty()).then(|| words.join(","));
    let parameters = [
        ("status", list(statuses.iter().map(ToString::to_string).collect())),
        ("priority", list(priorities.iter().map(ToString::to_string).collect())),
        ("assignedTo", assignee.map(|assignee| assignee.to_string())),
        ("inboxId", inbox.map(|inbox| inbox.to_string())),
        ("customerId", customer.map(|customer| customer.to_string())),
        ("label", list(labels.iter().map(str::to_owned).collect())),
        ("channel", list(channels.iter().map(ToString::to_string).collect())),
        ("source", list(sources.iter().map(ToString::to_string).collect())),
        ("createdAfter", created_after.map(|time| time.to_string())),
        ("createdBefore", created_before.map(|time| time.to_string())),
        ("updatedAfter", updated_after.map(|time| time.to_string())),
        ("updatedBefore", updated_before.map(|time| time.to_string())),
        ("q", text.as_ref().map(ToString::to_string)),
        ("externalId", external_id),
        ("externalSource", external_source.map(ToString::to_string)),
        ("sort", Some(order.to_string())),
        ("page", page.page().map(|page| page.to_string())),
        ("cursor", page.cursor().map(|cursor| cursor.to_string())),
        ("limit", Some(page.limit().to_string())),
    ];
    let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let given: Vec<_> = given.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
    given.join("&")
}

fn encoded(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    bytes.concat()
}

/// A cursor has one spelling.
pub fn cursor(text: &str) {
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), text);
    }
}

/// A limit has one spelling.
pub fn rate_limit(text: &str) {
    if let Ok(limit) = RateLimit::parse(text) {
        assert_eq!(limit.to_string(), text);
        assert_eq!(RateLimit::new(limit.requests(), limit.period()), Ok(limit));
    }
}

/// What was read, or why not: what a caller sends is the caller's mistake, never a defect of ours,
/// and told.
fn read_or_refused<T>(read: Result<T, ApiError>) -> Result<T, ApiErrorShown> {
    match read {
        Ok(read) => Ok(read),
        Err(ApiError::BadRequest(why)) => {
            assert!(why.ends_with('.'), "{why}");
            Err(ApiErrorShown::Unreadable)
        }
        Err(ApiError::Validation(details)) => {
            assert!(!details.is_empty());
            Err(ApiErrorShown::Invalid(details))
        }
        Err(other) => unreachable!("{other:?}"),
    }
}
