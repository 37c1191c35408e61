//! The table of errors, row by row.

use std::time::Duration;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use conversations_application::Error;
use conversations_domain::Permission;
use serde_json::{Map, Value};

use crate::details::Details;
use crate::error::{ApiError, chain};
use serde_json::json;

/// Every error, with what the contract says of it.
pub(crate) fn table() -> Vec<(ApiError, u16, &'static str, Value)> {
    let source = || "a detail that must stay hidden".into();
    let field = || Details::of("name", "is required");
    let details = json!({ "name": ["is required"] });
    let none = json!({});
    vec![
        (ApiError::BadRequest("Why.".into()), 400, "BAD_REQUEST", none.clone()),
        (ApiError::AuthRequired, 401, "AUTH_REQUIRED", none.clone()),
        (ApiError::KeyInvalid, 401, "API_KEY_INVALID", none.clone()),
        (ApiError::KeyExpired, 401, "API_KEY_EXPIRED", none.clone()),
        (
            ApiError::Forbidden(Permission::ReadUsers),
            403,
            "INSUFFICIENT_PERMISSIONS",
            json!({ "required": "read:users" }),
        ),
        (
            ApiError::CannotGrant(
                [Permission::WriteUsers, Permission::ReadUsers].into_iter().collect(),
            ),
            403,
            "INSUFFICIENT_PERMISSIONS",
            json!({ "required": ["read:users", "write:users"] }),
        ),
        (
            ApiError::ForbiddenAll(
                [Permission::ReadUsers, Permission::ReadCustomers].into_iter().collect(),
            ),
            403,
            "INSUFFICIENT_PERMISSIONS",
            json!({ "required": ["read:customers", "read:users"] }),
        ),
        (ApiError::NotFound, 404, "NOT_FOUND", none.clone()),
        (ApiError::NoSuchPath, 404, "NOT_FOUND", none.clone()),
        (
            ApiError::MethodNotAllowed { allow: HeaderValue::from_static("GET") },
            405,
            "METHOD_NOT_ALLOWED",
            none.clone(),
        ),
        (ApiError::conflict("name", "is required"), 409, "CONFLICT", details.clone()),
        (
            ApiError::CursorGone(Map::from_iter([("reason".to_owned(), json!("expired"))])),
            410,
            "CURSOR_GONE",
            json!({ "reason": "expired" }),
        ),
        (ApiError::PayloadTooLarge, 413, "PAYLOAD_TOO_LARGE", none.clone()),
        (ApiError::UnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE", none.clone()),
        (ApiError::Validation(field()), 422, "VALIDATION_ERROR", details),
        (
            ApiError::RateLimited { wait: Duration::from_millis(1001) },
            429,
            "RATE_LIMIT_EXCEEDED",
            none.clone(),
        ),
        (ApiError::TooManyStreams, 429, "TOO_MANY_STREAMS", none.clone()),
        (ApiError::Internal(source()), 500, "INTERNAL_ERROR", none.clone()),
        (ApiError::Unavailable(source()), 503, "SERVICE_UNAVAILABLE", none.clone()),
        (ApiError::Refused("There is too much."), 503, "SERVICE_UNAVAILABLE", none.clone()),
        (ApiError::StorageFull, 507, "INSUFFICIENT_STORAGE", none),
    ]
}

#[test]
fn every_error_has_its_status_its_code_and_its_details() {
    for (error, status, code, details) in table() {
        let (shown_status, shown_code, message) = error.summary();

        assert_eq!((shown_status.as_u16(), shown_code), (status, code));
        assert_eq!(error.details(), details);
        assert!(message.ends_with('.') && !message.contains("must stay hidden"), "{message}");
        assert_eq!(error.error_response().status(), status);
    }
}

#[test]
fn some_errors_have_a_header() {
    for (error, status, code, _) in table() {
        let expected = match status {
            401 => Some((header::WWW_AUTHENTICATE, "Bearer")),
            405 => Some((header::ALLOW, "GET")),
            429 if code == "TOO_MANY_STREAMS" => Some((header::RETRY_AFTER, "1")),
            429 => Some((header::RETRY_AFTER, "2")),
            503 => Some((header::RETRY_AFTER, "1")),
            _ => None,
        };
        let response = error.error_response();
        let headers: Vec<_> = response.headers().iter().collect();
        match expected {
            Some((name, value)) => {
                assert_eq!(headers, [(&name, &HeaderValue::from_static(value))], "{status}");
            }
            None => assert!(headers.is_empty(), "{status}"),
        }
    }
}

#[test]
fn what_the_framework_answers_is_translated() {
    let status = |status: u16| {
        let status = StatusCode::from_u16(status).expect("a status");
        ApiError::of_framework(status, "why".to_owned()).status_code().as_u16()
    };

    assert_eq!(
        [404, 413, 415, 400, 431, 500, 502].map(status),
        [404, 413, 415, 400, 400, 500, 500]
    );
}

#[test]
fn a_chain_names_every_cause() {
    let error = ApiError::from(Error::Internal(Box::new(Error::StorageFull)));

    assert_eq!(chain(&error), "a defect: the storage is full");
}
