//! The task that sends webhooks: it takes those that have something to send, and delivers each in a
//! task of its own.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::events::EventService;
use conversations_application::webhooks::{DeliveryEnd, DeliveryService, Lease, Leased};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// How often to look for events of other processes and for retries.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long after a look the next one is at the earliest: many writes share one.
const PAUSE: Duration = Duration::from_millis(20);

/// The most webhooks that a process delivers at the same time. Most of the time of each is that of its
/// receiver, and each has a small part of the requests.
const MAX_SESSIONS: usize = 512;

/// What sends webhooks, until it is stopped.
pub(crate) struct Deliveries {
    service: DeliveryService,
    stopped: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Deliveries {
    /// Begins to send webhooks.
    pub(crate) fn spawn(service: DeliveryService, events: EventService, lease: Duration) -> Self {
        let stopped = Arc::<Notify>::default();
        let sending = Sending {
            service: service.clone(),
            events,
            renew_every: lease / 3,
            stopped: Arc::clone(&stopped),
            sessions: JoinSet::new(),
        };
        Self { service, stopped, task: tokio::spawn(sending.run()) }
    }

    /// Begins no further requests.
    pub(crate) fn stop(&self) {
        self.service.stop();
        self.stopped.notify_one();
    }

    /// Waits for the requests that were begun, until this moment. The others are repeated: by another
    /// process, or after the next start.
    pub(crate) async fn finish(mut self, end: Instant) {
        if tokio::time::timeout_at(end, &mut self.task).await.is_err() {
            tracing::warn!("shutdown timed out: webhooks that are being sent will be sent again");
        }
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Sending {
    service: DeliveryService,
    events: EventService,
    renew_every: Duration,
    stopped: Arc<Notify>,
    sessions: JoinSet<DeliveryEnd>,
}

impl Sending {
    async fn run(mut self) {
        loop {
            self.take_webhooks().await;
            if !self.wait().await {
                break;
            }
        }
        while self.sessions.join_next().await.is_some() {}
    }

    /// Begins to deliver the webhooks that have something to send.
    async fn take_webhooks(&mut self) {
        let free = MAX_SESSIONS.saturating_sub(self.sessions.len());
        let Some(limit) = u32::try_from(free).ok().filter(|limit| *limit > 0) else { return };
        match self.service.lease(limit).await {
            Ok(leased) => {
                for webhook in leased {
                    let service = self.service.clone();
                    self.sessions.spawn(deliver(service, webhook, self.renew_every));
                }
            }
            Err(error) => {
                tracing::warn!(error = chain(&error), "looking for webhooks to send failed");
                sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Waits until there may be something to send; `false` when the server stops.
    async fn wait(&mut self) -> bool {
        let next = Instant::now() + LOOK_EVERY;
        loop {
            let left = next.saturating_duration_since(Instant::now());
            tokio::select! {
                () = self.stopped.notified() => return false,
                () = self.events.wait_for_writes(left) => break,
                Some(ended) = self.sessions.join_next() => {
                    // What came meanwhile was not seen, because the webhook was taken.
                    if matches!(ended, Ok(DeliveryEnd::Progress)) {
                        break;
                    }
                }
            }
        }
        tokio::select! {
            () = self.stopped.notified() => false,
            () = sleep_until(next.min(Instant::now() + PAUSE)) => true,
        }
    }
}

/// Delivers a webhook, and keeps its lease meanwhile.
async fn deliver(service: DeliveryService, leased: Leased, renew_every: Duration) -> DeliveryEnd {
    let lease = leased.lease();
    let webhook = lease.webhook();
    let ended = tokio::select! {
        ended = service.deliver(leased) => ended,
        () = lose(&service, lease, renew_every) => {
            tracing::info!(%webhook, "another process took over a webhook, or it was changed");
            return DeliveryEnd::NoProgress;
        }
    };
    ended.unwrap_or_else(|error| {
        // Among the reasons is that the webhook was changed meanwhile.
        let error = chain(&error);
        tracing::info!(%webhook, error, "sending a webhook was interrupted; it will be repeated");
        DeliveryEnd::NoProgress
    })
}

/// Renews a lease until it is lost.
async fn lose(service: &DeliveryService, lease: Lease, every: Duration) {
    loop {
        sleep(every).await;
        match service.renew(lease).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(error = chain(&error), "renewing the lease of a webhook failed");
            }
        }
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}
