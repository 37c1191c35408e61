//! The errors of the API: the only table of codes and statuses.
//!
//! Handlers, extractors and middlewares answer an [`ApiError`]; the outermost middleware turns it
//! into the body that every error has, because only there the request's id is known for certain.

mod body;
mod use_cases;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use conversations_domain::{Permission, Permissions};
use serde_json::{Map, Value, json};

use crate::details::Details;

pub(crate) use body::error_body;
pub(crate) use use_cases::{NAMES_NOBODY, gone_reason};

/// How long a caller should wait before trying again, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Every error that this API answers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The request cannot be read; the text says why and ends with a full stop.
    #[error("the request cannot be read")]
    BadRequest(Cow<'static, str>),
    #[error("no key was sent")]
    AuthRequired,
    #[error("the key is not valid")]
    KeyInvalid,
    #[error("the key has expired")]
    KeyExpired,
    #[error("the permission {0} is missing")]
    Forbidden(Permission),
    /// The key has none of several permissions of which one would do.
    #[error("one of several permissions is missing")]
    ForbiddenAll(Permissions),
    /// The request would grant permissions that the key does not have.
    #[error("the key cannot grant permissions that it lacks")]
    CannotGrant(Permissions),
    #[error("not found")]
    NotFound,
    /// Nothing is served at the path, whatever the ids in it.
    #[error("no such path")]
    NoSuchPath,
    #[error("the method is not allowed")]
    MethodNotAllowed {
        /// The methods that are, as the header `Allow` lists them.
        allow: HeaderValue,
    },
    #[error("the body did not arrive in time")]
    RequestTimeout,
    #[error("the precondition does not hold")]
    PreconditionFailed,
    /// The details say what the request contradicts.
    #[error("conflict")]
    Conflict(Map<String, Value>),
    #[error("the same request is still running")]
    InProgress,
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("the body is too large")]
    PayloadTooLarge,
    #[error("the body is not JSON in UTF-8")]
    UnsupportedMediaType,
    /// The feed cannot continue after a cursor. The details have the reason, and valid cursors.
    #[error("the cursor is gone")]
    CursorGone(Map<String, Value>),
    #[error("invalid fields")]
    Validation(Details),
    /// More requests than a limit allows.
    #[error("too many requests")]
    RateLimited {
        /// How long it takes until one is allowed.
        wait: Duration,
    },
    /// More streams and waiting requests than a key may have.
    #[error("too many streams")]
    TooManyStreams,
    #[error("a defect")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
    #[error("unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// Refused because of overload, before any work was done. Not a failure, so the log does not
    /// explain each one. The text says why and ends with a full stop.
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("the storage is full")]
    StorageFull,
}

/// What callers see of an error: its status, its code, and a sentence for a person.
pub(crate) type ErrorSummary<'a> = (StatusCode, &'static str, &'a str);

/// The summary of an error of the key.
const fn unauthorized(code: &'static str, text: &'static str) -> ErrorSummary<'static> {
    (StatusCode::UNAUTHORIZED, code, text)
}

/// The summary of something that does not exist.
const fn not_found(text: &str) -> ErrorSummary<'_> {
    (StatusCode::NOT_FOUND, "NOT_FOUND", text)
}

const RATE_LIMITED: ErrorSummary<'_> = (
    StatusCode::TOO_MANY_REQUESTS,
    "RATE_LIMIT_EXCEEDED",
    "Too many requests; Retry-After says how many seconds to wait.",
);

const TOO_MANY_STREAMS: ErrorSummary<'_> = (
    StatusCode::TOO_MANY_REQUESTS,
    "TOO_MANY_STREAMS",
    "The API key has too many event streams and waiting requests; end one first.",
);

/// The summary of an error of permissions.
const fn forbidden(text: &str) -> ErrorSummary<'_> {
    (StatusCode::FORBIDDEN, "INSUFFICIENT_PERMISSIONS", text)
}

impl ApiError {
    /// The error that names one field.
    pub(crate) fn field(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Validation(Details::of(path, problem))
    }

    /// The conflict that one field causes.
    pub(crate) fn conflict(path: &str, problem: &str) -> Self {
        Self::Conflict(Map::from_iter([(path.to_owned(), json!([problem]))]))
    }

    /// The table.
    pub(crate) fn summary(&self) -> ErrorSummary<'_> {
        use StatusCode as Status;

        match self {
            Self::BadRequest(why) => (Status::BAD_REQUEST, "BAD_REQUEST", why),
            Self::AuthRequired => unauthorized(
                "AUTH_REQUIRED",
                "Send your API key as \"Authorization: Bearer KEY\" or as \"X-API-Key: KEY\".",
            ),
            Self::KeyInvalid => unauthorized("API_KEY_INVALID", "The API key is not valid."),
            Self::KeyExpired => unauthorized("API_KEY_EXPIRED", "The API key has expired."),
            Self::Forbidden(_) => {
                forbidden("The API key lacks a required permission; see details.")
            }
            Self::ForbiddenAll(_) => forbidden(
                "The API key lacks all permissions of which this needs one; the details name them.",
            ),
            Self::CannotGrant(_) => {
                forbidden("An API key can grant only permissions that it has; see details.")
            }
            Self::NotFound => not_found("The workspace has no resource with this id."),
            Self::NoSuchPath => {
                not_found("No such path. Paths match exactly, including case and slashes.")
            }
            Self::MethodNotAllowed { .. } => (
                Status::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This path does not support the method; the Allow header lists those it supports.",
            ),
            Self::RequestTimeout => {
                (Status::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "The body did not arrive in time.")
            }
            Self::Conflict(_) => (
                Status::CONFLICT,
                "CONFLICT",
                "The request conflicts with the current state; see details.",
            ),
            Self::PreconditionFailed => (
                Status::PRECONDITION_FAILED,
                "PRECONDITION_FAILED",
                "The resource does not match If-Match; read it again.",
            ),
            Self::InProgress => (
                Status::CONFLICT,
                "IDEMPOTENCY_IN_PROGRESS",
                "The first request with this Idempotency-Key is still running; please try again \
                 shortly.",
            ),
            Self::KeyReused => (
                Status::UNPROCESSABLE_ENTITY,
                "IDEMPOTENCY_KEY_REUSED",
                "This Idempotency-Key was used for another request; use a new key.",
            ),
            Self::PayloadTooLarge => {
                (Status::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB.")
            }
            Self::UnsupportedMediaType => (
                Status::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "Send the body as \"Content-Type: application/json\", in UTF-8, not compressed.",
            ),
            Self::CursorGone(_) => (
                Status::GONE,
                "CURSOR_GONE",
                "The events after this cursor are not available; read all resources again, and continue \
                 after details.latest.",
            ),
            Self::Validation(_) => (
                Status::UNPROCESSABLE_ENTITY,
                "VALIDATION_ERROR",
                "Validation failed; see details.",
            ),
            Self::RateLimited { .. } => RATE_LIMITED,
            Self::TooManyStreams => TOO_MANY_STREAMS,
            Self::Internal(_) => {
                (Status::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "An internal error occurred.")
            }
            Self::Refused(why) => (Status::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", why),
            Self::Unavailable(_) => (
                Status::SERVICE_UNAVAILABLE,
                "SERVICE_UNAVAILABLE",
                "The service cannot answer right now; please try again shortly.",
            ),
            Self::StorageFull => (
                Status::INSUFFICIENT_STORAGE,
                "INSUFFICIENT_STORAGE",
                "The service has no storage space left.",
            ),
        }
    }

    /// The details, an object always.
    pub(crate) fn details(&self) -> Value {
        match self {
            Self::Validation(details) => json!(details),
            Self::Conflict(details) | Self::CursorGone(details) => json!(details),
            Self::Forbidden(permission) => json!({ "required": permission }),
            Self::CannotGrant(missing) | Self::ForbiddenAll(missing) => {
                json!({ "required": missing.iter().collect::<Vec<_>>() })
            }
            _ => json!({}),
        }
    }

    /// The header that goes with it, if one does.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::AuthRequired | Self::KeyInvalid | Self::KeyExpired => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::MethodNotAllowed { allow } => Some((header::ALLOW, allow.clone())),
            Self::RateLimited { wait } => Some((header::RETRY_AFTER, whole_seconds(*wait).into())),
            Self::Unavailable(_) | Self::Refused(_) | Self::TooManyStreams => {
                Some((header::RETRY_AFTER, RETRY_AFTER_SECONDS))
            }
            _ => None,
        }
    }

    /// The error that stands for one that the framework answered by itself.
    pub(crate) fn of_framework(status: StatusCode, cause: String) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoSuchPath,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            _ if status.is_client_error() => {
                Self::BadRequest(Cow::Borrowed("The request is malformed."))
            }
            _ => Self::Internal(cause.into()),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        let (status, _, _) = self.summary();
        status
    }

    /// Status and header; the outermost middleware writes the body.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// An error and all that led to it, for the log.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Whole seconds, none too few.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
