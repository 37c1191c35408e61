//! What a caller is told of a limit.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use conversations_domain::Timestamp;

use super::RateLimitState;
use crate::error::{ApiError, whole_seconds};

pub(crate) const X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
pub(crate) const X_RATELIMIT_REMAINING: HeaderName =
    HeaderName::from_static("x-ratelimit-remaining");
pub(crate) const X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The headers that tell of a limit.
pub(crate) const RATE_LIMIT_HEADERS: [HeaderName; 3] =
    [X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING, X_RATELIMIT_RESET];

/// Where it is left how a request stands with its limit. The outermost middleware puts it into the
/// request and keeps it, because of some requests nothing else is left when they are answered: of
/// one that panicked, say.
#[derive(Clone, Default)]
pub(crate) struct RateLimitStateSlot(Rc<Cell<Option<RateLimitState>>>);

impl RateLimitStateSlot {
    pub(super) fn fill(request: &HttpRequest, limit_state: RateLimitState) {
        if let Some(slot) = request.extensions().get::<Self>() {
            slot.0.set(Some(limit_state));
        }
    }

    /// Adds the headers that tell of the limit, if there is one.
    pub(crate) fn write(&self, headers: &mut HeaderMap, now: Timestamp) {
        if let Some(limit_state) = self.0.get() {
            headers.insert(X_RATELIMIT_LIMIT, limit_state.limit.requests().into());
            headers.insert(X_RATELIMIT_REMAINING, limit_state.remaining.into());
            headers.insert(X_RATELIMIT_RESET, limit_state.reset(now));
        }
    }
}

impl RateLimitState {
    /// The refusal, if the limit did not allow the request.
    pub(super) fn check(self) -> Result<(), ApiError> {
        self.wait.map_or(Ok(()), |wait| Err(ApiError::RateLimited { wait }))
    }

    /// The second, of the Unix epoch, in which the limit allows everything again.
    fn reset(self, now: Timestamp) -> HeaderValue {
        let now = u64::try_from(now.as_unix_millis()).unwrap_or_default();
        whole_seconds(Duration::from_millis(now) + self.full_in).into()
    }
}
