//! The background tasks of a server.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::erasures::ErasureService;
use conversations_application::events::EventService;
use conversations_application::keys::KeyService;
use conversations_application::ports::Clock;
use conversations_application::totals::TotalsService;
use conversations_application::webhooks::DeliveryService;
use conversations_application::{Error, IdempotencyService};
use conversations_domain::Timestamp;
use conversations_http::AdmissionControl;
use tokio::task::JoinHandle;

use crate::connections::ConnectionLimits;
use crate::metrics::FeedLag;
use crate::operator_services::OperatorServices;

/// How often expired idempotency keys are deleted.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// How long others may write between two steps of that.
const BATCH_PAUSE: Duration = Duration::from_millis(100);

/// How often to look for deletions that no process is working on.
const ERASE_EVERY: Duration = Duration::from_secs(1);

/// How often the totals are compacted.
const MERGE_EVERY: Duration = Duration::from_secs(60);

/// How often the feeds are checked for events of other processes, while a request waits for one.
const LISTEN_EVERY: Duration = Duration::from_millis(250);

/// How often events that are not read get their sequence numbers.
const NUMBER_EVERY: Duration = Duration::from_secs(10);

/// How often old events are deleted.
const FORGET_EVENTS_EVERY: Duration = Duration::from_secs(60);

/// How often the webhooks are counted, for metrics.
const COUNT_WEBHOOKS_EVERY: Duration = Duration::from_secs(15);

/// How often free memory is returned to the operating system.
const RETURN_MEMORY_EVERY: Duration = Duration::from_secs(1);

/// Enough to be a page of the allocator of its own.
const A_PAGE: usize = 1 << 20;

/// The settings of the tasks.
#[derive(Clone)]
pub(crate) struct Pace {
    pub(crate) store_uses_every: Duration,
    pub(crate) events_keep: Duration,
    pub(crate) deliveries_keep: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) feed_lag: FeedLag,
}

impl Pace {
    /// The time before which nothing is kept.
    fn oldest(&self, keep: Duration) -> Option<Timestamp> {
        let kept = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let oldest = self.clock.now().as_unix_millis().saturating_sub(kept);
        Timestamp::from_unix_millis(oldest.max(0))
    }
}

/// The tasks of a server, until this value is dropped.
pub(crate) struct BackgroundTasks {
    /// Tasks that stop at the beginning of a shutdown.
    maintenance: [JoinHandle<()>; 7],
    /// Tasks that run until all requests are answered.
    lasting: [JoinHandle<()>; 4],
}

impl BackgroundTasks {
    pub(crate) fn spawn(
        operators: &OperatorServices,
        deliveries: &DeliveryService,
        pace: &Pace,
        admission: Arc<AdmissionControl>,
        connections: Arc<ConnectionLimits>,
    ) -> Self {
        Self {
            maintenance: [
                tokio::spawn(forget_old_requests(operators.once.clone())),
                tokio::spawn(carry_out_erasures(operators.erasures.clone())),
                tokio::spawn(merge_totals(operators.totals.clone())),
                tokio::spawn(number_waiting_events(operators.events.clone(), pace.clone())),
                tokio::spawn(forget_old_events(operators.events.clone(), pace.clone())),
                tokio::spawn(forget_old_deliveries(deliveries.clone(), pace.clone())),
                tokio::spawn(count_webhooks(deliveries.clone())),
            ],
            lasting: [
                tokio::spawn(store_uses(operators.keys.clone(), pace.store_uses_every)),
                tokio::spawn(attend_feeds(operators.events.clone())),
                tokio::spawn(log_refusals(admission, connections)),
                tokio::spawn(return_memory()),
            ],
        }
    }

    /// Stops the tasks that would only delay the last requests.
    pub(crate) fn stop_maintenance(&self) {
        self.maintenance.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for BackgroundTasks {
    fn drop(&mut self) {
        self.maintenance.iter().chain(&self.lasting).for_each(JoinHandle::abort);
    }
}

/// Makes the allocator return unused memory to the operating system. It does so only when it
/// allocates or frees a page, so after a burst nothing would be returned until there is work again.
async fn return_memory() {
    loop {
        tokio::time::sleep(RETURN_MEMORY_EVERY).await;
        drop(std::hint::black_box(Vec::<u8>::with_capacity(A_PAGE)));
    }
}

/// Periodically stores when keys were last used.
async fn store_uses(keys: KeyService, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        store_uses_once(&keys).await;
    }
}

pub(crate) async fn store_uses_once(keys: &KeyService) {
    if let Err(error) = keys.store_uses().await {
        tracing::warn!(%error, "could not store when keys were last used");
    }
}

/// Periodically deletes expired idempotency keys.
async fn forget_old_requests(once: IdempotencyService) {
    loop {
        let pause = match once.delete_some_expired().await {
            Ok(true) => BATCH_PAUSE,
            Ok(false) => FORGET_EVERY,
            Err(error) => {
                tracing::warn!(%error, "could not delete expired idempotency keys");
                FORGET_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Finishes the deletions that took longer than their callers waited, and those that a crashed
/// process left behind.
async fn carry_out_erasures(erasures: ErasureService) {
    loop {
        match erasures.step_all().await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(ERASE_EVERY).await,
            Err(error) => {
                tracing::warn!(%error, "could not continue a deletion");
                tokio::time::sleep(ERASE_EVERY).await;
            }
        }
    }
}

/// Periodically compacts the totals: concurrent writes leave several rows for one number.
async fn merge_totals(totals: TotalsService) {
    loop {
        tokio::time::sleep(MERGE_EVERY).await;
        if let Err(error) = totals.merge().await {
            tracing::warn!(%error, "could not compact the totals");
        }
    }
}

/// Wakes the requests that wait for events.
async fn attend_feeds(events: EventService) {
    loop {
        if let Err(error) = events.watch(LISTEN_EVERY).await {
            tracing::warn!(%error, "checking the feeds for new events failed");
            tokio::time::sleep(LISTEN_EVERY).await;
        }
    }
}

/// Numbers events that are not read, so that few wait at a time.
async fn number_waiting_events(events: EventService, pace: Pace) {
    loop {
        tokio::time::sleep(NUMBER_EVERY).await;
        let now = pace.clock.now();
        match events.number_waiting().await {
            Ok(waiting) => pace.feed_lag.record(waiting, now),
            Err(error) => tracing::warn!(%error, "numbering events failed"),
        }
    }
}

/// Deletes events that are older than the retention time.
async fn forget_old_events(events: EventService, pace: Pace) {
    loop {
        let deleted = match pace.oldest(pace.events_keep) {
            None => Ok(false),
            Some(oldest) => events.delete_some_expired(oldest).await,
        };
        tokio::time::sleep(pause_after(deleted, pace.events_keep, "events")).await;
    }
}

/// Deletes deliveries of webhooks that are older than theirs.
async fn forget_old_deliveries(deliveries: DeliveryService, pace: Pace) {
    loop {
        let deleted = match pace.oldest(pace.deliveries_keep) {
            None => Ok(false),
            Some(oldest) => deliveries.delete_some_expired(oldest).await,
        };
        tokio::time::sleep(pause_after(deleted, pace.deliveries_keep, "deliveries")).await;
    }
}

/// How long others may write before the next step of a deletion.
fn pause_after(deleted: Result<bool, Error>, keep: Duration, what: &str) -> Duration {
    // A short retention time is checked as often as it needs.
    let every = FORGET_EVENTS_EVERY.min(keep / 2).max(BATCH_PAUSE);
    match deleted {
        Ok(true) => BATCH_PAUSE,
        Ok(false) => every,
        Err(error) => {
            tracing::warn!(%error, what, "deleting what is old failed");
            every
        }
    }
}

/// Periodically counts the webhooks of all workspaces.
async fn count_webhooks(deliveries: DeliveryService) {
    loop {
        if let Err(error) = deliveries.count_webhooks().await {
            tracing::warn!(%error, "counting the webhooks failed");
        }
        tokio::time::sleep(COUNT_WEBHOOKS_EVERY).await;
    }
}

/// Logs once a second how many requests and connections were refused, instead of each one.
async fn log_refusals(admission: Arc<AdmissionControl>, connections: Arc<ConnectionLimits>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let requests = admission.take_refused();
        if requests > 0 {
            tracing::warn!(requests, "refused requests: the server is overloaded");
        }
        let connections = connections.take_refused();
        if connections > 0 {
            tracing::warn!(
                connections,
                "refused connections: too many from one address; if it is a proxy, set \
                 --trusted-proxy, or raise --connections-per-address"
            );
        }
    }
}
