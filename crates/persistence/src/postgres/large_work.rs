//! Work that takes too long for the worker.

use crate::offload::off_worker;

/// Up to this many bytes are processed on the worker; it takes some hundred microseconds at most.
const AT_ONCE: usize = 64 << 10;

/// Does work over this many bytes, between statements. Statements are sent from the worker, which
/// has other requests to go on with, so that much work leaves it.
pub(crate) async fn offload_if_large<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if bytes > AT_ONCE { off_worker(work).await } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[tokio::test]
    async fn work_on_much_leaves_the_worker() {
        let is_done_here = async |bytes| {
            offload_if_large(bytes, || thread::current().id()).await == thread::current().id()
        };

        assert!(is_done_here(0).await);
        assert!(is_done_here(AT_ONCE).await);
        assert!(!is_done_here(AT_ONCE + 1).await);
    }
}
