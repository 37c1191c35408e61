//! What one request has of the process as long as it is here: its time, and its places. The boundary
//! gives it, and whoever works for the request finds it in the request's extensions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use conversations_domain::KeyId;

use crate::deadline::Clock;
use crate::error::ApiError;
use crate::load::{KeyPlace, Load, Place, Room};

/// What one request has of the process. All of it is given back when this is dropped, which it is
/// when the request is answered, cut off or out of time.
pub(crate) struct Visit {
    load: Arc<Load>,
    pub(crate) clock: Clock,
    place: RefCell<Option<Place>>,
    /// Whose request it is, once that is known.
    key: Cell<Option<KeyId>>,
    key_place: RefCell<Option<KeyPlace>>,
    /// While its body is on its way.
    room: RefCell<Option<Room>>,
}

impl Visit {
    /// A visit with a place.
    pub(crate) fn admitted(load: &Arc<Load>) -> Result<Rc<Self>, ApiError> {
        let place = load.place().ok_or(ApiError::Refused(FULL))?;
        let visit = Self {
            load: Arc::clone(load),
            clock: Clock::starting(load.limits().request),
            place: RefCell::new(Some(place)),
            key: Cell::new(None),
            key_place: RefCell::default(),
            room: RefCell::default(),
        };
        Ok(Rc::new(visit))
    }

    /// The visit of a request; none where nobody counts.
    pub(crate) fn of(request: &impl HttpMessage) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    /// Takes a place of the key, which the request keeps from now on.
    pub(crate) fn count_for(&self, key: KeyId) -> Result<(), ApiError> {
        let place = self.load.key_place(key).ok_or(ApiError::Refused(KEY_FULL))?;
        self.key.set(Some(key));
        self.key_place.replace(Some(place));
        Ok(())
    }

    /// Lets go of everything for as long as the client has to send a body of this size, which takes
    /// room instead.
    pub(crate) fn pause(&self, bytes: usize) -> Result<(), ApiError> {
        let room = self.load.room(self.key.get(), bytes).ok_or(ApiError::Refused(NO_ROOM))?;
        self.room.replace(Some(room));
        self.clock.suspend();
        self.place.take();
        self.key_place.take();
        Ok(())
    }

    /// Takes everything again: others may have taken the places meanwhile.
    pub(crate) fn go_on(&self) -> Result<(), ApiError> {
        self.clock.resume();
        self.room.take();
        let place = self.load.place().ok_or(ApiError::Refused(FULL))?;
        self.place.replace(Some(place));
        self.key.get().map_or(Ok(()), |key| self.count_for(key))
    }

    /// Gives the request the time of those that may take as long as there is data.
    pub(crate) fn take_longer(&self) {
        let limits = self.load.limits();
        self.clock.extend(limits.at_length.saturating_sub(limits.request));
    }
}

/// Waits for a body of at most this size: neither does the clock run meanwhile, nor are places taken.
pub(crate) async fn waiting_for_client<T>(
    request: &HttpRequest,
    bytes: usize,
    work: impl Future<Output = T>,
) -> Result<T, ApiError> {
    let mut work = std::pin::pin!(work);
    // What is there already is not waited for.
    if let Some(outcome) = futures_util::future::poll_immediate(work.as_mut()).await {
        return Ok(outcome);
    }
    let Some(visit) = Visit::of(request) else { return Ok(work.await) };
    visit.pause(bytes)?;
    let outcome = work.await;
    visit.go_on()?;
    Ok(outcome)
}

const FULL: &str = "too many requests at once";
const NO_ROOM: &str = "too much on its way at once";
const KEY_FULL: &str = "too many requests with this key at once";
