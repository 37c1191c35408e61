//! Metrics: what the parts of the server count, put together for Prometheus.
//!
//! The parts know nothing of this: each keeps numbers of its own, and is asked for them on each
//! scrape.

mod exposition;
mod feed_lag;
mod listener;
mod process;
#[cfg(test)]
mod reference;

use std::sync::Arc;

use conversations_application::metrics::{PollTimes, Watchdog};
use conversations_application::ports::{Clock, WebhookCounts};
use conversations_application::webhooks::{DeliveryMetrics, DeliveryService};
use conversations_domain::WebhookStatus;
use conversations_http::{
    AdmissionControl, AdmissionMetrics, EventStreams, RateLimitMetrics, RateLimits, RequestMetrics,
    StreamMetrics,
};
use conversations_persistence::{ListIndexMetrics, PoolMetrics, Store, StoreMetrics};

use crate::SystemClock;
use crate::connections::{ConnectionLimits, ConnectionMetrics};
use exposition::Exposition;

pub(crate) use feed_lag::FeedLag;
pub(crate) use listener::MetricsServer;

/// Everything that counts something.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) requests: Arc<RequestMetrics>,
    pub(crate) admission: Arc<AdmissionControl>,
    pub(crate) limits: Arc<RateLimits>,
    pub(crate) streams: Arc<EventStreams>,
    pub(crate) connections: Arc<ConnectionLimits>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) deliveries: DeliveryService,
    pub(crate) watchdog: Watchdog,
    pub(crate) feed_lag: FeedLag,
    pub(crate) started: StartTime,
}

/// When the process started, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StartTime(i64);

impl StartTime {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self(SystemClock.now().as_unix_millis())
    }
}

impl Metrics {
    /// What all of them hold now, in the text format of Prometheus.
    fn text(&self) -> prometheus::Result<String> {
        let mut exposition = Exposition::default();
        self.show_requests(&mut exposition);
        show_admission(&mut exposition, self.admission.metrics());
        let ConnectionMetrics { open, ended } = self.connections.metrics();
        exposition.number(&exposition::CLIENT_CONNECTIONS, [], whole(open));
        for (reason, count) in ended {
            exposition.number(&exposition::CLIENT_CONNECTIONS_ENDED, [reason], count);
        }
        let RateLimitMetrics { refused_keys, refused_addresses } = self.limits.metrics();
        exposition.number(&exposition::RATE_LIMITED, ["key"], refused_keys);
        exposition.number(&exposition::RATE_LIMITED, ["address"], refused_addresses);
        show_streams(&mut exposition, self.streams.metrics());
        exposition.number(&exposition::REPLAYS, [], self.requests.replays());
        let StoreMetrics {
            database,
            pools,
            conversation_erasures,
            customer_erasures,
            conversations_erased,
            list_index,
        } = self.store.metrics();
        show_pools(&mut exposition, &pools);
        show_polls(&mut exposition, &self.watchdog.read());
        let kinds = [("conversation", conversation_erasures), ("customer", customer_erasures)];
        for (kind, erasures) in kinds {
            exposition.number(&exposition::ERASURES_STARTED, [kind], erasures.started);
        }
        for (kind, erasures) in kinds {
            exposition.number(&exposition::ERASURES_FINISHED, [kind], erasures.finished);
        }
        exposition.number(&exposition::ERASED, [], conversations_erased);
        show_list_indexes(&mut exposition, list_index);
        let (waiting, oldest) = self.feed_lag.read();
        exposition.number(&exposition::EVENTS_WAITING, [], waiting);
        exposition.decimal(&exposition::EVENTS_LAG, [], oldest);
        show_webhooks(&mut exposition, self.deliveries.metrics());
        exposition.number(&exposition::BUILD, [env!("CARGO_PKG_VERSION"), database], 1);
        exposition.decimal(&exposition::START, [], self.started.seconds());
        process::show(&mut exposition);
        exposition.text()
    }

    fn show_requests(&self, exposition: &mut Exposition) {
        for (series, count) in self.requests.counts() {
            exposition.number(
                &exposition::REQUESTS,
                [series.route, series.method, series.status],
                count,
            );
        }
        for (series, times) in self.requests.times() {
            let labels = [series.route, series.method, series.status];
            exposition.distribution(&exposition::REQUEST_TIME, labels, &times);
        }
    }
}

impl StartTime {
    #[expect(clippy::cast_precision_loss, reason = "it is below 2⁵³ for a while")]
    fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

fn show_list_indexes(exposition: &mut Exposition, indexes: ListIndexMetrics) {
    let ListIndexMetrics { bytes, workspaces, answers, fallbacks, builds, failures } = indexes;
    exposition.number(&exposition::LIST_INDEXES, [], workspaces);
    exposition.number(&exposition::LIST_INDEX_BYTES, [], bytes);
    exposition.number(&exposition::LIST_INDEX_LISTS, ["answered"], answers);
    exposition.number(&exposition::LIST_INDEX_LISTS, ["fallback"], fallbacks);
    exposition.number(&exposition::LIST_INDEX_BUILDS, ["built"], builds);
    exposition.number(&exposition::LIST_INDEX_BUILDS, ["failed"], failures);
}

fn show_admission(exposition: &mut Exposition, admission: AdmissionMetrics) {
    let AdmissionMetrics {
        in_flight,
        permits,
        permits_taken,
        waiting,
        body_bytes,
        reply_bytes,
        refused_by_process,
        refused_by_workspace,
        refused_by_key,
        refused_for_bodies,
        refused_for_replies,
    } = admission;
    exposition.number(&exposition::IN_FLIGHT, [], whole(in_flight));
    exposition.number(&exposition::PLACES, [], whole(permits));
    exposition.number(&exposition::PLACES_TAKEN, [], whole(permits_taken));
    exposition.number(&exposition::PLACES_WAITED_FOR, [], whole(waiting));
    exposition.number(&exposition::BODY_BYTES, [], whole(body_bytes));
    exposition.number(&exposition::REPLY_BYTES, [], whole(reply_bytes));
    for (reason, refused) in [
        ("process", refused_by_process),
        ("workspace", refused_by_workspace),
        ("key", refused_by_key),
        ("bodies", refused_for_bodies),
        ("replies", refused_for_replies),
    ] {
        exposition.number(&exposition::REFUSED, [reason], whole(refused));
    }
}

fn show_streams(exposition: &mut Exposition, streams: StreamMetrics) {
    let StreamMetrics { streams, waiting, frames, resets, refused_by_key, refused_by_process } =
        streams;
    exposition.number(&exposition::STREAMS, ["stream"], whole(streams));
    exposition.number(&exposition::STREAMS, ["wait"], whole(waiting));
    exposition.number(&exposition::STREAM_FRAMES, [], frames);
    exposition.number(&exposition::STREAM_RESETS, [], resets);
    exposition.number(&exposition::STREAMS_REFUSED, ["key"], refused_by_key);
    exposition.number(&exposition::STREAMS_REFUSED, ["process"], refused_by_process);
}

/// One metric after the other: the format wants all of one together.
fn show_pools(exposition: &mut Exposition, pools: &[PoolMetrics]) {
    for PoolMetrics { name, open, busy, .. } in pools {
        exposition.number(&exposition::CONNECTIONS, [name, "busy"], whole(*busy));
        exposition.number(
            &exposition::CONNECTIONS,
            [name, "idle"],
            whole(open.saturating_sub(*busy)),
        );
    }
    for PoolMetrics { name, limit, .. } in pools {
        exposition.number(&exposition::CONNECTIONS_MAX, [name], whole(*limit));
    }
    for PoolMetrics { name, waiting, .. } in pools {
        exposition.number(&exposition::WAITING, [name], whole(*waiting));
    }
    for PoolMetrics { name, waits, .. } in pools {
        exposition.distribution(&exposition::WAIT_TIME, [name], waits);
    }
    for PoolMetrics { name, batches, .. } in pools.iter().filter(|pool| pool.batches.count() > 0) {
        exposition.distribution(&exposition::BATCH_SIZE, [name], batches);
    }
}

fn show_webhooks(exposition: &mut Exposition, deliveries: DeliveryMetrics) {
    let DeliveryMetrics { attempts, webhooks } = deliveries;
    for (outcome, count) in attempts {
        exposition.number(&exposition::WEBHOOK_ATTEMPTS, [outcome], count);
    }
    let WebhookCounts { healthy, failing, paused, disabled, behind } = webhooks;
    for (status, count) in [
        (WebhookStatus::Healthy, healthy),
        (WebhookStatus::Failing, failing),
        (WebhookStatus::Paused, paused),
        (WebhookStatus::Disabled, disabled),
    ] {
        exposition.number(&exposition::WEBHOOKS, [status.as_str()], count);
    }
    exposition.number(&exposition::WEBHOOK_EVENTS_BEHIND, [], behind);
}

fn show_polls(exposition: &mut Exposition, workers: &[PollTimes]) {
    let named = || workers.iter().enumerate().map(|(place, polls)| (place.to_string(), polls));
    for (worker, PollTimes { times, .. }) in named() {
        exposition.distribution(&exposition::POLLS, [&worker], times);
    }
    for (worker, PollTimes { longest, .. }) in named() {
        exposition.decimal(&exposition::LONGEST_POLL, [&worker], longest.as_secs_f64());
    }
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
