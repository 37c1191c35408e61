//! The places of those that are worked on, and a short wait for one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt::time::timeout;
use conversations_application::owner::Owner;
use tokio::sync::oneshot;

use super::Reason;
use super::queue::FairQueue;
use super::quota::{Ledger, Quota};

/// The places of a process.
#[derive(Debug)]
pub(super) struct Places {
    /// How long a request waits for a place.
    wait: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    taken: Ledger,
    waiting: Ledger,
    queue: FairQueue,
}

/// One of the places, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    owner: Owner,
}

/// A request that waits, until this value is dropped.
struct Waiting<'p> {
    places: &'p Arc<Places>,
    owner: Owner,
    /// Answers once a place was taken for it.
    ticket: oneshot::Receiver<()>,
}

impl Places {
    /// The number of places, how many requests may wait for one, and for how long.
    pub(super) fn new(places: Quota, waiting: Quota, wait: Duration) -> Arc<Self> {
        let (taken, waiting) = (Ledger::new(places), Ledger::new(waiting));
        let state = State { taken, waiting, queue: FairQueue::default() };
        Arc::new(Self { wait, state: Mutex::new(state) })
    }

    /// How many there are, how many of them are taken, and how many requests wait for one.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let state = self.state();
        (state.taken.quota.process, state.taken.held(), state.waiting.held())
    }

    /// A place for a request of this owner, after a short wait if it takes one.
    pub(super) async fn place(self: &Arc<Self>, owner: Owner) -> Result<Place, Reason> {
        let (mut waiting, reason) = match self.place_or_wait(owner)? {
            Ok(place) => return Ok(place),
            Err(waiting) => waiting,
        };
        match timeout(self.wait, &mut waiting.ticket).await {
            Ok(Ok(())) => Ok(waiting.admitted()),
            // Only a ticket whose request has left is dropped.
            Ok(Err(_)) | Err(_) => Err(reason),
        }
    }

    /// A place, or else a place in the queue, and what was lacking.
    fn place_or_wait(
        self: &Arc<Self>,
        owner: Owner,
    ) -> Result<Result<Place, (Waiting<'_>, Reason)>, Reason> {
        let mut state = self.state();
        let reason = match state.taken.take(owner, 1) {
            Ok(()) => return Ok(Ok(Place { places: Arc::clone(self), owner })),
            Err(reason) => reason,
        };
        if state.waiting.take(owner, 1).is_err() {
            return Err(reason);
        }
        let (ticket, receiver) = oneshot::channel();
        state.queue.push(owner, ticket);
        Ok(Err((Waiting { places: self, owner, ticket: receiver }, reason)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a place back, which may be what others wait for.
    fn give_back(&mut self, owner: Owner) {
        self.taken.give_back(owner, 1);
        let Self { taken, waiting, queue } = self;
        while let Some((next, ticket)) = queue.pop(|owner| taken.check(owner, 1).is_ok()) {
            // A request that has just been dropped may still be counted as waiting.
            if ticket.send(()).is_ok() {
                waiting.give_back(next, 1);
                taken.add(next, 1);
            }
        }
    }
}

impl Waiting<'_> {
    /// The place that was taken for it.
    fn admitted(self) -> Place {
        // The ticket has answered: dropping this gives nothing back.
        Place { places: Arc::clone(self.places), owner: self.owner }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        use oneshot::error::TryRecvError;

        let mut state = self.places.state();
        match self.ticket.try_recv() {
            // A place was taken for it that it no longer wants.
            Ok(()) => state.give_back(self.owner),
            Err(TryRecvError::Empty) => state.waiting.give_back(self.owner, 1),
            // It has its place.
            Err(TryRecvError::Closed) => {}
        }
        self.ticket.close();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.state().give_back(self.owner);
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::tests::owner;
    use super::*;
    use actix_web::rt::time::sleep;
    use futures_util::future::{join, join_all, join3};

    const MOMENT: Duration = Duration::from_millis(50);

    fn places(process: usize, workspace: usize, key: usize, wait: Duration) -> Arc<Places> {
        let waiting = Quota { process: 64, workspace: 64, key: 64 };
        Places::new(Quota { process, workspace, key }, waiting, wait)
    }

    #[actix_web::test]
    async fn who_finds_no_place_is_refused_after_the_wait() {
        let places = places(1, 1, 1, MOMENT);
        let place = places.place(owner(1, 1)).await.expect("a place");
        let began = std::time::Instant::now();

        assert_eq!(places.place(owner(2, 2)).await.err(), Some(Reason::Process));
        assert!(began.elapsed() >= MOMENT);
        assert_eq!(places.counts(), (1, 1, 0));
        drop(place);
        assert!(places.place(owner(2, 2)).await.is_ok());
        assert_eq!(places.counts(), (1, 0, 0));
    }

    #[actix_web::test]
    async fn a_place_that_is_given_back_goes_to_who_waits() {
        let places = places(1, 1, 1, MOMENT * 100);
        let place = places.place(owner(1, 1)).await.expect("a place");

        let (admitted, ()) = join(places.place(owner(2, 2)), async {
            sleep(MOMENT).await;
            assert_eq!(places.counts(), (1, 1, 1));
            drop(place);
        })
        .await;

        assert_eq!(places.counts(), (1, 1, 0));
        drop(admitted.expect("a place"));
        assert_eq!(places.counts(), (1, 0, 0));
        assert!(places.state().queue.is_empty());
    }

    #[actix_web::test]
    async fn who_leaves_while_waiting_takes_nothing_along() {
        let places = places(1, 1, 1, MOMENT * 100);
        let place = places.place(owner(1, 1)).await.expect("a place");
        let waits = async { drop(timeout(MOMENT, places.place(owner(2, 2))).await) };
        // Dropping it admits the request.
        let late = async {
            let mut waiting = Box::pin(places.place(owner(3, 3)));
            let _pending = futures_util::future::poll_immediate(&mut waiting).await;
            sleep(MOMENT * 3).await;
            drop(waiting);
        };

        let free = async {
            sleep(MOMENT * 2).await;
            drop(place);
        };
        join3(waits, late, free).await;

        assert_eq!(places.counts(), (1, 0, 0));
        assert!(places.place(owner(4, 4)).await.is_ok());
    }

    #[actix_web::test]
    async fn a_workspace_at_its_cap_waits_and_keeps_nobody_out() {
        let places = places(64, 4, 2, MOMENT);
        let held = join_all((0..4).map(|key| places.place(owner(1, key % 2)))).await;
        assert!(held.iter().all(Result::is_ok));

        let (of_key, of_workspace, other) =
            join3(places.place(owner(1, 0)), places.place(owner(1, 7)), places.place(owner(2, 9)))
                .await;

        assert_eq!(of_key.err(), Some(Reason::Key));
        assert_eq!(of_workspace.err(), Some(Reason::Workspace));
        assert!(other.is_ok());
    }
}
