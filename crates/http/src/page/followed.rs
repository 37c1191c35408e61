//! Lists whose changes are events of the feed. The position of the feed is their version: as long as it
//! stays, so does the list, which then need not be read again.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use conversations_application::events::EventService;
use conversations_application::ports::{AtPosition, FeedPosition};
use conversations_application::{Caller, ETag, Error, Page, PageRequest};
use conversations_domain::EventCursor;
use futures_util::future::{Ready, ready};

use super::ListBody;
use crate::conditions;
use crate::error::ApiError;

/// Reads what the feed reports, unless the caller has it already.
pub(crate) struct ListReader {
    request: HttpRequest,
    events: Data<EventService>,
}

/// A reply about what the feed reports.
pub(crate) enum Followed<B> {
    /// The body, with its ETag.
    Body(ETag, B),
    /// The caller has the body with this ETag.
    NotModified(ETag),
}

/// A page of a list that the feed reports.
pub(crate) type FollowedList<T> = Followed<ListBody<T>>;

impl FromRequest for ListReader {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let events = Data::from_request(request, payload).into_inner();
        ready(events.map(|events| Self { request: request.clone(), events }))
    }
}

impl ListReader {
    /// The page that was asked for, from `read`, which is not called if the caller has it.
    pub(crate) async fn read<T, E: Into<T>>(
        self,
        caller: &Caller,
        asked: PageRequest,
        read: impl AsyncFnOnce() -> Result<Page<E>, Error>,
    ) -> Result<FollowedList<T>, ApiError> {
        let body = async |as_of| Ok(ListBody::new(asked, read().await?).with_as_of(as_of));
        self.read_body(caller, body).await
    }

    /// The page that was asked for, from `read`, which tells how far the feed was, and is called again if
    /// it does not.
    pub(crate) async fn read_at_position<T, E: Into<T>>(
        self,
        caller: &Caller,
        asked: PageRequest,
        read: impl AsyncFn() -> Result<AtPosition<Page<E>>, Error>,
    ) -> Result<FollowedList<T>, ApiError> {
        if conditions::knows_some(&self.request) {
            return self.read(caller, asked, async || Ok(read().await?.content)).await;
        }
        let AtPosition { content, position: Some(position) } = read().await? else {
            return self.read(caller, asked, async || Ok(read().await?.content)).await;
        };
        if position.has_many_waiting() {
            // The next lists have few to count.
            self.events.position(caller).await?;
        }
        let body = ListBody::new(asked, content).with_as_of(position.cursor);
        Ok(Followed::Body(etag(&self.request, position), body))
    }

    /// The same of any body, which is told the position of the feed.
    pub(crate) async fn read_body<B>(
        self,
        caller: &Caller,
        read: impl AsyncFnOnce(EventCursor) -> Result<B, Error>,
    ) -> Result<Followed<B>, ApiError> {
        let Self { request, events } = self;
        // Before the list: that may be newer than its ETag, which only costs another read.
        let position = events.position(caller).await?;
        let etag = etag(&request, position);
        if conditions::is_known(&request, &etag) {
            return Ok(Followed::NotModified(etag));
        }
        let body = read(position.cursor).await?;
        Ok(Followed::Body(etag, body))
    }
}

/// The ETag of what is asked for at this position of the feed, in this version of the program, which may
/// show the same list in another way.
fn etag(request: &HttpRequest, position: FeedPosition) -> ETag {
    let FeedPosition { cursor, waiting, last_ticket } = position;
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    request.path().hash(&mut hasher);
    request.query_string().hash(&mut hasher);
    ETag::new(format!("{cursor}-{waiting}-{last_ticket}-{:016x}", hasher.finish()))
}

impl<B: Responder<Body = BoxBody>> Responder for Followed<B> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let (etag, mut response) = match self {
            Self::Body(etag, body) => (etag, body.respond_to(request)),
            Self::NotModified(etag) => (etag, HttpResponse::NotModified().finish()),
        };
        // An ETag is visible ASCII.
        if let Ok(value) = header::HeaderValue::try_from(conditions::quoted(&etag)) {
            response.headers_mut().insert(header::ETAG, value);
        }
        response
    }
}
