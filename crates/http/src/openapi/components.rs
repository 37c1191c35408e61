//! Parameters and headers that many operations have, described once.

use conversations_application::{Cursor, PageRequest};
use conversations_domain::Reason;
use serde_json::{Value, json};

use crate::auth::X_API_KEY;
use crate::conditions::TAGS_PATTERN;
use crate::limits::RATE_LIMIT_HEADERS;
use crate::once::{IDEMPOTENCY_KEY, MAX_KEY_LENGTH};
use crate::request_id::{MAX_LENGTH as MAX_REQUEST_ID_LENGTH, X_REQUEST_ID};
use crate::schema::{Kind, Schemas};

/// What operations take.
pub(super) fn parameters(schemas: &mut Schemas) -> Value {
    let header = |name: &str, text: String, schema: Value| json!({ "name": name, "in": "header", "description": text, "schema": schema });
    let query = |name: &str, text: &str, schema: Value| json!({ "name": name, "in": "query", "description": text, "schema": schema });
    let tags = || json!({ "type": "string", "pattern": TAGS_PATTERN });
    let usual = PageRequest::default();
    json!({
        "XRequestId": header(
            &title(X_REQUEST_ID.as_str()),
            format!(
                "A name for the request, which its reply and the log carry: 1 to \
                 {MAX_REQUEST_ID_LENGTH} visible ASCII characters. Anything else is replaced."
            ),
            json!({ "type": "string" }),
        ),
        "IdempotencyKey": header(
            &title(IDEMPOTENCY_KEY.as_str()),
            "Stands for this one request for 24 hours: sent again with the same key, it is \
             answered again, and done once."
                .to_owned(),
            json!({
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_KEY_LENGTH,
                "pattern": format!("^[!-~]{{1,{MAX_KEY_LENGTH}}}$"),
            }),
        ),
        "IfMatch": header(
            "If-Match",
            "Does it only if the tag of its present state is one of these; `*` is any.".to_owned(),
            tags(),
        ),
        "IfNoneMatch": header(
            "If-None-Match",
            "Answers 304 if the tag of its present state is one of these.".to_owned(),
            tags(),
        ),
        "Page": query(
            "page",
            "The number of the page; not together with `cursor`.",
            json!({ "type": "integer", "minimum": 1, "maximum": PageRequest::MAX_PAGE }),
        ),
        "Cursor": query(
            "cursor",
            "Leads to the page beside another one, of the same list with the same filter and \
             order: its `nextCursor` or `prevCursor`.",
            Cursor::kind(schemas),
        ),
        "Limit": query(
            "limit",
            &format!(
                "The most items on the page, which ends before it has more than 4 MiB of long \
                 content: {} when it is left out.",
                usual.limit()
            ),
            json!({
                "type": "integer",
                "minimum": 1,
                "maximum": PageRequest::MAX_LIMIT,
                "x-default": usual.limit(),
            }),
        ),
        "Reason": query("reason", "The same as in the body, for clients that send none.", {
            let mut schema = Reason::kind(schemas);
            // An empty parameter is a mistake.
            schema["minLength"] = json!(1);
            schema
        }),
    })
}

/// What replies carry.
pub(super) fn headers() -> Value {
    let text = |text: &str| json!({ "description": text, "schema": { "type": "string" } });
    let number =
        |text: &str| json!({ "description": text, "schema": { "type": "integer", "minimum": 0 } });
    let mut headers = json!({
        "XRequestId": text("What the log calls the request."),
        "ETag": text("The tag of the state that is shown, for If-Match and If-None-Match."),
        "Location": text("A reference to what was made: relative to the URL of the request, or absolute when the server knows its public URL."),
        "Link": text("The pages around this one (RFC 8288): next, prev, first, last."),
        "IdempotentReplayed": {
            "description": "That this is the reply to the first request with this Idempotency-Key.",
            "schema": { "type": "string", "const": "true" },
        },
        "WWWAuthenticate": text("The scheme of keys: Bearer."),
        "Allow": text("The methods that the path takes."),
        "RetryAfter": number("How many seconds to wait before trying again."),
    });
    let meanings = [
        "How many requests may be made at once, while a limit applies.",
        "How many of them are left.",
        "When all of them are there again, in Unix seconds.",
    ];
    for (name, meaning) in RATE_LIMIT_HEADERS.iter().zip(meanings) {
        headers[component(name.as_str())] = number(meaning);
    }
    headers
}

/// The names of the headers that tell of a rate limit, and those of their descriptions.
pub(super) fn rate_limit_headers() -> impl Iterator<Item = (String, String)> {
    RATE_LIMIT_HEADERS.into_iter().map(|name| (title(name.as_str()), component(name.as_str())))
}

/// How callers say who they are.
pub(super) fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, as `Authorization: Bearer sk_live_…`.",
        },
        "header": {
            "type": "apiKey",
            "in": "header",
            "name": title(X_API_KEY.as_str()),
            "description": "The same key in a header of its own.",
        },
    })
}

/// A header's name as people write it.
fn title(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-").replace("-Api-", "-API-")
}

fn component(name: &str) -> String {
    title(name).replace('-', "")
}
