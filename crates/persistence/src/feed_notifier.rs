//! Requests of this process that wait for events of a workspace.
//!
//! A write notifies after its commit. One task of the process then checks the feeds for which a request
//! waits. It also does so periodically, because other processes do not notify this one. However many
//! requests wait, one task checks, and a waiting request holds neither a connection nor a thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use conversations_domain::{Sequence, WorkspaceId};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// Connects the writes of a process with the requests that wait for events.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeedNotifier(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The last position of each feed for which a request waits.
    heads: Mutex<HashMap<WorkspaceId, watch::Sender<Sequence>>>,
    notified: Notify,
    /// For the sender of webhooks, which listens to all feeds.
    written: Notify,
    /// How many deletions this process committed. Some workspaces share a count, so that it takes the
    /// same memory for any number of workspaces.
    deletions: [AtomicU64; COUNTS],
}

/// The number of these counts.
const COUNTS: usize = 256;

impl Default for Shared {
    fn default() -> Self {
        let deletions = [const { AtomicU64::new(0) }; COUNTS];
        Self {
            heads: Mutex::default(),
            notified: Notify::default(),
            written: Notify::default(),
            deletions,
        }
    }
}

/// A waiting request, until this value is dropped.
#[derive(Debug)]
pub(crate) struct FeedSubscription {
    notifier: FeedNotifier,
    workspace: WorkspaceId,
    head: watch::Receiver<Sequence>,
}

impl FeedNotifier {
    /// Reports a commit in a workspace.
    pub(crate) fn notify(&self, workspace: WorkspaceId) {
        if self.heads().contains_key(&workspace) {
            self.0.notified.notify_one();
        }
        self.0.written.notify_one();
    }

    /// Waits for a commit in any workspace, at most this long.
    pub(crate) async fn written(&self, limit: Duration) {
        // Without a commit, webhooks are checked all the same.
        let _written = timeout(limit, self.0.written.notified()).await;
    }

    /// Reports a commit in a workspace that deletes content. It is reported before the deletion is
    /// acknowledged.
    pub(crate) fn notify_of_deletion(&self, workspace: WorkspaceId) {
        self.deletion_count(workspace).fetch_add(1, Ordering::SeqCst);
        self.notify(workspace);
    }

    /// A number that changes with each deletion of this process in a workspace.
    pub(crate) fn deletions(&self, workspace: WorkspaceId) -> u64 {
        self.deletion_count(workspace).load(Ordering::SeqCst)
    }

    /// Subscribes to the feed of a workspace. The first subscription notifies, because earlier events may
    /// be new to it.
    pub(crate) fn subscribe(&self, workspace: WorkspaceId) -> FeedSubscription {
        let mut heads = self.heads();
        let head = heads.entry(workspace).or_insert_with(|| {
            self.0.notified.notify_one();
            watch::Sender::new(Sequence::default())
        });
        let head = head.subscribe();
        FeedSubscription { notifier: self.clone(), workspace, head }
    }

    /// Waits for a notification, at most this long.
    pub(crate) async fn notified(&self, limit: Duration) {
        // Without a notification, the feeds are checked all the same.
        let _notified = timeout(limit, self.0.notified.notified()).await;
    }

    /// The workspaces for which a request waits.
    pub(crate) fn workspaces(&self) -> Vec<WorkspaceId> {
        self.heads().keys().copied().collect()
    }

    /// Reports the last position of a feed to the waiting requests.
    pub(crate) fn publish(&self, workspace: WorkspaceId, head: Sequence) {
        if let Some(known) = self.heads().get(&workspace) {
            known.send_if_modified(|known| {
                let is_news = *known != head;
                *known = head;
                is_news
            });
        }
    }

    fn deletion_count(&self, workspace: WorkspaceId) -> &AtomicU64 {
        let [.., last] = *workspace.as_uuid().as_bytes();
        &self.0.deletions[usize::from(last)]
    }

    fn heads(&self) -> MutexGuard<'_, HashMap<WorkspaceId, watch::Sender<Sequence>>> {
        self.0.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedSubscription {
    /// Waits for an event after this position, at most this long; returns whether there is one.
    pub(crate) async fn wait_past(&mut self, place: Sequence, limit: Duration) -> bool {
        timeout(limit, self.head.wait_for(|head| *head > place)).await.is_ok()
    }
}

impl Drop for FeedSubscription {
    fn drop(&mut self) {
        let mut heads = self.notifier.heads();
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
    async fn a_subscription_gets_the_last_position() {
        let notifier = FeedNotifier::default();
        let mut subscription = notifier.subscribe(workspace(1));
        notifier.notified(LONG).await;

        notifier.notify(workspace(1));
        notifier.notified(LONG).await;
        notifier.publish(workspace(1), Sequence::new(7));
        notifier.publish(workspace(2), Sequence::new(9));

        assert!(subscription.wait_past(Sequence::new(6), LONG).await);
        assert!(!subscription.wait_past(Sequence::new(7), SHORT).await);
    }

    #[test]
    fn a_deletion_counts_in_its_workspace() {
        let notifier = FeedNotifier::default();
        let before = notifier.deletions(workspace(1));

        notifier.notify(workspace(1));
        notifier.notify_of_deletion(workspace(2));
        assert_eq!(notifier.deletions(workspace(1)), before);
        notifier.notify_of_deletion(workspace(1));
        assert_ne!(notifier.deletions(workspace(1)), before);
    }

    #[tokio::test]
    async fn a_workspace_without_listeners_is_not_checked() {
        let notifier = FeedNotifier::default();
        let (one, other) = (notifier.subscribe(workspace(1)), notifier.subscribe(workspace(1)));

        drop(one);
        assert_eq!(notifier.workspaces(), [workspace(1)]);
        drop(other);
        assert_eq!(notifier.workspaces(), []);
    }
}
