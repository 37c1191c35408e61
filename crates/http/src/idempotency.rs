//! Requests that can be sent again without being done again: POST with `Idempotency-Key`
//! (`docs/api.md#sending-again`).

use std::borrow::Cow;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use conversations_application::ports::IdempotentRequest;
use conversations_application::{
    Error, IdempotencyService, IdempotentOutcome, ResponseRecorder, ResponseSubjects,
};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::caller::{Caller, Writes};
use crate::disclosure::{Disclosure, WriteReply};
use crate::error::ApiError;
use crate::extract::{read_body, read_large, validated};
use crate::query::QueryReader;
use crate::reply::{StorableReply, StoredReply};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
pub(crate) const MAX_KEY_LENGTH: usize = 255;

/// What comes with a POST: a JSON body whose fields are all right, and by what the request is known
/// again, if it is to be.
pub(crate) struct IdempotentJson<T> {
    /// The body.
    pub(crate) body: T,
    /// The request, if it carries a key.
    pub(crate) request: Option<IdempotentRequest>,
}

/// The reply to a request that may have been done before.
pub(crate) enum IdempotentResponse<R> {
    /// It was done now.
    Executed(R),
    /// It was done before; this was the reply.
    Replayed(StoredReply),
}

impl<R: WriteReply> WriteReply for IdempotentResponse<R> {}

impl<T: DeserializeOwned + Validate + Send + 'static> FromRequest for IdempotentJson<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let query = QueryReader::new(request.query_string());
        let body = read_body(request, payload);
        let request = request.clone();
        async move {
            let key = key_in(request.headers())?;
            let problems = query?.into_problems();
            let identity = key.map(|key| RequestIdentity {
                method: request.method().as_str().to_owned(),
                // Decoded: however a path is encoded, it is the same operation.
                path: request.match_info().as_str().to_owned(),
                key: key.to_owned(),
                query: request.query_string().to_owned(),
            });
            read_large(body.await?, move |bytes| {
                let request = identity.map(|identity| identity.with(bytes));
                Ok(Self { body: validated(bytes, problems)?, request })
            })
            .await
        }
        .boxed_local()
    }
}

/// What identifies a request, except for its body.
struct RequestIdentity {
    method: String,
    path: String,
    key: String,
    query: String,
}

impl RequestIdentity {
    /// The request with this body.
    fn with(self, body: &[u8]) -> IdempotentRequest {
        let Self { method, path, key, query } = self;
        IdempotentRequest::new(&method, &path, &key, &query, body)
    }
}

/// Runs a command, unless the idempotency key was used before, and shows what became of it: as much
/// as the caller may read. The reply is kept as it is shown; a caller that sends the request again
/// is shown no more than both may read.
pub(crate) async fn run_idempotent<P, T, R>(
    once: &IdempotencyService,
    caller: &Caller<P>,
    request: Option<IdempotentRequest>,
    show: impl Fn(Disclosure, &T) -> R + Copy + Send + Sync + 'static,
    command: impl AsyncFnOnce(ResponseRecorder<T>) -> Result<T, Error>,
) -> Result<IdempotentResponse<R>, Error>
where
    P: Writes,
    T: ResponseSubjects + 'static,
    R: StorableReply + WriteReply,
{
    run_idempotent_storing(once, caller, request, (show, show), command).await
}

/// The same for a reply that is kept otherwise than it is shown.
pub(crate) async fn run_idempotent_storing<P, T, R, K>(
    once: &IdempotencyService,
    caller: &Caller<P>,
    request: Option<IdempotentRequest>,
    (show, kept): (
        impl Fn(Disclosure, &T) -> R,
        impl Fn(Disclosure, &T) -> K + Send + Sync + 'static,
    ),
    command: impl AsyncFnOnce(ResponseRecorder<T>) -> Result<T, Error>,
) -> Result<IdempotentResponse<R>, Error>
where
    P: Writes,
    T: ResponseSubjects + 'static,
    R: WriteReply,
    K: StorableReply + WriteReply,
{
    let disclosure = Disclosure::to(caller);
    let content =
        move |outcome: &T| Ok(serde_json::to_string(&kept(disclosure, outcome).write()?)?);
    match once.run(caller, request, content, command).await? {
        IdempotentOutcome::Executed(done) => {
            Ok(IdempotentResponse::Executed(show(disclosure, &done)))
        }
        IdempotentOutcome::Replayed(content) => serde_json::from_str::<StoredReply>(&content)
            .and_then(|kept| if K::SHOWS_RESOURCE { kept.disclosed(disclosure) } else { Ok(kept) })
            .map(IdempotentResponse::Replayed)
            // Serde quotes what it finds, which is what people wrote.
            .map_err(|error| {
                let place = format!("at column {}", error.column());
                Error::Internal(format!("a stored reply cannot be read: {place}").into())
            }),
    }
}

impl<R: Responder<Body = BoxBody>> Responder for IdempotentResponse<R> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Executed(reply) => reply.respond_to(request),
            Self::Replayed(written) => {
                let mut response = written.into_response(request);
                let replayed = HeaderValue::from_static("true");
                response.headers_mut().insert(IDEMPOTENT_REPLAYED, replayed);
                response
            }
        }
    }
}

/// The key that a request carries: one header of 1 to 255 visible ASCII characters.
pub(crate) fn key_in(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY);
    let (key, more) = (given.next(), given.next());
    let Some(key) = key else { return Ok(None) };
    let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
    let key = key.to_str().ok().filter(|key| (1..=MAX_KEY_LENGTH).contains(&key.len()));
    match key {
        Some(key) if visible && more.is_none() => Ok(Some(key)),
        _ => Err(ApiError::BadRequest(Cow::Borrowed(
            "The Idempotency-Key header must be given once, with 1 to 255 visible ASCII \
             characters.",
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    fn read(keys: &[&[u8]]) -> Result<Option<String>, &'static str> {
        let request = keys.iter().fold(TestRequest::default(), |request, &key| {
            let value = HeaderValue::from_bytes(key).expect("a value");
            request.append_header((IDEMPOTENCY_KEY, value))
        });
        let request = request.to_http_request();
        let key = key_in(request.headers()).map_err(|error| error.summary().1);
        key.map(|key| key.map(str::to_owned))
    }

    #[test]
    fn visible_ascii_is_a_key_and_nothing_else() {
        let longest = "~".repeat(MAX_KEY_LENGTH);

        assert_eq!(read(&[]), Ok(None));
        for key in ["!", "a-b_c:1/2", "\"quoted\"", longest.as_str()] {
            assert_eq!(read(&[key.as_bytes()]), Ok(Some(key.to_owned())));
        }
        let too_long = vec![b'a'; MAX_KEY_LENGTH + 1];
        for key in [b"".as_slice(), b"a b", b"a\tb", "ü".as_bytes(), &too_long] {
            assert_eq!(read(&[key]), Err("BAD_REQUEST"), "{key:?}");
        }
        assert_eq!(read(&[b"a", b"a"]), Err("BAD_REQUEST"));
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_is_or_refused(key in "[ -~\u{80}-\u{ff}]{0,300}") {
            let fits = (1..=MAX_KEY_LENGTH).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_graphic());
            let expected = if fits { Ok(Some(key.clone())) } else { Err("BAD_REQUEST") };
            prop_assert_eq!(read(&[key.as_bytes()]), expected);
        }
    }
}
