//! Admission control: limits concurrent requests and the bytes that they hold, per process,
//! workspace and key. A request beyond a limit waits briefly, and is refused before any work is
//! done for it.
//!
//! A request holds a place while it is processed. It holds none while its body arrives, so that a
//! thousand slow bodies do not block others. Once its reply is rendered, only the bytes of the
//! reply count, until the last one is sent.

mod bytes;
mod places;
mod queue;
mod quota;
mod reservation;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::ByteBudget;
use conversations_application::owner::Owner;
use places::Places;
use quota::Quota;

pub(crate) use bytes::HeldBytes;
pub(crate) use places::Place;
pub(crate) use reservation::ReplyReservation;

/// What a process takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadLimits {
    /// The most requests that are worked on at once.
    pub requests: usize,
    /// The most requests of one workspace that are worked on at once.
    pub requests_per_workspace: usize,
    /// The most requests with one key that are worked on at once.
    pub requests_per_key: usize,
    /// The most requests that wait for one of these places.
    pub waiting: usize,
    /// How long a request waits for one before it is refused.
    pub wait: Duration,
    /// How long a request may take, without the time in which its body arrives.
    pub request: Duration,
    /// The same for requests that may take as long as there is data.
    pub at_length: Duration,
}

impl Default for LoadLimits {
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
pub struct Load {
    limits: LoadLimits,
    /// The requests that are neither answered nor cut off, those with slow bodies included.
    under_way: AtomicUsize,
    /// How many requests there have been.
    begun: AtomicUsize,
    /// The requests of which it is not known yet whose they are.
    entering: AtomicUsize,
    /// The requests that are worked on.
    places: Arc<Places>,
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
pub(crate) enum Reason {
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

impl Reason {
    /// What the caller is told.
    pub(crate) fn sentence(self) -> &'static str {
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
pub struct LoadMetrics {
    /// The requests that are neither answered nor cut off, those with slow bodies included.
    pub under_way: usize,
    /// The places for requests that are worked on.
    pub places: usize,
    /// Those of them that are taken.
    pub places_taken: usize,
    /// The requests that wait for a place.
    pub waiting: usize,
    /// The bytes that are here of the bodies that are on their way.
    pub body_bytes: usize,
    /// The bytes of the replies that are not sent to their end.
    pub reply_bytes: usize,
    /// How many requests were refused because the process had no place for them.
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
pub(crate) struct UnderWay(Arc<Load>);

/// A request of which it is not known yet whose it is, until this value is dropped.
pub(crate) struct Entrance(Arc<Load>);

impl Load {
    /// Nothing yet, and these limits.
    #[must_use]
    pub fn new(limits: LoadLimits) -> Self {
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
            under_way: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            entering: AtomicUsize::new(0),
            places: Places::new(quota, waiting, limits.wait),
            bodies: ByteBudget::new(bytes::QUOTA),
            replies: ByteBudget::new(bytes::QUOTA),
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
        (self.under_way.load(Ordering::SeqCst), self.begun.load(Ordering::SeqCst))
    }

    /// How many requests were refused since this was last asked.
    pub fn take_refused(&self) -> usize {
        let refused: usize = self.refused.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        refused.saturating_sub(self.told.swap(refused, Ordering::Relaxed))
    }

    /// What it has taken on now, and how many requests were refused so far.
    #[must_use]
    pub fn metrics(&self) -> LoadMetrics {
        let refused = |reason: Reason| self.refused[reason as usize].load(Ordering::Relaxed);
        let (places, places_taken, waiting) = self.places.counts();
        LoadMetrics {
            under_way: self.under_way.load(Ordering::Relaxed),
            places,
            places_taken,
            waiting,
            body_bytes: self.bodies.held(),
            reply_bytes: self.replies.held(),
            refused_by_process: refused(Reason::Process),
            refused_by_workspace: refused(Reason::Workspace),
            refused_by_key: refused(Reason::Key),
            refused_for_bodies: refused(Reason::Bodies),
            refused_for_replies: refused(Reason::Replies),
        }
    }

    pub(crate) fn limits(&self) -> &LoadLimits {
        &self.limits
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }

    /// Lets a request in of which it is not known yet whose it is. As many may be in this state as may
    /// be worked on or wait.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Entrance, Reason> {
        let most = self.limits.requests.saturating_add(self.limits.waiting);
        let one_more = |entering| (entering < most).then_some(entering + 1);
        let entered = self.entering.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        self.counted(entered.map_err(|_| Reason::Process).map(|_| Entrance(Arc::clone(self))))
    }

    /// A place for a request, after a short wait if it takes one.
    pub(crate) async fn place(&self, owner: Owner) -> Result<Place, Reason> {
        self.counted(self.places.place(owner).await)
    }

    /// Room for this many bytes of a body.
    pub(crate) fn body(&self, owner: Owner, bytes: usize) -> Result<HeldBytes, Reason> {
        self.counted(self.bodies.take(owner, bytes).map_err(|_| Reason::Bodies))
    }

    /// Room for more bytes of a body.
    pub(crate) fn more_body(&self, held: &mut HeldBytes, bytes: usize) -> Result<(), Reason> {
        self.counted(held.grow(bytes).map_err(|_| Reason::Bodies))
    }

    /// Whether there is room for a reply, however large. Where there is none, no work is done for it.
    pub(crate) fn expect_reply(&self, owner: Owner) -> Result<(), Reason> {
        self.counted(self.replies.check(owner).map_err(|_| Reason::Replies))
    }

    /// Room for a reply of this size.
    pub(crate) fn reply(&self, owner: Owner, bytes: usize) -> Result<HeldBytes, Reason> {
        self.counted(self.replies.take(owner, bytes).map_err(|_| Reason::Replies))
    }

    /// Room for more of a reply than was expected.
    pub(crate) fn more_reply(&self, held: &mut HeldBytes, bytes: usize) -> Result<(), Reason> {
        self.counted(held.grow(bytes).map_err(|_| Reason::Replies))
    }

    /// Room for a reply for which some was taken before its size was known.
    pub(crate) fn reply_after_all(
        &self,
        held: &mut HeldBytes,
        bytes: usize,
        anyway: bool,
    ) -> Result<(), Reason> {
        self.counted(held.become_as_many(bytes, anyway).map_err(|_| Reason::Replies))
    }

    /// The same for a reply that has to be sent, because it tells what was done.
    pub(crate) fn reply_anyway(&self, owner: Owner, bytes: usize) -> HeldBytes {
        self.replies.add(owner, bytes)
    }

    /// Counts a refusal.
    fn counted<T>(&self, outcome: Result<T, Reason>) -> Result<T, Reason> {
        outcome.inspect_err(|&reason| {
            self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.entering.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
