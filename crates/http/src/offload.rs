//! Work for the processor that would keep a worker from all its other requests for too long: it is
//! done on another thread.
//!
//! `offload.rs` in `persistence` is the same on purpose: the two adapters may not know each other, and
//! neither of the crates that both know may know a runtime.

use actix_web::rt::task::{JoinHandle, spawn_blocking};

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
