//! Detached work, which continues even if its caller has gone.

use tokio::sync::watch;

/// Counts the pieces of work that go on.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskTracker(watch::Sender<usize>);

/// A piece of work that goes on for as long as this value is there.
#[derive(Debug)]
pub(crate) struct TaskGuard(TaskTracker);

impl TaskTracker {
    /// One more piece of work.
    pub(crate) fn begin(&self) -> TaskGuard {
        self.0.send_modify(|count| *count += 1);
        TaskGuard(self.clone())
    }

    /// Waits for a moment at which nothing goes on. It is safe to stop waiting at any time.
    pub(crate) async fn drained(&self) {
        // An error means that the sender is gone, which is here.
        let mut counted = self.0.subscribe();
        let _drained = counted.wait_for(|&count| count == 0).await;
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn is_drained_when_the_last_task_ends() {
        let tasks = TaskTracker::default();
        assert_eq!(tasks.drained().now_or_never(), Some(()));

        let (one, other) = (tasks.begin(), tasks.begin());
        assert_eq!(tasks.drained().now_or_never(), None);
        drop(one);
        assert_eq!(tasks.drained().now_or_never(), None);
        drop(other);
        assert_eq!(tasks.drained().now_or_never(), Some(()));
    }
}
