//! Who waits for the next statement of a [`BatchLoader`](super::BatchLoader) or the next transaction of a
//! [`WriteBatcher`](super::WriteBatcher), and whose turn it is to send it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use conversations_application::ports::RepositoryError;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// Those who wait.
pub(super) struct BatchQueue<K, V>(Mutex<State<K, V>>);

struct State<K, V> {
    waiting: VecDeque<PendingRequest<K, V>>,
    /// How many have the turn.
    leaders: usize,
    /// At this length the queue is searched for callers that have gone.
    sweep_at: usize,
}

/// How many may wait before it is looked for those who have gone.
const SWEEP_THRESHOLD: usize = 256;

/// The right to send what waits. Only this many have it at a time.
pub(super) struct BatchLeader<K, V> {
    queue: Arc<BatchQueue<K, V>>,
    /// Whether it was given back.
    over: bool,
}

/// A caller that waits for the value of a key.
pub(super) struct PendingRequest<K, V> {
    key: K,
    answer: oneshot::Sender<Result<Option<V>, RepositoryError>>,
    /// Set once: by the task that sends the query, or by the caller that stops waiting.
    begun: Arc<AtomicBool>,
    until: Instant,
}

/// The answer that a caller waits for.
pub(super) struct PendingResponse<V> {
    answer: oneshot::Receiver<Result<Option<V>, RepositoryError>>,
    begun: Arc<AtomicBool>,
    until: Instant,
}

impl<K, V> Default for BatchQueue<K, V> {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: VecDeque::new(), leaders: 0, sweep_at: SWEEP_THRESHOLD }))
    }
}

impl<K, V> BatchQueue<K, V> {
    /// Waits in the queue, for at most `patience` until the query is sent. The caller also gets a turn
    /// when fewer than `most` are taken.
    pub(super) fn join(
        self: &Arc<Self>,
        key: K,
        wait_limit: Duration,
        most: usize,
    ) -> (PendingResponse<V>, Option<BatchLeader<K, V>>) {
        let (sender, receiver) = oneshot::channel();
        let (begun, until) = (Arc::new(AtomicBool::new(false)), Instant::now() + wait_limit);
        let waiting = PendingRequest { key, answer: sender, begun: Arc::clone(&begun), until };
        let mut state = self.state();
        // Behind a statement that hangs, those who were cut off must not pile up.
        if state.waiting.len() >= state.sweep_at {
            state.waiting.retain(|each| !each.is_abandoned());
            state.sweep_at = SWEEP_THRESHOLD.max(state.waiting.len() * 2);
        }
        state.waiting.push_back(waiting);
        let idle = state.leaders < most;
        state.leaders += usize::from(idle);
        (
            PendingResponse { answer: receiver, begun, until },
            idle.then(|| BatchLeader { queue: Arc::clone(self), over: false }),
        )
    }

    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> BatchLeader<K, V> {
    /// The next to be asked for, up to a limit; with an empty queue the turn is over. Who cannot go
    /// `together` with the first one stays.
    pub(super) fn next_batch(
        &mut self,
        most: usize,
        together: impl Fn(&K, &K) -> bool,
    ) -> Option<Vec<PendingRequest<K, V>>> {
        let mut state = self.queue.state();
        let (mut batch, mut others) = (Vec::<PendingRequest<K, V>>::new(), VecDeque::new());
        while batch.len() < most
            && let Some(next) = state.waiting.pop_front()
        {
            if batch.first().is_some_and(|first| !together(first.key(), next.key())) {
                others.push_back(next);
            } else if next.begin() {
                batch.push(next);
            }
        }
        // They go first now, in their order.
        others.append(&mut state.waiting);
        state.waiting = others;
        if batch.is_empty() {
            state.leaders -= 1;
            self.over = true;
            return None;
        }
        Some(batch)
    }
}

impl<K, V> Drop for BatchLeader<K, V> {
    /// The task that had the turn may be dropped before its end, together with its runtime. Waiting
    /// callers then get an error, unless another task has a turn too.
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.queue.state();
        state.leaders -= 1;
        if state.leaders > 0 {
            return;
        }
        let left = std::mem::take(&mut state.waiting);
        drop(state);
        drop(left);
    }
}

impl<K, V> PendingRequest<K, V> {
    pub(super) fn key(&self) -> &K {
        &self.key
    }

    /// Whether no caller is waiting, or not in time.
    pub(super) fn is_abandoned(&self) -> bool {
        self.answer.is_closed() || Instant::now() >= self.until
    }

    fn begin(&self) -> bool {
        !self.answer.is_closed() && !self.begun.swap(true, Ordering::SeqCst)
    }

    pub(super) fn respond(self, outcome: Result<Option<V>, RepositoryError>) {
        let _nobody_waits_any_more = self.answer.send(outcome);
    }
}

impl<V> PendingResponse<V> {
    /// Waits. What is not sent in time is refused, what was sent is waited for to its end.
    pub(super) async fn wait(self) -> Result<Option<V>, RepositoryError> {
        let Self { mut answer, begun, until } = self;
        let answer = match timeout_at(until, &mut answer).await {
            Ok(answer) => answer,
            Err(elapsed) if !begun.swap(true, Ordering::SeqCst) => {
                return Err(RepositoryError::Unavailable(Box::new(elapsed)));
            }
            Err(_) => answer.await,
        };
        // No answer comes when the runtime of the worker ends.
        answer.unwrap_or_else(|gone| Err(RepositoryError::Unavailable(Box::new(gone))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_cannot_go_together_goes_later_and_in_order() {
        let queue = Arc::<BatchQueue<(char, u8), ()>>::default();
        let patience = Duration::from_secs(60);
        let (first, leader) = queue.join(('a', 1), patience, 1);
        let mut leader = leader.expect("the turn");
        let others = [('b', 2), ('a', 3), ('c', 4), ('b', 5)].map(|key| {
            let (pending, _) = queue.join(key, patience, 1);
            pending
        });

        let mut batches = Vec::new();
        while let Some(batch) = leader.next_batch(64, |one, other| one.0 == other.0) {
            batches.push(batch.iter().map(|each| each.key().1).collect::<Vec<_>>());
        }

        assert_eq!(batches, [vec![1, 3], vec![2, 5], vec![4]]);
        drop((first, others));
    }
}
