//! Opening a stream of events.

use std::borrow::Cow;
use std::convert::Infallible;
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, Version};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::Error;
use conversations_application::events::EventService;
use conversations_application::keys::KeyService;
use conversations_application::owner;
use conversations_application::ports::FeedStart;
use conversations_domain::EventCursor;
use futures_util::{Stream as _, stream};

use super::follower::{Follower, Identity};
use super::frame::{self, CloseReason};
use super::{EventStreams, StreamKind, random_between};
use crate::auth::secret_in;
use crate::caller::{AnyKey, Caller};
use crate::connection_signals::ConnectionSignals;
use crate::error::ApiError;
use crate::events::query::{NOT_A_FRAME_ID, StreamQuery};
use crate::query::ValidatedQuery;

/// The cursor of the last frame that a client received.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Asks proxies such as nginx not to collect frames.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long clients are told to wait if there are too many streams.
const OVERLOADED_RETRY: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(20));

/// The reply to a request for a stream.
pub(crate) enum EventStreamReply {
    /// A stream.
    Stream(Box<Follower>, ConnectionSignals),
    /// One frame, and the end.
    Frame(Bytes),
    /// No content, for HEAD.
    Empty,
}

/// Each kind of event needs its own permission, so any key with one of them may call it.
pub(crate) async fn open(
    caller: Caller<AnyKey>,
    service: Data<EventService>,
    keys: Data<KeyService>,
    streams: Data<EventStreams>,
    request: HttpRequest,
    query: ValidatedQuery<StreamQuery>,
) -> Result<EventStreamReply, ApiError> {
    let StreamQuery { start, last_id, filter } = query.0;
    let last_id = last_event_id(request.headers())?.or(last_id);
    let start = last_id.map_or(start, FeedStart::After);
    let read_at = Instant::now();
    let (cursor, position) = match service.find_start(&caller, start).await {
        Ok((cursor, ends)) => (cursor, Ok(ends)),
        Err(Error::CursorGone { reason, ends }) => {
            // The first frame has the requested cursor: after a cut, the client has to learn that it is
            // gone.
            let cursor = if let FeedStart::After(cursor) = start { cursor } else { ends.latest };
            (cursor, Err((reason, ends)))
        }
        Err(error) => return Err(error.into()),
    };
    if request.method() == Method::HEAD {
        return Ok(EventStreamReply::Empty);
    }
    // Authentication set it.
    let owner = owner::current().ok_or(ApiError::AuthRequired)?;
    let place =
        match streams.clone().into_inner().enter(owner, StreamKind::Stream, last_id.is_some()) {
            Ok(place) => place,
            // Many clients give up permanently when they are refused on coming back.
            Err(ApiError::Refused(_) | ApiError::TooManyStreams) if last_id.is_some() => {
                let retry = random_between(OVERLOADED_RETRY.0, OVERLOADED_RETRY.1);
                let frame = frame::close(CloseReason::Overloaded, cursor, Some(retry));
                return Ok(EventStreamReply::Frame(frame));
            }
            Err(refused) => return Err(refused),
        };
    let secret = secret_in(request.headers())?.to_owned();
    let identity = Identity { caller: (*caller).clone(), owner, secret };
    let follower =
        Follower::new((identity, place), (service, keys), filter, (cursor, read_at), position);
    let signals = ConnectionSignals::of(&request);
    signals.end_with(streams.stop.subscribe());
    Ok(EventStreamReply::Stream(Box::new(follower), signals))
}

/// The header `Last-Event-ID`. Some clients send it empty if they have none. Some add the current one after
/// the one that they began with: which of the two is meant is not for a server to guess.
fn last_event_id(headers: &HeaderMap) -> Result<Option<EventCursor>, ApiError> {
    let mut given = headers.get_all(LAST_EVENT_ID);
    let (last, more) = (given.next(), given.next());
    if more.is_some() {
        return Err(ApiError::BadRequest(Cow::Borrowed(
            "The Last-Event-ID header must be given once.",
        )));
    }
    let Some(last) = last.filter(|last| !last.is_empty()) else { return Ok(None) };
    let cursor = last.to_str().ok().and_then(|text| text.parse().ok());
    cursor.map(Some).ok_or_else(|| ApiError::field("Last-Event-ID", NOT_A_FRAME_ID))
}

impl Responder for EventStreamReply {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = self.into_response();
        // HTTP/1.0 knows no chunks: the body ends with the connection.
        if request.version() < Version::HTTP_11 {
            let head = response.head_mut();
            head.no_chunking(true);
            head.set_connection_type(ConnectionType::Close);
        }
        response
    }
}

impl EventStreamReply {
    fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/event-stream")))
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .insert_header((X_ACCEL_BUFFERING, HeaderValue::from_static("no")));
        match self {
            Self::Stream(follower, signals) => {
                let mut frames = Box::pin(stream::unfold(follower, async |mut follower| {
                    let bytes = follower.next().await?;
                    Some((Ok::<_, Infallible>(bytes), follower))
                }));
                // A client that hangs up wakes the connection, and so this.
                response.streaming(stream::poll_fn(move |context| {
                    if signals.is_hung_up() {
                        return Poll::Ready(None);
                    }
                    frames.as_mut().poll_next(context)
                }))
            }
            Self::Frame(frame) => {
                response.streaming(stream::once(async { Ok::<_, Infallible>(frame) }))
            }
            Self::Empty => response.streaming(stream::empty::<Result<Bytes, Infallible>>()),
        }
    }
}
