//! How the description shows errors: by status, with an example of every code, all from the one
//! table of errors.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use conversations_domain::Permission;
use serde_json::{Map, Value, json};

use super::replies::{header, success};
use crate::error::{ApiError, error_body};
use crate::examples;

/// Every error there is, with its usual details.
pub(crate) fn samples() -> Vec<ApiError> {
    let nothing = || "nothing".into();
    vec![
        ApiError::BadRequest("The body is not JSON: expected value at line 1 column 1.".into()),
        ApiError::AuthRequired,
        ApiError::KeyInvalid,
        ApiError::KeyExpired,
        ApiError::Forbidden(Permission::WriteConversations),
        ApiError::NotFound,
        cursor_gone(),
        ApiError::MethodNotAllowed { allow: HeaderValue::from_static("GET, HEAD") },
        ApiError::RequestTimeout,
        ApiError::conflict("email", "is taken"),
        ApiError::InProgress,
        ApiError::PreconditionFailed,
        ApiError::PayloadTooLarge,
        ApiError::UnsupportedMediaType,
        ApiError::field("subject", "must not be empty"),
        ApiError::KeyReused,
        ApiError::RateLimited { wait: Duration::from_secs(1) },
        ApiError::TooManyStreams,
        ApiError::Internal(nothing()),
        ApiError::Unavailable(nothing()),
        ApiError::StorageFull,
    ]
}

fn cursor_gone() -> ApiError {
    let details = [
        ("reason", json!("expired")),
        ("earliest", json!("4242-9f3a77c1")),
        ("latest", json!("5000-1b0e24d7")),
    ];
    ApiError::CursorGone(
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    )
}

/// The responses that operations refer to, by their names.
pub(super) fn responses() -> Value {
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for error in samples() {
        let (status, code, message) = error.summary();
        let response = responses.entry(name_of(status.as_u16())).or_insert_with(|| {
            let content = json!({
                "application/json": {
                    "schema": { "$ref": "#/components/schemas/ErrorReply" },
                    "examples": {},
                }
            });
            let headers = headers_of(status.as_u16());
            json!({ "description": "", "headers": headers, "content": content })
        });
        let text = response["description"].as_str().unwrap_or_default();
        let between = if text.is_empty() { "" } else { "\n\n" };
        response["description"] = json!(format!("{text}{between}`{code}`: {message}"));
        let example = examples::time().map(|time| json!(error_body(&error, "import-17", time)));
        response["content"]["application/json"]["examples"][code] = json!({ "value": example });
    }
    json!(responses)
}

/// What the response of a status is called: the status as people call it, in one word.
pub(super) fn name_of(status: u16) -> String {
    let status = actix_web::http::StatusCode::from_u16(status);
    let reason = status.ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    reason.split(' ').collect()
}

fn headers_of(status: u16) -> Value {
    let mut headers = Map::new();
    headers.insert("X-Request-Id".to_owned(), header("XRequestId"));
    let own = match status {
        401 => Some("WWW-Authenticate"),
        405 => Some("Allow"),
        429 | 503 => Some("Retry-After"),
        _ => None,
    };
    if let Some(own) = own {
        headers.insert(own.to_owned(), header(&own.replace('-', "")));
    }
    Value::Object(headers)
}

/// The body that every error has.
pub(super) fn schema() -> Value {
    let samples = samples();
    let codes: BTreeSet<_> = samples.iter().map(|error| error.summary().1).collect();
    let fields = ["code", "message", "details", "requestId", "timestamp"];
    json!({
        "type": "object",
        "description": "The body of every error.",
        "required": ["success", "error"],
        "x-order": ["success", "error"],
        "properties": {
            "success": success(false),
            "error": {
                "type": "object",
                "required": fields,
                "x-order": fields,
                "properties": {
                    "code": {
                        "type": "string",
                        "enum": codes,
                        "description": "The error code, for programs.",
                    },
                    "message": { "type": "string", "description": "A message for people." },
                    "details": {
                        "type": "object",
                        // Without it, clients that are made from this allow no field at all.
                        "additionalProperties": {},
                        "description": "Problems, by field path or parameter name; `required` \
                         names a missing permission.",
                    },
                    "requestId": {
                        "type": "string",
                        "description": "The request id, as in `X-Request-Id` and the server's log.",
                    },
                    "timestamp": { "type": "string", "format": "date-time" },
                },
            },
        },
    })
}
