//! Requests of this process that wait for events of a workspace.
//!
//! A write rings after its commit. One task of the process then checks the feeds for which a request
//! waits. It also does so periodically, because other processes do not ring here. However many requests
//! wait, one task checks, and a waiting request holds neither a connection nor a thread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use conversations_domain::{Sequence, WorkspaceId};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// The bells of a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bells(Arc<Tower>);

#[derive(Debug, Default)]
struct Tower {
    /// The last position of each feed for which a request waits.
    heads: Mutex<HashMap<WorkspaceId, watch::Sender<Sequence>>>,
    rung: Notify,
}

/// A waiting request, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    bells: Bells,
    workspace: WorkspaceId,
    head: watch::Receiver<Sequence>,
}

impl Bells {
    /// Reports a commit in a workspace.
    pub(crate) fn ring(&self, workspace: WorkspaceId) {
        if self.heads().contains_key(&workspace) {
            self.0.rung.notify_one();
        }
    }

    /// Listens for events of a workspace. Rings if it is the first listener, because earlier events may
    /// be new to it.
    pub(crate) fn listen(&self, workspace: WorkspaceId) -> Listener {
        let mut heads = self.heads();
        let head = heads.entry(workspace).or_insert_with(|| {
            self.0.rung.notify_one();
            watch::Sender::new(Sequence::default())
        });
        let head = head.subscribe();
        Listener { bells: self.clone(), workspace, head }
    }

    /// Waits for a ring, at most this long.
    pub(crate) async fn wait(&self, limit: Duration) {
        // Without a ring, the feeds are checked all the same.
        let _rung = timeout(limit, self.0.rung.notified()).await;
    }

    /// The workspaces for which a request waits.
    pub(crate) fn workspaces(&self) -> Vec<WorkspaceId> {
        self.heads().keys().copied().collect()
    }

    /// Reports the last position of a feed to the waiting requests.
    pub(crate) fn tell(&self, workspace: WorkspaceId, head: Sequence) {
        if let Some(known) = self.heads().get(&workspace) {
            known.send_if_modified(|known| {
                let is_news = *known != head;
                *known = head;
                is_news
            });
        }
    }

    fn heads(&self) -> MutexGuard<'_, HashMap<WorkspaceId, watch::Sender<Sequence>>> {
        self.0.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Waits for an event after this position, at most this long; returns whether there is one.
    pub(crate) async fn beyond(&mut self, place: Sequence, limit: Duration) -> bool {
        timeout(limit, self.head.wait_for(|head| *head > place)).await.is_ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut heads = self.bells.heads();
        let is_last = heads.get(&self.workspace).is_some_and(|head| head.receiver_count() <= 1);
        if is_last {
            heads.remove(&self.workspace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(10);

    fn workspace(number: u128) -> WorkspaceId {
        WorkspaceId::from_uuid(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_listener_gets_the_last_position() {
        let bells = Bells::default();
        let mut listener = bells.listen(workspace(1));
        bells.wait(LONG).await;

        bells.ring(workspace(1));
        bells.wait(LONG).await;
        bells.tell(workspace(1), Sequence::new(7));
        bells.tell(workspace(2), Sequence::new(9));

        assert!(listener.beyond(Sequence::new(6), LONG).await);
        assert!(!listener.beyond(Sequence::new(7), SHORT).await);
    }

    #[tokio::test]
    async fn a_workspace_without_listeners_is_not_checked() {
        let bells = Bells::default();
        let (one, other) = (bells.listen(workspace(1)), bells.listen(workspace(1)));

        drop(one);
        assert_eq!(bells.workspaces(), [workspace(1)]);
        drop(other);
        assert_eq!(bells.workspaces(), []);
    }
}
