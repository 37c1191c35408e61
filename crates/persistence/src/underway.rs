//! Detached work, which continues even if its caller has gone.

use tokio::sync::watch;

/// Counts the pieces of work that go on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Underway(watch::Sender<usize>);

/// A piece of work that goes on for as long as this value is there.
#[derive(Debug)]
pub(crate) struct Going(Underway);

impl Underway {
    /// One more piece of work.
    pub(crate) fn begin(&self) -> Going {
        self.0.send_modify(|count| *count += 1);
        Going(self.clone())
    }

    /// Waits for a moment at which nothing goes on. It is safe to stop waiting at any time.
    pub(crate) async fn drained(&self) {
        // An error means that the sender is gone, which is here.
        let mut counted = self.0.subscribe();
        let _drained = counted.wait_for(|&count| count == 0).await;
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn it_is_drained_when_the_last_piece_of_work_is_over() {
        let underway = Underway::default();
        assert_eq!(underway.drained().now_or_never(), Some(()));

        let (one, other) = (underway.begin(), underway.begin());
        assert_eq!(underway.drained().now_or_never(), None);
        drop(one);
        assert_eq!(underway.drained().now_or_never(), None);
        drop(other);
        assert_eq!(underway.drained().now_or_never(), Some(()));
    }
}
