//! How a server stops: it answers the requests that have arrived, accepts no more, and then ends.
//!
//! The framework's own graceful stop begins no request that it has not read yet, and drops the
//! connections that no worker has looked at. So it comes last, when there is nothing of the kind.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use anyhow::Context;
use conversations_http::{AdmissionControl, EventStreams};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::listeners::Listeners;
use crate::worker_barrier::WorkerBarrier;

/// How long the thread that accepts connections may take to notice that it must not.
const PAUSE: Duration = Duration::from_millis(10);

/// How often it is looked whether requests are under way.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What part of the time is kept for the database.
const PART_FOR_THE_DATABASE: u32 = 5;

/// All that it takes to stop a server.
pub(crate) struct GracefulShutdown {
    grace: Duration,
    accept_grace: Duration,
    barrier: WorkerBarrier,
    admission: Arc<AdmissionControl>,
    streams: Arc<EventStreams>,
    listeners: Option<Listeners>,
}

impl GracefulShutdown {
    pub(crate) fn new(
        grace: Duration,
        accept_grace: Duration,
        barrier: WorkerBarrier,
        admission: Arc<AdmissionControl>,
        streams: Arc<EventStreams>,
    ) -> Self {
        Self { grace, accept_grace, barrier, admission, streams, listeners: None }
    }

    /// The same, with these sockets to be closed.
    pub(crate) fn closing(self, listeners: Listeners) -> Self {
        Self { listeners: Some(listeners), ..self }
    }

    /// When everything has to be over, for a server that stops now, and when everything but the
    /// database has to be.
    pub(crate) fn end(&self) -> (Instant, Instant) {
        let end = Instant::now() + self.grace;
        (end, end - self.grace / PART_FOR_THE_DATABASE)
    }

    /// Stops a server: gracefully, as long as the time lasts, and then all at once. What is cut off
    /// then is rolled back. `detached` ends when no detached work is left.
    pub(crate) async fn drain(
        self,
        handle: ServerHandle,
        mut serving: JoinHandle<std::io::Result<()>>,
        detached: impl Future<Output = ()>,
        last_moment: Instant,
    ) -> anyhow::Result<()> {
        tracing::info!("stopping");
        let admission = Arc::clone(&self.admission);
        let left = timeout_at(last_moment, async {
            self.serve_arrived_requests(&handle).await;
            detached.await;
            handle.stop(true).await;
            (&mut serving).await
        });
        if let Ok(ended) = left.await {
            return ended.context("the server failed")?.context("the server failed");
        }
        let (requests, _) = admission.requests();
        tracing::warn!(requests, "shutdown timed out: dropping requests in progress");
        serving.abort();
        let _aborted = serving.await;
        Ok(())
    }

    async fn serve_arrived_requests(self, handle: &ServerHandle) {
        self.admission.stop();
        // They do not end by themselves, and the framework waits for their connections.
        self.streams.stop();
        // Clients that still take the server for ready may connect.
        sleep(self.accept_grace).await;
        handle.pause().await;
        sleep(PAUSE).await;
        if let Some(listeners) = self.listeners {
            listeners.close();
        }
        loop {
            let (in_flight, before) = self.admission.requests();
            if in_flight > 0 {
                sleep(LOOK_EVERY).await;
                continue;
            }
            self.barrier.wait_for_all().await;
            if self.admission.requests() == (0, before) {
                break;
            }
        }
    }
}
