//! The resources of one request: its deadline, its permit, and the bytes that it holds. The boundary
//! creates it, and other code finds it in the request's extensions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use conversations_application::owner::Owner;
use futures_util::future::{Ready, ready};

use crate::admission::{
    AdmissionControl, Permit, RefusalReason, ReplyReservation, ReservedBytes, UnauthenticatedPermit,
};
use crate::deadline::RequestClock;
use crate::error::ApiError;

/// The resources of one request. All are released on drop: when the request is answered, cut off or
/// out of time.
pub(crate) struct RequestPermit {
    admission: Arc<AdmissionControl>,
    pub(crate) clock: RequestClock,
    /// Until it is known whose request it is.
    unauthenticated: RefCell<Option<UnauthenticatedPermit>>,
    /// Whose request it is, once that is known.
    owner: Cell<Option<Owner>>,
    /// What is held for its reply while that is made.
    reservation: RefCell<Option<Arc<ReplyReservation>>>,
    permit: RefCell<Option<Permit>>,
    /// How many bytes of its body are here.
    received: Cell<usize>,
    /// While its body is on its way.
    body: RefCell<Option<ReservedBytes>>,
}

impl RequestPermit {
    /// The permit of a request that was let in.
    pub(crate) fn admitted(admission: &Arc<AdmissionControl>) -> Result<Rc<Self>, ApiError> {
        let permit = Self {
            admission: Arc::clone(admission),
            unauthenticated: RefCell::new(Some(admission.enter()?)),
            clock: RequestClock::starting(admission.limits().request),
            owner: Cell::new(None),
            reservation: RefCell::default(),
            permit: RefCell::default(),
            received: Cell::default(),
            body: RefCell::default(),
        };
        Ok(Rc::new(permit))
    }

    /// The permit of a request; none if requests are not counted.
    pub(crate) fn of(request: &impl HttpMessage) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    /// Takes a permit of this owner, which the request keeps from now on. There may be a short wait.
    pub(crate) async fn identify(&self, owner: Owner) -> Result<(), ApiError> {
        self.admission.check_reply_budget(owner)?;
        self.unauthenticated.take();
        self.owner.set(Some(owner));
        let permit = self.admission.acquire(owner).await?;
        self.permit.replace(Some(permit));
        Ok(())
    }

    /// The budget within which the reply of this owner is made.
    pub(crate) fn reply_budget(&self, owner: Owner) -> Arc<ReplyReservation> {
        let reservation = ReplyReservation::of(&self.admission, owner);
        self.reservation.replace(Some(Arc::clone(&reservation)));
        reservation
    }

    /// Lets go of everything for as long as the request is set aside.
    fn pause(&self) -> Result<(), ApiError> {
        if let Some(owner) = self.owner.get() {
            self.body.replace(Some(self.admission.body(owner, self.received.get())?));
        }
        self.clock.suspend();
        self.unauthenticated.take();
        self.permit.take();
        Ok(())
    }

    /// Counts bytes of the body that arrived. What does not keep the request waiting is not counted: its
    /// permit is all that it needs.
    pub(crate) fn received(&self, bytes: usize) -> Result<(), ApiError> {
        self.received.set(self.received.get() + bytes);
        match &mut *self.body.borrow_mut() {
            Some(held) => Ok(self.admission.grow_body(held, bytes)?),
            None => Ok(()),
        }
    }

    /// Takes everything again: others may have taken the permits meanwhile.
    async fn resume(&self) -> Result<(), ApiError> {
        self.clock.resume();
        self.body.take();
        match self.owner.get() {
            Some(owner) => {
                let permit = self.admission.acquire(owner).await?;
                self.permit.replace(Some(permit));
            }
            None => {
                self.unauthenticated.replace(Some(self.admission.enter()?));
            }
        }
        Ok(())
    }

    /// Room for a reply of this size, where it is known whose it is. One that has to be sent is sent
    /// whether or not there is room.
    pub(crate) fn reply(
        &self,
        bytes: usize,
        anyway: bool,
    ) -> Result<Option<ReservedBytes>, ApiError> {
        let Some(owner) = self.owner.get() else { return Ok(None) };
        let reserved = self.reservation.take().and_then(|reservation| reservation.take());
        if let Some(mut held) = reserved {
            self.admission.resize_reply(&mut held, bytes, anyway)?;
            return Ok(Some(held));
        }
        if anyway {
            return Ok(Some(self.admission.force_reply(owner, bytes)));
        }
        Ok(Some(self.admission.reply(owner, bytes)?))
    }

    /// Gives the request the time of those that may take as long as there is data.
    pub(crate) fn extend_deadline(&self) {
        let limits = self.admission.limits();
        self.clock.extend(limits.at_length.saturating_sub(limits.request));
    }
}

/// Whether the process is stopping, and waits for this request.
pub(crate) fn is_stopping(request: &HttpRequest) -> bool {
    RequestPermit::of(request).is_some_and(|permit| permit.admission.is_stopping())
}

/// What a handler takes that may need as long as there is data: with it in the signature, a request
/// may take longer than others.
pub(crate) struct LongRunning;

impl FromRequest for LongRunning {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(permit) = RequestPermit::of(request) {
            permit.extend_deadline();
        }
        ready(Ok(Self))
    }
}

impl From<RefusalReason> for ApiError {
    fn from(reason: RefusalReason) -> Self {
        Self::Refused(reason.message())
    }
}

/// Waits without work of this process, such as for a body: during that time the clock is stopped and
/// no permit is held.
pub(crate) async fn set_aside<T>(
    request: &HttpRequest,
    work: impl Future<Output = T>,
) -> Result<T, ApiError> {
    let mut work = std::pin::pin!(work);
    // What has already arrived is not waited for.
    if let Some(outcome) = futures_util::future::poll_immediate(work.as_mut()).await {
        return Ok(outcome);
    }
    let Some(permit) = RequestPermit::of(request) else { return Ok(work.await) };
    permit.pause()?;
    let outcome = work.await;
    permit.resume().await?;
    Ok(outcome)
}
