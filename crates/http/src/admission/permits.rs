//! The permits of those that are worked on, and a short wait for one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt::time::timeout;
use conversations_application::owner::Owner;
use tokio::sync::oneshot;

use super::RefusalReason;
use super::fair_queue::FairQueue;
use super::quota::{Ledger, Quota};

/// The permits of a process.
#[derive(Debug)]
pub(super) struct Permits {
    /// How long a request waits for a permit.
    wait: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    taken: Ledger,
    waiting: Ledger,
    queue: FairQueue,
}

/// One of the permits, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    permits: Arc<Permits>,
    owner: Owner,
}

/// A request that waits, until this value is dropped.
struct WaitingRequest<'p> {
    permits: &'p Arc<Permits>,
    owner: Owner,
    /// Answers once a permit was taken for it.
    sender: oneshot::Receiver<()>,
}

impl Permits {
    /// The number of permits, how many requests may wait for one, and for how long.
    pub(super) fn new(permits: Quota, waiting: Quota, wait: Duration) -> Arc<Self> {
        let (taken, waiting) = (Ledger::new(permits), Ledger::new(waiting));
        let state = State { taken, waiting, queue: FairQueue::default() };
        Arc::new(Self { wait, state: Mutex::new(state) })
    }

    /// How many there are, how many of them are taken, and how many requests wait for one.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let state = self.state();
        (state.taken.quota.process, state.taken.held(), state.waiting.held())
    }

    /// A permit for a request of this owner, after a short wait if it takes one.
    pub(super) async fn acquire(self: &Arc<Self>, owner: Owner) -> Result<Permit, RefusalReason> {
        let (mut waiting, reason) = match self.try_acquire(owner)? {
            Ok(permit) => return Ok(permit),
            Err(waiting) => waiting,
        };
        match timeout(self.wait, &mut waiting.sender).await {
            Ok(Ok(())) => Ok(waiting.admitted()),
            // Only a ticket whose request has left is dropped.
            Ok(Err(_)) | Err(_) => Err(reason),
        }
    }

    /// A permit, or else a place in the queue, and what was lacking.
    fn try_acquire(
        self: &Arc<Self>,
        owner: Owner,
    ) -> Result<Result<Permit, (WaitingRequest<'_>, RefusalReason)>, RefusalReason> {
        let mut state = self.state();
        let reason = match state.taken.take(owner, 1) {
            Ok(()) => return Ok(Ok(Permit { permits: Arc::clone(self), owner })),
            Err(reason) => reason,
        };
        if state.waiting.take(owner, 1).is_err() {
            return Err(reason);
        }
        let (sender, receiver) = oneshot::channel();
        state.queue.push(owner, sender);
        Ok(Err((WaitingRequest { permits: self, owner, sender: receiver }, reason)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a permit back, which may be what others wait for.
    fn give_back(&mut self, owner: Owner) {
        self.taken.give_back(owner, 1);
        let Self { taken, waiting, queue } = self;
        while let Some((next, sender)) = queue.pop(|owner| taken.check(owner, 1).is_ok()) {
            // A request that has just been dropped may still be counted as waiting.
            if sender.send(()).is_ok() {
                waiting.give_back(next, 1);
                taken.add(next, 1);
            }
        }
    }
}

impl WaitingRequest<'_> {
    /// The permit that was taken for it.
    fn admitted(self) -> Permit {
        // The ticket has answered: dropping this gives nothing back.
        Permit { permits: Arc::clone(self.permits), owner: self.owner }
    }
}

impl Drop for WaitingRequest<'_> {
    fn drop(&mut self) {
        use oneshot::error::TryRecvError;

        let mut state = self.permits.state();
        match self.sender.try_recv() {
            // A permit was taken for it that it no longer wants.
            Ok(()) => state.give_back(self.owner),
            Err(TryRecvError::Empty) => state.waiting.give_back(self.owner, 1),
            // It has its permit.
            Err(TryRecvError::Closed) => {}
        }
        self.sender.close();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.state().give_back(self.owner);
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::tests::owner;
    use super::*;
    use actix_web::rt::time::sleep;
    use futures_util::future::{join, join_all, join3};

    const MOMENT: Duration = Duration::from_millis(50);

    fn permits(process: usize, workspace: usize, key: usize, wait: Duration) -> Arc<Permits> {
        let waiting = Quota { process: 64, workspace: 64, key: 64 };
        Permits::new(Quota { process, workspace, key }, waiting, wait)
    }

    #[actix_web::test]
    async fn refuses_when_no_permit_is_free_after_the_wait() {
        let permits = permits(1, 1, 1, MOMENT);
        let permit = permits.acquire(owner(1, 1)).await.expect("a place");
        let began = std::time::Instant::now();

        assert_eq!(permits.acquire(owner(2, 2)).await.err(), Some(RefusalReason::Process));
        assert!(began.elapsed() >= MOMENT);
        assert_eq!(permits.counts(), (1, 1, 0));
        drop(permit);
        assert!(permits.acquire(owner(2, 2)).await.is_ok());
        assert_eq!(permits.counts(), (1, 0, 0));
    }

    #[actix_web::test]
    async fn a_released_permit_goes_to_a_waiting_request() {
        let permits = permits(1, 1, 1, MOMENT * 100);
        let permit = permits.acquire(owner(1, 1)).await.expect("a place");

        let (admitted, ()) = join(permits.acquire(owner(2, 2)), async {
            sleep(MOMENT).await;
            assert_eq!(permits.counts(), (1, 1, 1));
            drop(permit);
        })
        .await;

        assert_eq!(permits.counts(), (1, 1, 0));
        drop(admitted.expect("a place"));
        assert_eq!(permits.counts(), (1, 0, 0));
        assert!(permits.state().queue.is_empty());
    }

    #[actix_web::test]
    async fn a_cancelled_waiter_takes_no_permit() {
        let permits = permits(1, 1, 1, MOMENT * 100);
        let permit = permits.acquire(owner(1, 1)).await.expect("a place");
        let waits = async { drop(timeout(MOMENT, permits.acquire(owner(2, 2))).await) };
        // Dropping it admits the request.
        let late = async {
            let mut waiting = Box::pin(permits.acquire(owner(3, 3)));
            let _pending = futures_util::future::poll_immediate(&mut waiting).await;
            sleep(MOMENT * 3).await;
            drop(waiting);
        };

        let free = async {
            sleep(MOMENT * 2).await;
            drop(permit);
        };
        join3(waits, late, free).await;

        assert_eq!(permits.counts(), (1, 0, 0));
        assert!(permits.acquire(owner(4, 4)).await.is_ok());
    }

    #[actix_web::test]
    async fn a_workspace_at_its_cap_blocks_no_other() {
        let permits = permits(64, 4, 2, MOMENT);
        let held = join_all((0..4).map(|key| permits.acquire(owner(1, key % 2)))).await;
        assert!(held.iter().all(Result::is_ok));

        let (of_key, of_workspace, other) = join3(
            permits.acquire(owner(1, 0)),
            permits.acquire(owner(1, 7)),
            permits.acquire(owner(2, 9)),
        )
        .await;

        assert_eq!(of_key.err(), Some(RefusalReason::Key));
        assert_eq!(of_workspace.err(), Some(RefusalReason::Workspace));
        assert!(other.is_ok());
    }
}
