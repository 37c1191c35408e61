//! Running a statement where the caller is.

use std::error::Error;

use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

/// Runs each statement in the calling thread, which belongs to the connection: its future is ready
/// when it is made.
pub(crate) struct InThread;

impl SpawnBlocking for InThread {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        let outcome = task();
        async move { ready(Ok(outcome)).await }.boxed()
    }

    fn get_runtime() -> Self {
        Self
    }
}
