//! Listing events, and waiting for new ones.

use std::pin::pin;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::rt::time::sleep;
use actix_web::web::Data;
use conversations_application::events::EventService;
use conversations_application::owner;
use conversations_application::ports::FeedStart;
use conversations_domain::EventCursor;
use futures_util::future::{Either, select};

use super::FeedBody;
use super::query::ListQuery;
use super::stream::{EventStreams, StreamKind};
use crate::auth::authenticate_again;
use crate::caller::{AnyKey, Caller};
use crate::error::ApiError;
use crate::query::ValidatedQuery;
use crate::request_permit::{is_stopping, set_aside};

/// How often a waiting request checks whether the process is stopping.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Each kind of event needs its own permission, so any key with one of them may call it.
pub(crate) async fn list(
    caller: Caller<AnyKey>,
    service: Data<EventService>,
    streams: Data<EventStreams>,
    request: HttpRequest,
    query: ValidatedQuery<ListQuery>,
) -> Result<FeedBody, ApiError> {
    let ListQuery { mut wanted, wait } = query.0;
    let begun = Instant::now();
    let mut place = None;
    loop {
        let page = service.list(&caller, &wanted).await?;
        let left = wait.saturating_sub(begun.elapsed());
        if !page.events.is_empty() || left.is_zero() {
            return FeedBody::new(page, &caller.permissions);
        }
        wanted.start = FeedStart::After(page.cursor);
        if page.remaining() > 0 {
            continue;
        }
        if let (None, Some(owner)) = (&place, owner::current()) {
            place = Some(streams.clone().into_inner().enter(owner, StreamKind::Wait, false)?);
        }
        // A waiting request counts as a stream, and holds no connection.
        let waited = wait_for_news(&request, &service, &caller, (page.cursor, left));
        if set_aside(&request, waited).await? {
            authenticate_again(&request).await?;
            wanted.is_current = false;
        } else {
            return FeedBody::new(page, &caller.permissions);
        }
    }
}

/// Waits for an event after a position, at most this long, and at most until the process stops; returns
/// whether there is one.
async fn wait_for_news(
    request: &HttpRequest,
    service: &EventService,
    caller: &Caller<AnyKey>,
    (place, limit): (EventCursor, Duration),
) -> bool {
    let news = pin!(service.wait(caller, place, limit));
    let stopping = pin!(until_stopping(request));
    match select(news, stopping).await {
        Either::Left((is_news, _)) => is_news,
        Either::Right(((), _)) => false,
    }
}

/// Waits until the process is told to stop, because it then waits for all requests.
async fn until_stopping(request: &HttpRequest) {
    while !is_stopping(request) {
        sleep(LOOK_EVERY).await;
    }
}
