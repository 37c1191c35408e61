//! The outermost middleware: what holds for every request, whatever happens inside.
//!
//! It refuses requests under overload, gives each an id, logs it once, enforces its timeout,
//! catches panics, refuses announced bodies that are too large, answers CORS preflight requests,
//! and gives every error its body and every response its headers.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use conversations_application::metrics::timed;
use conversations_application::ports::{Clock, IdGenerator};
use conversations_domain::Timestamp;
use futures_util::FutureExt;
use tracing::{Instrument, Span, field};

use crate::admission::AdmissionControl;
use crate::cors::{Cors, CorsRequest};
use crate::error::{ApiError, chain, error_body};
use crate::extract::{MAX_BODY_BYTES, announced_length};
use crate::health;
use crate::idempotency::IDEMPOTENT_REPLAYED;
use crate::json_body::rendered;
use crate::limits::RateLimitStateSlot;
use crate::metrics::{RequestLabels, RequestMetrics};
use crate::reply_body::held_against_budget;
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::request_permit::RequestPermit;

/// Security headers of every response: no content sniffing, no referrer, no scripts. Only the page
/// at `/docs` has its own policy.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
];

/// The client that reads a resource may cache it, and revalidates it with its `ETag`.
const KEEP_BUT_ASK: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Nothing else may be cached.
const KEEP_NOTHING: HeaderValue = HeaderValue::from_static("no-store");

/// The outermost middleware of the application, to be wrapped around it with
/// [`actix_web::middleware::from_fn`].
///
/// # Errors
/// After a panic, when there is no request left that a [`ServiceResponse`] could be made with. The
/// error then is a response like any other.
pub async fn boundary<B: MessageBody + 'static>(
    clock: Data<dyn Clock>,
    ids: Data<dyn IdGenerator>,
    admission: Data<AdmissionControl>,
    metrics: Data<RequestMetrics>,
    cors: Data<Cors>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let admission = admission.into_inner();
    let _under_way = admission.begin();
    let id = RequestId::of_caller(request.headers())
        .unwrap_or_else(|| RequestId(ids.next(clock.now()).to_string()));
    let cors_request = cors.of(request.method(), request.headers());
    let preflight = cors_request.as_ref().is_some_and(|cors_request| cors_request.preflight);
    let permit = match issue_permit(&admission, &request, preflight) {
        Ok(permit) => permit,
        Err(error) => {
            // It is counted instead of logged: what is refused must cost next to nothing.
            let (request, response) = request.error_response(error).into_parts();
            let response = add_standard_headers(response, &id, &**clock, &admission, cors_request);
            let target = metrics.target(request.method(), None);
            metrics.record(target, response.status(), started.elapsed());
            return Ok(ServiceResponse::new(request, response));
        }
    };
    request.extensions_mut().insert(id.clone());
    let limit_state = RateLimitStateSlot::default();
    request.extensions_mut().insert(limit_state.clone());
    let target = metrics.target(request.method(), request.match_pattern().as_deref());
    let span = span_of(metrics.names(target), &id);

    let work = async move {
        let answered = if preflight {
            Ok(request.into_response(HttpResponse::NoContent().finish()))
        } else {
            run_handler(request, next, permit.as_deref()).await
        };
        let (request, response) = match answered {
            Ok(response) => {
                let (request, response) = response.into_parts();
                let response = match &permit {
                    // A write is answered even if there is no room for its reply: it has happened.
                    Some(permit) => {
                        held_against_budget(response, permit, !request.method().is_safe())
                    }
                    None => response,
                };
                (Some(request), response)
            }
            Err(error) => (None, HttpResponse::from_error(error)),
        };
        let refused = matches!(api_error_of(&response), Some(ApiError::Refused(_)));
        let mut response = add_standard_headers(response, &id, &**clock, &admission, cors_request);
        limit_state.write(response.headers_mut(), clock.now());
        let time = started.elapsed();
        count(&metrics, target, &response, time);
        if !refused {
            log(&response, time);
        }
        match request {
            Some(request) => Ok(ServiceResponse::new(request, response)),
            None => Err(InternalError::from_response("a request was dropped", response).into()),
        }
    };
    timed(work.instrument(span)).await
}

/// Gives a request its permit and its deadline; health checks need neither, nor do requests that are
/// answered immediately.
fn issue_permit(
    admission: &Arc<AdmissionControl>,
    request: &ServiceRequest,
    preflight: bool,
) -> Result<Option<Rc<RequestPermit>>, ApiError> {
    if preflight || health::HEALTH_PATHS.contains(&request.path()) {
        return Ok(None);
    }
    let permit = RequestPermit::admitted(admission)?;
    request.extensions_mut().insert(Rc::clone(&permit));
    Ok(Some(permit))
}

/// Runs the handler, at most for the time of the request. A panic becomes an error.
async fn run_handler<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    permit: Option<&RequestPermit>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if announced_length(request.headers()).is_some_and(|bytes| bytes > MAX_BODY_BYTES) {
        return Ok(request.error_response(ApiError::PayloadTooLarge));
    }
    // No clone of the request may be kept meanwhile: routing panics unless it has the only one.
    let work = async move { Ok(rendered(next.call(request).await?).await) };
    let work = AssertUnwindSafe(work).catch_unwind();
    let answered = match permit {
        Some(permit) => permit.clock.limit(work).await,
        None => Some(work.await),
    };
    answered
        .unwrap_or_else(|| {
            Ok(Err(ApiError::Unavailable("it exceeded its time limit".into()).into()))
        })
        .unwrap_or_else(|panic| Err(ApiError::Internal(panic_message(&*panic).into()).into()))
}

/// The message of a panic, if it is a literal: a formatted message may contain user content.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&'static str>();
    format!("a panic: {}", words.unwrap_or(&"its words are not for a log"))
}

/// The log span of a request. It omits the path, because it contains ids, and the query, because it
/// contains search texts; an unknown method is not logged either.
fn span_of((route, method): (&str, &str), id: &RequestId) -> Span {
    // An error span, so that a log that shows only errors also shows their request.
    tracing::error_span!(
        "request",
        request.id = id.0,
        method,
        route,
        workspace.id = field::Empty,
        key.id = field::Empty,
    )
}

/// Counts a request that was answered.
fn count(metrics: &RequestMetrics, target: RequestLabels, response: &HttpResponse, time: Duration) {
    metrics.record(target, response.status(), time);
    if response.headers().contains_key(IDEMPOTENT_REPLAYED) {
        metrics.record_replay();
    }
}

/// The log line of a request, unless it was refused.
fn log(response: &HttpResponse, time: Duration) {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(status = response.status().as_u16(), milliseconds, "answered");
}

/// Gives a response its headers, and an error the body that all errors have.
fn add_standard_headers(
    response: HttpResponse,
    id: &RequestId,
    clock: &dyn Clock,
    admission: &AdmissionControl,
    cors_request: Option<CorsRequest>,
) -> HttpResponse {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let mut response = if failed { with_error_body(response, id, clock.now()) } else { response };

    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    let kept = if headers.contains_key(header::ETAG) { KEEP_BUT_ASK } else { KEEP_NOTHING };
    headers.insert(header::CACHE_CONTROL, kept);
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Some(cors_request) = cors_request {
        cors_request.write(headers);
    }
    if admission.is_stopping() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// The error that a response was made of, unless it is one of the framework's.
fn api_error_of(response: &HttpResponse) -> Option<&ApiError> {
    response.error().and_then(|error| error.as_error())
}

fn with_error_body(response: HttpResponse, id: &RequestId, timestamp: Timestamp) -> HttpResponse {
    let cause = || response.error().map_or_else(String::new, ToString::to_string);
    let error = match api_error_of(&response) {
        Some(error) => error,
        None => &ApiError::of_framework(response.status(), cause()),
    };
    let (status, ..) = error.summary();
    if status.is_server_error() && !matches!(error, ApiError::Refused(_)) {
        tracing::error!(error = chain(error), "the request failed");
    }
    let body = serde_json::to_vec(&error_body(error, &id.0, timestamp));

    let mut response = response.set_body(BoxBody::new(body.unwrap_or_default()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
