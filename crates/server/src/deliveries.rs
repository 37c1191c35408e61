//! The task that sends webhooks: it takes those that have something to send, and delivers each in a
//! task of its own.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::events::EventService;
use conversations_application::webhooks::{DeliveryEnd, DeliveryService, Lease, Leased};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// How long a process has a webhook unless it renews its lease. This long the webhooks of a process that was
/// killed wait for another one, or for its next start; and this long a process may be held up before another
/// one sends what it was sending.
pub(crate) const LEASE: Duration = Duration::from_secs(8);

/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(2);

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
    interrupt: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Deliveries {
    /// Begins to send webhooks.
    pub(crate) fn spawn(service: DeliveryService, events: EventService) -> Self {
        let (stopped, interrupt) = (Arc::<Notify>::default(), watch::Sender::new(false));
        let sending = Sending {
            service: service.clone(),
            events,
            stopped: Arc::clone(&stopped),
            interrupted: interrupt.subscribe(),
            sessions: JoinSet::new(),
        };
        Self { service, stopped, interrupt, task: tokio::spawn(sending.run()) }
    }

    /// Begins no further requests.
    pub(crate) fn stop(&self) {
        self.service.stop();
        self.stopped.notify_one();
    }

    /// Waits for the requests that were begun, until this moment. Then the others are ended, and their
    /// webhooks are given back, so that another process, or the next start, sends them again at once. All of
    /// it is over at the end.
    pub(crate) async fn finish(mut self, last_moment: Instant, end: Instant) {
        if timeout_at(last_moment, &mut self.task).await.is_ok() {
            return;
        }
        tracing::warn!("shutdown timed out: webhooks that are being sent will be sent again");
        self.interrupt.send_replace(true);
        // The database has to be closed too.
        let given_back = last_moment + end.saturating_duration_since(last_moment) / 2;
        if timeout_at(given_back, &mut self.task).await.is_err() {
            tracing::warn!(
                "webhooks could not be given back: others take them over in some seconds"
            );
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
    stopped: Arc<Notify>,
    interrupted: watch::Receiver<bool>,
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
                    self.sessions.spawn(deliver(service, webhook, self.interrupted.clone()));
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

/// Delivers a webhook, and keeps its lease meanwhile, unless that is interrupted.
async fn deliver(
    service: DeliveryService,
    leased: Leased,
    mut interrupted: watch::Receiver<bool>,
) -> DeliveryEnd {
    let lease = leased.lease();
    let webhook = lease.webhook();
    let ended = tokio::select! {
        ended = service.deliver(leased) => ended,
        () = lose(&service, lease) => {
            tracing::info!(%webhook, "another process took over a webhook, or it was changed");
            return DeliveryEnd::NoProgress;
        }
        () = interruption(&mut interrupted) => {
            if let Err(error) = service.give_back(lease).await {
                tracing::warn!(%webhook, error = chain(&error), "giving back a webhook failed");
            }
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

/// Waits until the process no longer waits for its requests.
async fn interruption(interrupted: &mut watch::Receiver<bool>) {
    // It fails when the process ends.
    let _told = interrupted.wait_for(|is_interrupted| *is_interrupted).await.is_ok();
}

/// Renews a lease until it is lost.
async fn lose(service: &DeliveryService, lease: Lease) {
    loop {
        sleep(RENEW_EVERY).await;
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
