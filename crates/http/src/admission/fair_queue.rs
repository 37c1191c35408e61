//! The requests that wait for a permit, and whose turn it is. Workspaces take turns, and so do the keys
//! of a workspace; those of one key are served in the order in which they came.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use conversations_application::owner::Owner;
use conversations_domain::{KeyId, WorkspaceId};
use tokio::sync::oneshot;

/// Tells a waiting request that it has a permit.
pub(super) type PermitSender = oneshot::Sender<()>;

/// The requests that wait.
#[derive(Debug, Default)]
pub(super) struct FairQueue(RoundRobin<WorkspaceId, RoundRobin<KeyId, VecDeque<PermitSender>>>);

/// Queues that take turns. One that is empty is not in it.
#[derive(Debug)]
struct RoundRobin<K, Q> {
    order: VecDeque<K>,
    queues: HashMap<K, Q>,
}

impl<K, Q> Default for RoundRobin<K, Q> {
    fn default() -> Self {
        Self { order: VecDeque::new(), queues: HashMap::new() }
    }
}

impl<K: Eq + Hash + Copy, Q: Default> RoundRobin<K, Q> {
    fn queue(&mut self, key: K) -> &mut Q {
        let order = &mut self.order;
        self.queues.entry(key).or_insert_with(|| {
            order.push_back(key);
            Q::default()
        })
    }

    /// The first value that `pop` takes from a queue, asking them in turn. `pop` also says whether its
    /// queue is empty afterwards.
    fn pop<T>(&mut self, mut pop: impl FnMut(K, &mut Q) -> (Option<T>, bool)) -> Option<T> {
        for _ in 0..self.order.len() {
            let key = self.order.pop_front()?;
            let Some(queue) = self.queues.get_mut(&key) else { continue };
            let (popped, empty) = pop(key, queue);
            if empty {
                self.queues.remove(&key);
            } else {
                self.order.push_back(key);
            }
            if popped.is_some() {
                return popped;
            }
        }
        None
    }
}

impl FairQueue {
    /// Lets a request wait.
    pub(super) fn push(&mut self, owner: Owner, sender: PermitSender) {
        let queue = self.0.queue(owner.workspace).queue(owner.key);
        // Those that came first also give up first, so it is enough to look at the front.
        drop_abandoned(queue);
        queue.push_back(sender);
    }

    /// The next request that still waits and may have a permit.
    pub(super) fn pop(&mut self, may: impl Fn(Owner) -> bool) -> Option<(Owner, PermitSender)> {
        self.0.pop(|workspace, keys| {
            let popped = keys.pop(|key, queue| {
                drop_abandoned(queue);
                let owner = Owner { workspace, key };
                let sender = if queue.is_empty() || !may(owner) { None } else { queue.pop_front() };
                (sender.map(|sender| (owner, sender)), queue.is_empty())
            });
            (popped, keys.queues.is_empty())
        })
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.queues.is_empty()
    }
}

fn drop_abandoned(queue: &mut VecDeque<PermitSender>) {
    while queue.front().is_some_and(oneshot::Sender::is_closed) {
        queue.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::tests::owner;
    use super::*;

    #[test]
    fn workspaces_take_turns_and_so_do_their_keys() {
        let mut queue = FairQueue::default();
        let waiting: Vec<_> = [(1, 1), (1, 1), (1, 1), (1, 2), (2, 3), (2, 3)]
            .into_iter()
            .map(|(workspace, key)| {
                let (sender, receiver) = oneshot::channel();
                queue.push(owner(workspace, key), sender);
                receiver
            })
            .collect();

        let order: Vec<_> = std::iter::from_fn(|| queue.pop(|_| true)).map(|(it, _)| it).collect();

        let expected = [(1, 1), (2, 3), (1, 2), (2, 3), (1, 1), (1, 1)];
        assert_eq!(order, expected.map(|(workspace, key)| owner(workspace, key)));
        assert!(queue.is_empty());
        drop(waiting);
    }

    #[test]
    fn requests_over_quota_and_abandoned_ones_are_skipped() {
        let mut queue = FairQueue::default();
        let (sender, gone) = oneshot::channel();
        queue.push(owner(1, 1), sender);
        let (sender, _first) = oneshot::channel();
        queue.push(owner(2, 2), sender);
        let (sender, _second) = oneshot::channel();
        queue.push(owner(2, 3), sender);
        drop(gone);

        let popped = queue.pop(|each| each != owner(2, 2)).map(|(owner, _)| owner);
        assert_eq!(popped, Some(owner(2, 3)));
        assert!(queue.pop(|each| each != owner(2, 2)).is_none());
        assert_eq!(queue.pop(|_| true).map(|(owner, _)| owner), Some(owner(2, 2)));
        assert!(queue.is_empty());
    }
}
