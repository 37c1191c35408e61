//! What one request has of the process as long as it is here: its time, its place, and the bytes that it
//! holds. The boundary creates it, and other code finds it in the request's extensions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use conversations_application::owner::Owner;
use futures_util::future::{Ready, ready};

use crate::deadline::Clock;
use crate::error::ApiError;
use crate::load::{Entrance, HeldBytes, Load, Place, Reason, ReplyReservation};

/// What one request has of the process. All of it is given back when this is dropped, which it is
/// when the request is answered, cut off or out of time.
pub(crate) struct Visit {
    load: Arc<Load>,
    pub(crate) clock: Clock,
    /// Until it is known whose request it is.
    entrance: RefCell<Option<Entrance>>,
    /// Whose request it is, once that is known.
    owner: Cell<Option<Owner>>,
    /// What is held for its reply while that is made.
    reservation: RefCell<Option<Arc<ReplyReservation>>>,
    place: RefCell<Option<Place>>,
    /// How many bytes of its body are here.
    received: Cell<usize>,
    /// While its body is on its way.
    body: RefCell<Option<HeldBytes>>,
}

impl Visit {
    /// The visit of a request that was let in.
    pub(crate) fn admitted(load: &Arc<Load>) -> Result<Rc<Self>, ApiError> {
        let visit = Self {
            load: Arc::clone(load),
            entrance: RefCell::new(Some(load.enter()?)),
            clock: Clock::starting(load.limits().request),
            owner: Cell::new(None),
            reservation: RefCell::default(),
            place: RefCell::default(),
            received: Cell::default(),
            body: RefCell::default(),
        };
        Ok(Rc::new(visit))
    }

    /// The visit of a request; none where nobody counts.
    pub(crate) fn of(request: &impl HttpMessage) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    /// Takes a place of this owner, which the request keeps from now on. There may be a short wait.
    pub(crate) async fn count_for(&self, owner: Owner) -> Result<(), ApiError> {
        self.load.expect_reply(owner)?;
        self.entrance.take();
        self.owner.set(Some(owner));
        let place = self.load.place(owner).await?;
        self.place.replace(Some(place));
        Ok(())
    }

    /// The budget within which the reply of this owner is made.
    pub(crate) fn reply_budget(&self, owner: Owner) -> Arc<ReplyReservation> {
        let reservation = ReplyReservation::of(&self.load, owner);
        self.reservation.replace(Some(Arc::clone(&reservation)));
        reservation
    }

    /// Lets go of everything for as long as the request is set aside.
    fn pause(&self) -> Result<(), ApiError> {
        if let Some(owner) = self.owner.get() {
            self.body.replace(Some(self.load.body(owner, self.received.get())?));
        }
        self.clock.suspend();
        self.entrance.take();
        self.place.take();
        Ok(())
    }

    /// Counts bytes of the body that arrived. What does not keep the request waiting is not counted: its
    /// place is all that it needs.
    pub(crate) fn received(&self, bytes: usize) -> Result<(), ApiError> {
        self.received.set(self.received.get() + bytes);
        match &mut *self.body.borrow_mut() {
            Some(held) => Ok(self.load.more_body(held, bytes)?),
            None => Ok(()),
        }
    }

    /// Takes everything again: others may have taken the places meanwhile.
    async fn go_on(&self) -> Result<(), ApiError> {
        self.clock.resume();
        self.body.take();
        match self.owner.get() {
            Some(owner) => {
                let place = self.load.place(owner).await?;
                self.place.replace(Some(place));
            }
            None => {
                self.entrance.replace(Some(self.load.enter()?));
            }
        }
        Ok(())
    }

    /// Room for a reply of this size, where it is known whose it is. One that has to be sent is sent
    /// whether or not there is room.
    pub(crate) fn reply(&self, bytes: usize, anyway: bool) -> Result<Option<HeldBytes>, ApiError> {
        let Some(owner) = self.owner.get() else { return Ok(None) };
        let reserved = self.reservation.take().and_then(|reservation| reservation.take());
        if let Some(mut held) = reserved {
            self.load.reply_after_all(&mut held, bytes, anyway)?;
            return Ok(Some(held));
        }
        if anyway {
            return Ok(Some(self.load.reply_anyway(owner, bytes)));
        }
        Ok(Some(self.load.reply(owner, bytes)?))
    }

    /// Gives the request the time of those that may take as long as there is data.
    pub(crate) fn take_longer(&self) {
        let limits = self.load.limits();
        self.clock.extend(limits.at_length.saturating_sub(limits.request));
    }
}

/// Whether the process is stopping, and waits for this request.
pub(crate) fn is_stopping(request: &HttpRequest) -> bool {
    Visit::of(request).is_some_and(|visit| visit.load.is_stopping())
}

/// What a handler takes that may need as long as there is data: with it in the signature, a request
/// may take longer than others.
pub(crate) struct AtLength;

impl FromRequest for AtLength {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(visit) = Visit::of(request) {
            visit.take_longer();
        }
        ready(Ok(Self))
    }
}

impl From<Reason> for ApiError {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.sentence())
    }
}

/// Waits for what may take long without work of this process, such as a body that is on its way:
/// neither does the clock run meanwhile, nor are places taken.
pub(crate) async fn set_aside<T>(
    request: &HttpRequest,
    work: impl Future<Output = T>,
) -> Result<T, ApiError> {
    let mut work = std::pin::pin!(work);
    // What is there already is not waited for.
    if let Some(outcome) = futures_util::future::poll_immediate(work.as_mut()).await {
        return Ok(outcome);
    }
    let Some(visit) = Visit::of(request) else { return Ok(work.await) };
    visit.pause()?;
    let outcome = work.await;
    visit.go_on().await?;
    Ok(outcome)
}
