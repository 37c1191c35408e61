//! Admission control: limits concurrent requests and the bytes that they hold, per process,
//! workspace and key. A request beyond a limit waits briefly, and is refused before any work is
//! done for it.
//!
//! A request holds a permit while it is processed. It holds none while its body arrives, so that a
//! thousand slow bodies do not block others. Once its reply is rendered, only the bytes of the
//! reply count, until the last one is sent.

mod byte_budget;
mod fair_queue;
mod permits;
mod quota;
mod reply_reservation;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use byte_budget::ByteBudget;
use conversations_application::owner::Owner;
use permits::Permits;
use quota::Quota;

pub(crate) use byte_budget::ReservedBytes;
pub(crate) use permits::Permit;
pub(crate) use reply_reservation::ReplyReservation;

/// What a process takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// The most requests that are worked on at once.
    pub requests: usize,
    /// The most requests of one workspace that are worked on at once.
    pub requests_per_workspace: usize,
    /// The most requests with one key that are worked on at once.
    pub requests_per_key: usize,
    /// The most requests that wait for one of these permits.
    pub waiting: usize,
    /// How long a request waits for one before it is refused.
    pub wait: Duration,
    /// How long a request may take, without the time in which its body arrives.
    pub request: Duration,
    /// The same for requests that may take as long as there is data.
    pub at_length: Duration,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self {
            requests: 1024,
            requests_per_workspace: 512,
            requests_per_key: 256,
            // Each of them takes some kilobytes.
            waiting: 8192,
            wait: Duration::from_secs(1),
            request: Duration::from_secs(5),
            at_length: Duration::from_secs(60),
        }
    }
}

/// What a process has taken on: one for all its workers.
#[derive(Debug)]
pub struct AdmissionControl {
    limits: AdmissionLimits,
    /// The requests that are neither answered nor cut off, those with slow bodies included.
    in_flight: AtomicUsize,
    /// How many requests there have been.
    begun: AtomicUsize,
    /// The requests of which it is not known yet whose they are.
    unauthenticated: AtomicUsize,
    /// The requests that are worked on.
    permits: Arc<Permits>,
    /// The bodies that are on their way, by the bytes that are here.
    bodies: Arc<ByteBudget>,
    /// The replies that are not sent to their end.
    replies: Arc<ByteBudget>,
    /// The requests that were refused, for each reason.
    refused: [AtomicUsize; 5],
    /// How many of them the log knows of.
    told: AtomicUsize,
    stopping: AtomicBool,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// The process is overloaded.
    Process,
    /// The workspace has as much of it as it may.
    Workspace,
    /// The key has as much of it as it may.
    Key,
    /// Too much is being sent.
    Bodies,
    /// Too much that was asked for is not read.
    Replies,
}

impl RefusalReason {
    /// What the caller is told.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Process => "The service is overloaded; please try again shortly.",
            Self::Workspace => {
                "Too many requests of this workspace are in progress; please try again shortly."
            }
            Self::Key => {
                "Too many requests with this API key are in progress; please try again shortly."
            }
            Self::Bodies => "Too much request data is in transit; please try again shortly.",
            Self::Replies => "Too much response data is unread; please read it, then try again.",
        }
    }
}

/// What a process has taken on at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionMetrics {
    /// The requests that are neither answered nor cut off, those with slow bodies included.
    pub in_flight: usize,
    /// The permits for requests that are worked on.
    pub permits: usize,
    /// Those of them that are taken.
    pub permits_taken: usize,
    /// The requests that wait for a permit.
    pub waiting: usize,
    /// The bytes that are here of the bodies that are on their way.
    pub body_bytes: usize,
    /// The bytes of the replies that are not sent to their end.
    pub reply_bytes: usize,
    /// How many requests were refused because the process had no permit for them.
    pub refused_by_process: usize,
    /// The same, because their workspace had none.
    pub refused_by_workspace: usize,
    /// The same, because their key had none.
    pub refused_by_key: usize,
    /// The same, because too much was being sent.
    pub refused_for_bodies: usize,
    /// The same, because too much was not read.
    pub refused_for_replies: usize,
}

/// A request that is under way, until this value is dropped.
pub(crate) struct InFlight(Arc<AdmissionControl>);

/// A request of which it is not known yet whose it is, until this value is dropped.
pub(crate) struct UnauthenticatedPermit(Arc<AdmissionControl>);

impl AdmissionControl {
    /// Nothing yet, and these limits.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Self {
        let quota = Quota {
            process: limits.requests,
            workspace: limits.requests_per_workspace,
            key: limits.requests_per_key,
        };
        let waiting = Quota {
            process: limits.waiting,
            workspace: limits.waiting / 4 * 3,
            key: limits.waiting / 2,
        };
        Self {
            limits,
            in_flight: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            unauthenticated: AtomicUsize::new(0),
            permits: Permits::new(quota, waiting, limits.wait),
            bodies: ByteBudget::new(byte_budget::QUOTA),
            replies: ByteBudget::new(byte_budget::QUOTA),
            refused: [const { AtomicUsize::new(0) }; 5],
            told: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
        }
    }

    /// From now on the process is not ready, and every reply closes its connection.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// How many requests are under way, and how many there have been: when none is and none came
    /// between two looks, there was none.
    #[must_use]
    pub fn requests(&self) -> (usize, usize) {
        (self.in_flight.load(Ordering::SeqCst), self.begun.load(Ordering::SeqCst))
    }

    /// How many requests were refused since this was last asked.
    pub fn take_refused(&self) -> usize {
        let refused: usize = self.refused.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        refused.saturating_sub(self.told.swap(refused, Ordering::Relaxed))
    }

    /// What it has taken on now, and how many requests were refused so far.
    #[must_use]
    pub fn metrics(&self) -> AdmissionMetrics {
        let refused = |reason: RefusalReason| self.refused[reason as usize].load(Ordering::Relaxed);
        let (permits, permits_taken, waiting) = self.permits.counts();
        AdmissionMetrics {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            permits,
            permits_taken,
            waiting,
            body_bytes: self.bodies.held(),
            reply_bytes: self.replies.held(),
            refused_by_process: refused(RefusalReason::Process),
            refused_by_workspace: refused(RefusalReason::Workspace),
            refused_by_key: refused(RefusalReason::Key),
            refused_for_bodies: refused(RefusalReason::Bodies),
            refused_for_replies: refused(RefusalReason::Replies),
        }
    }

    pub(crate) fn limits(&self) -> &AdmissionLimits {
        &self.limits
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        InFlight(Arc::clone(self))
    }

    /// Lets a request in of which it is not known yet whose it is. As many may be in this state as may
    /// be worked on or wait.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<UnauthenticatedPermit, RefusalReason> {
        let most = self.limits.requests.saturating_add(self.limits.waiting);
        let one_more = |unauthenticated| (unauthenticated < most).then_some(unauthenticated + 1);
        let entered =
            self.unauthenticated.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        self.counted(
            entered
                .map_err(|_| RefusalReason::Process)
                .map(|_| UnauthenticatedPermit(Arc::clone(self))),
        )
    }

    /// A permit for a request, after a short wait if it takes one.
    pub(crate) async fn acquire(&self, owner: Owner) -> Result<Permit, RefusalReason> {
        self.counted(self.permits.acquire(owner).await)
    }

    /// Room for this many bytes of a body.
    pub(crate) fn body(&self, owner: Owner, bytes: usize) -> Result<ReservedBytes, RefusalReason> {
        self.counted(self.bodies.take(owner, bytes).map_err(|_| RefusalReason::Bodies))
    }

    /// Room for more bytes of a body.
    pub(crate) fn grow_body(
        &self,
        held: &mut ReservedBytes,
        bytes: usize,
    ) -> Result<(), RefusalReason> {
        self.counted(held.grow(bytes).map_err(|_| RefusalReason::Bodies))
    }

    /// Whether there is room for a reply, however large. Where there is none, no work is done for it.
    pub(crate) fn check_reply_budget(&self, owner: Owner) -> Result<(), RefusalReason> {
        self.counted(self.replies.check(owner).map_err(|_| RefusalReason::Replies))
    }

    /// Room for a reply of this size.
    pub(crate) fn reply(&self, owner: Owner, bytes: usize) -> Result<ReservedBytes, RefusalReason> {
        self.counted(self.replies.take(owner, bytes).map_err(|_| RefusalReason::Replies))
    }

    /// Room for more of a reply than was expected.
    pub(crate) fn grow_reply(
        &self,
        held: &mut ReservedBytes,
        bytes: usize,
    ) -> Result<(), RefusalReason> {
        self.counted(held.grow(bytes).map_err(|_| RefusalReason::Replies))
    }

    /// Room for a reply for which some was taken before its size was known.
    pub(crate) fn resize_reply(
        &self,
        held: &mut ReservedBytes,
        bytes: usize,
        anyway: bool,
    ) -> Result<(), RefusalReason> {
        self.counted(held.resize(bytes, anyway).map_err(|_| RefusalReason::Replies))
    }

    /// The same for a reply that has to be sent, because it tells what was done.
    pub(crate) fn force_reply(&self, owner: Owner, bytes: usize) -> ReservedBytes {
        self.replies.add(owner, bytes)
    }

    /// Counts a refusal.
    fn counted<T>(&self, outcome: Result<T, RefusalReason>) -> Result<T, RefusalReason> {
        outcome.inspect_err(|&reason| {
            self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for UnauthenticatedPermit {
    fn drop(&mut self) {
        self.0.unauthenticated.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
