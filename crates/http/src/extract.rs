//! Extractors: validated bodies and ids from paths.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::auth::authenticate_again;
use crate::details::Details;
use crate::error::ApiError;
use crate::offload::off_worker;
use crate::query::QueryReader;
use crate::request_permit::{RequestPermit, set_aside};
use crate::{json, validation};

/// The most bytes that a body may have.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// Up to this many bytes are read on the worker; larger bodies may hold tens of thousands of
/// values, or be quoted at length in what is wrong with them.
const SMALL_BODY: usize = 16 << 10;

/// How long a body may take to arrive. The framework limits the head alone; a stalled body would
/// keep its connection forever.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// How long a body may take to arrive without its key being asked for again.
const TRUST: Duration = Duration::from_millis(500);

/// A valid JSON body of an operation without query parameters.
pub(crate) struct ValidatedJson<T>(pub(crate) T);

/// The ids in a path: one, or a tuple of them.
pub(crate) struct IdPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Validate + Send + 'static> FromRequest for ValidatedJson<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let query = QueryReader::new(request.query_string());
        let body = read_body(request, payload);
        async move {
            let problems = query?.into_problems();
            read_large(body.await?, move |bytes| validated(bytes, problems)).await.map(Self)
        }
        .boxed_local()
    }
}

/// Reads a body without blocking other requests: a large one on another thread.
pub(crate) async fn read_large<T: Send + 'static>(
    bytes: web::Bytes,
    read: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> T {
    if bytes.len() > SMALL_BODY { off_worker(move || read(&bytes)).await } else { read(&bytes) }
}

/// Reads a body and reports what is wrong with it along with the problems there are already.
pub(crate) fn validated<T: DeserializeOwned + Validate>(
    bytes: &[u8],
    mut problems: Details,
) -> Result<T, ApiError> {
    let mut found = Details::default();
    let value = match json::read::<T>(bytes, &mut found) {
        Ok(value) => value,
        Err(ApiError::Validation(unreadable)) => {
            found.extend(unreadable);
            None
        }
        Err(unreadable) => return Err(unreadable),
    };
    if let Some(Err(invalid)) = value.as_ref().map(Validate::validate) {
        found.note_beside(validation::all(&invalid));
    }
    problems.extend(found);
    value.filter(|_| problems.is_empty()).ok_or(ApiError::Validation(problems))
}

/// Reads a body to its end, or to the limit of its size or of its time.
pub(crate) fn read_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<web::Bytes, ApiError>> + use<> {
    let payload = web::Payload::from_request(request, payload).into_inner();
    let (request, began) = (request.clone(), Instant::now());
    async move {
        let read = collect(&request, payload.map_err(unreadable)?);
        let read = set_aside(&request, timeout(BODY_DEADLINE, read)).await?;
        let bytes = read.map_err(|_| ApiError::RequestTimeout)??;
        if began.elapsed() >= TRUST {
            authenticate_again(&request).await?;
        }
        Ok(bytes)
    }
}

/// All of a body. Its bytes count as they arrive, however many were announced.
async fn collect(request: &HttpRequest, mut payload: web::Payload) -> Result<web::Bytes, ApiError> {
    let permit = RequestPermit::of(request);
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(unreadable)?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        if let Some(permit) = &permit {
            permit.received(chunk.len())?;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn unreadable<E>(_: E) -> ApiError {
    ApiError::BadRequest(Cow::Borrowed("The body could not be read completely."))
}

/// How large the head of a request says that its body is.
pub(crate) fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl<T: DeserializeOwned> FromRequest for IdPath<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let ids = web::Path::<T>::from_request(request, payload).into_inner();
        ready(ids.map(|ids| Self(ids.into_inner())).map_err(|_| ApiError::NotFound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[actix_web::test]
    async fn a_large_body_is_read_on_another_thread() {
        for (size, is_read_here) in [(0, true), (SMALL_BODY, true), (SMALL_BODY + 1, false)] {
            let body = web::Bytes::from(vec![b'x'; size]);

            let read = read_large(body, |bytes| (bytes.len(), thread::current().id()));

            let (read, thread) = read.await;
            assert_eq!((read, thread == thread::current().id()), (size, is_read_here));
        }
    }
}
