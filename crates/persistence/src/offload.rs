//! CPU-bound work that would block a worker for too long runs on another thread.
//!
//! `offload.rs` in `http` is the same on purpose: the two adapters may not know each other, and
//! neither of the crates that both know may know a runtime.

use tokio::task::{JoinHandle, spawn_blocking};

/// Work that is forgotten when no caller waits for it, if it has not begun.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does work on a thread for such work, of which a worker has a few. A panic goes on to the caller.
pub(crate) async fn off_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let mut work = AbortOnDrop(spawn_blocking(work));
    match (&mut work.0).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // It was taken back because the runtime ends, and the caller ends with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::panic::AssertUnwindSafe;
    use std::sync::Arc;
    use std::thread;

    #[tokio::test]
    async fn work_is_done_on_another_thread() {
        let (here, there) = (thread::current().id(), off_worker(|| thread::current().id()).await);

        assert_ne!(here, there);
    }

    #[tokio::test]
    async fn a_panic_reaches_the_caller() {
        let work = AssertUnwindSafe(off_worker(|| panic!("on purpose")));

        let panic = work.catch_unwind().await.expect_err("it panics");
        assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
    }

    #[test]
    fn abandoned_work_never_starts() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
        let runtime = runtime.expect("a runtime");
        let (token, taken) = (Arc::new(()), std::sync::mpsc::channel::<()>());
        let (go_on, wait) = taken;
        runtime.block_on(async {
            // The only thread is taken.
            let first = spawn_blocking(move || wait.recv());
            let held = Arc::clone(&token);
            let mut given_up = Box::pin(off_worker(move || panic!("it is done: {held:?}")));
            assert!(given_up.as_mut().now_or_never().is_none());
            drop(given_up);
            go_on.send(()).expect("it waits");
            first.await.expect("it ends").expect("a word");
        });
        drop(runtime);
        assert_eq!(Arc::strong_count(&token), 1);
    }
}
