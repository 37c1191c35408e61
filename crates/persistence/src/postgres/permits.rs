//! Permits to use one of some connections, which are given out fairly.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conversations_application::owner;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::fair_queue::{Admission, FairQueue, QueueLimits};

/// As many permits as there are connections, and the callers that wait for one.
#[derive(Clone)]
pub(super) struct Permits(Arc<Mutex<State>>);

struct State {
    /// Those who wait; `None` when no more permits are given.
    queue: Option<FairQueue<oneshot::Sender<Permit>>>,
}

/// The right to use a connection, until this is dropped.
pub(super) struct Permit {
    permits: Permits,
    /// Until it is given back.
    admission: Option<Admission>,
    since: Instant,
}

/// Why there is no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PermitError {
    #[error("the database is closed")]
    Closed,
    #[error("too much work of the workspace is waiting")]
    Full,
}

impl Permits {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self(Arc::new(Mutex::new(State { queue: Some(FairQueue::new(limits)) })))
    }

    /// A permit for the owner of the current work. Dropping the future ends the wait.
    pub(super) async fn acquire(&self) -> Result<Permit, PermitError> {
        let (sender, receiver) = oneshot::channel();
        let pushed = match &mut self.state().queue {
            None => return Err(PermitError::Closed),
            Some(queue) => queue.push(owner::current(), sender, oneshot::Sender::is_closed),
        };
        pushed.map_err(|_| PermitError::Full)?;
        self.grant();
        receiver.await.map_err(|_| PermitError::Closed)
    }

    /// Gives permits to those whose turn it is.
    fn grant(&self) {
        loop {
            let now = Instant::now();
            let next = self.state().queue.as_mut().and_then(|queue| queue.pop(now));
            let Some((admission, waiting)) = next else { return };
            let permit = Permit { permits: self.clone(), admission: Some(admission), since: now };
            if let Err(mut permit) = waiting.send(permit) {
                // No caller waits for it. To drop it would come here again, once for each who has
                // gone.
                permit.give_back();
            }
        }
    }

    /// Gives no more permits.
    pub(super) fn close(&self) {
        let queue = self.state().queue.take();
        drop(queue);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Gives it back, if it is not.
    fn give_back(&mut self) -> bool {
        let Some(admission) = self.admission.take() else { return false };
        let now = Instant::now();
        if let Some(queue) = &mut self.permits.state().queue {
            queue.finish(admission, now.saturating_duration_since(self.since), now);
        }
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.give_back() {
            self.permits.grant();
        }
    }
}

#[cfg(test)]
mod tests {
    use conversations_application::owner::{Owner, scope};
    use conversations_domain::{KeyId, WorkspaceId};
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    fn permits(places: usize, reserve: bool) -> Permits {
        Permits::new(QueueLimits { places, reserve, room: 3 })
    }

    fn of(number: u128) -> Owner {
        let id = Uuid::from_u128(number);
        Owner { workspace: WorkspaceId::from_uuid(id), key: KeyId::from_uuid(id) }
    }

    #[tokio::test]
    async fn a_released_permit_goes_to_a_waiter() {
        let permits = permits(1, false);
        let held = permits.acquire().await.expect("a permit");
        let waiting = permits.clone();
        let waiting = tokio::spawn(async move { waiting.acquire().await.map(drop) });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());

        drop(held);

        assert_eq!(waiting.await.expect("a task"), Ok(()));
    }

    #[tokio::test]
    async fn abandoned_waiters_are_skipped_and_take_no_room() {
        let permits = permits(1, false);
        let held = permits.acquire().await.expect("a permit");
        for _ in 0..10 {
            assert!(scope(of(1), permits.acquire()).now_or_never().is_none());
        }
        let (one, other) = (permits.clone(), permits.clone());
        let one = tokio::spawn(scope(of(1), async move { one.acquire().await.map(drop) }));
        let other = tokio::spawn(scope(of(1), async move { other.acquire().await.map(drop) }));
        tokio::task::yield_now().await;

        drop(held);

        assert_eq!(one.await.expect("a task"), Ok(()));
        assert_eq!(other.await.expect("a task"), Ok(()));
    }

    #[tokio::test]
    async fn the_waiters_of_a_workspace_are_limited() {
        let permits = permits(1, false);
        let _held = permits.acquire().await.expect("a permit");
        let acquire = |number| Box::pin(scope(of(number), permits.acquire()));
        let mut waiting: Vec<_> = (0..3).map(|_| acquire(1)).collect();
        assert!(waiting.iter_mut().all(|each| each.now_or_never().is_none()));

        assert_eq!(acquire(1).await.err(), Some(PermitError::Full));
        assert!(acquire(2).now_or_never().is_none());
    }

    #[tokio::test]
    async fn the_last_permit_is_reserved_for_workspaces_without_one() {
        let permits = permits(2, true);
        let _held = scope(of(1), permits.acquire()).await.expect("a permit");

        assert!(scope(of(1), permits.acquire()).now_or_never().is_none());
        assert!(scope(of(2), permits.acquire()).now_or_never().is_some());
    }

    #[tokio::test]
    async fn no_permit_is_granted_after_close() {
        let permits = permits(1, false);
        let held = permits.acquire().await.expect("a permit");
        let waiting = permits.clone();
        let waiting = tokio::spawn(async move { waiting.acquire().await.map(drop) });
        tokio::task::yield_now().await;

        permits.close();
        drop(held);

        assert_eq!(waiting.await.expect("a task"), Err(PermitError::Closed));
        assert_eq!(permits.acquire().await.err(), Some(PermitError::Closed));
    }
}
