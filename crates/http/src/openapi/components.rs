//! Parameters and headers that many operations have, described once.

use conversations_application::{Cursor, PageRequest};
use conversations_domain::{EventCursor, Reason};
use serde_json::{Value, json};

use crate::auth::X_API_KEY;
use crate::conditions::TAGS_PATTERN;
use crate::idempotency::{IDEMPOTENCY_KEY, MAX_KEY_LENGTH};
use crate::limits::RATE_LIMIT_HEADERS;
use crate::request_id::{MAX_LENGTH as MAX_REQUEST_ID_LENGTH, X_REQUEST_ID};
use crate::schema::{Schema, Schemas};

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
                "The request id, repeated in the reply and the server's log: 1 to \
                 {MAX_REQUEST_ID_LENGTH} visible ASCII characters. Any other value is replaced."
            ),
            json!({ "type": "string" }),
        ),
        "IdempotencyKey": header(
            &title(IDEMPOTENCY_KEY.as_str()),
            "Identifies this request for 24 hours. If it is sent again with the same key, it is \
             not executed again and gets the stored reply."
                .to_owned(),
            json!({
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_KEY_LENGTH,
                "pattern": format!("^[!-~]{{1,{MAX_KEY_LENGTH}}}$"),
            }),
        ),
        "LastEventId": header(
            "Last-Event-ID",
            "The `id` of the last received frame: the stream continues after it.".to_owned(),
            json!({ "type": "string", "pattern": format!("^({})?$", EventCursor::PATTERN) }),
        ),
        "IfMatch": header(
            "If-Match",
            "Applies the change only if the current ETag is one of these; `*` matches any.".to_owned(),
            tags(),
        ),
        "IfNoneMatch": header(
            "If-None-Match",
            "Returns 304 if the current ETag is one of these.".to_owned(),
            tags(),
        ),
        "Page": query(
            "page",
            "Page number; cannot be combined with `cursor`.",
            json!({ "type": "integer", "minimum": 1, "maximum": PageRequest::MAX_PAGE }),
        ),
        "Cursor": query(
            "cursor",
            "The `nextCursor` or `prevCursor` of a page of the same list, with the same filter \
             and order.",
            Cursor::schema(schemas),
        ),
        "Limit": query(
            "limit",
            &format!(
                "Maximum number of items per page. Default: {}. A page by cursor ends before it \
                 exceeds 4 MiB of long content.",
                usual.limit()
            ),
            json!({
                "type": "integer",
                "minimum": 1,
                "maximum": PageRequest::MAX_LIMIT,
                "x-default": usual.limit(),
            }),
        ),
        "Reason": query("reason", "Same as `reason` in the body, for clients that send no body.", {
            let mut schema = Reason::schema(schemas);
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
        "XRequestId": text("The request id, as in the server's log."),
        "ETag": text("The version of the resource, for If-Match and If-None-Match."),
        "Location": text("The URL of the created resource: relative to the request URL, or \
         absolute if the server has a public URL."),
        "Link": text("Links to other pages (RFC 8288): next, prev, first, last."),
        "IdempotentReplayed": {
            "description": "Present if this is the stored reply to the first request with this \
             Idempotency-Key.",
            "schema": { "type": "string", "const": "true" },
        },
        "WWWAuthenticate": text("The authentication scheme: Bearer."),
        "Allow": text("The methods that the path supports."),
        "RetryAfter": number("Seconds to wait before trying again."),
    });
    let meanings = [
        "Maximum number of requests at once, if a limit applies.",
        "Number of requests left.",
        "Time at which all requests are available again, in Unix seconds.",
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
            "description": "The same key in its own header.",
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
