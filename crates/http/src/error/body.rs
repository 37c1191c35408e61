//! The body that every error has.

use conversations_domain::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::ApiError;

#[derive(Serialize)]
struct ErrorBody<'a> {
    success: bool,
    error: ErrorContent<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorContent<'a> {
    code: &'a str,
    message: &'a str,
    details: Value,
    request_id: &'a str,
    timestamp: Timestamp,
}

/// The body that every error has.
pub(crate) fn error_body<'a>(
    error: &'a ApiError,
    request_id: &'a str,
    timestamp: Timestamp,
) -> impl Serialize + 'a {
    let (_, code, message) = error.summary();
    let details = error.details();
    let content = ErrorContent { code, message, details, request_id, timestamp };
    ErrorBody { success: false, error: content }
}
