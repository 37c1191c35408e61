//! Metrics: what the parts of the server count, put together for Prometheus.
//!
//! The parts know nothing of this: each keeps numbers of its own, and is asked for them on each
//! scrape.

mod family;
mod listener;
mod process;
#[cfg(test)]
mod reference;

use std::sync::Arc;

use conversations_application::metrics::{PollTimes, Watchdog};
use conversations_application::ports::Clock;
use conversations_http::{Load, LoadMetrics, RateLimitMetrics, RateLimits, RequestMetrics};
use conversations_persistence::{PoolMetrics, Store, StoreMetrics};

use crate::SystemClock;
use crate::connections::{ConnectionLimits, ConnectionMetrics};
use family::Sheet;

pub(crate) use listener::MetricsServer;

/// Everything that counts something.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) requests: Arc<RequestMetrics>,
    pub(crate) load: Arc<Load>,
    pub(crate) limits: Arc<RateLimits>,
    pub(crate) connections: Arc<ConnectionLimits>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) watchdog: Watchdog,
    pub(crate) started: Start,
}

/// When the process started, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start(i64);

impl Start {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self(SystemClock.now().as_unix_millis())
    }
}

impl Metrics {
    /// What all of them hold now, in the text format of Prometheus.
    fn text(&self) -> prometheus::Result<String> {
        let mut sheet = Sheet::default();
        self.show_requests(&mut sheet);
        show_load(&mut sheet, self.load.metrics());
        let ConnectionMetrics { open, ended } = self.connections.metrics();
        sheet.number(&family::CLIENT_CONNECTIONS, [], whole(open));
        for (reason, count) in ended {
            sheet.number(&family::CLIENT_CONNECTIONS_ENDED, [reason], count);
        }
        let RateLimitMetrics { refused_keys, refused_addresses } = self.limits.metrics();
        sheet.number(&family::RATE_LIMITED, ["key"], refused_keys);
        sheet.number(&family::RATE_LIMITED, ["address"], refused_addresses);
        sheet.number(&family::REPLAYS, [], self.requests.replays());
        let StoreMetrics {
            database,
            pools,
            conversation_erasures,
            customer_erasures,
            conversations_erased,
        } = self.store.metrics();
        show_pools(&mut sheet, &pools);
        show_polls(&mut sheet, &self.watchdog.read());
        let kinds = [("conversation", conversation_erasures), ("customer", customer_erasures)];
        for (kind, erasures) in kinds {
            sheet.number(&family::ERASURES_STARTED, [kind], erasures.started);
        }
        for (kind, erasures) in kinds {
            sheet.number(&family::ERASURES_FINISHED, [kind], erasures.finished);
        }
        sheet.number(&family::ERASED, [], conversations_erased);
        sheet.number(&family::BUILD, [env!("CARGO_PKG_VERSION"), database], 1);
        sheet.decimal(&family::START, [], self.started.seconds());
        process::show(&mut sheet);
        sheet.text()
    }

    fn show_requests(&self, sheet: &mut Sheet) {
        for (series, count) in self.requests.counts() {
            sheet.number(&family::REQUESTS, [series.route, series.method, series.status], count);
        }
        for (series, times) in self.requests.times() {
            let labels = [series.route, series.method, series.status];
            sheet.distribution(&family::REQUEST_TIME, labels, &times);
        }
    }
}

impl Start {
    #[expect(clippy::cast_precision_loss, reason = "it is below 2⁵³ for a while")]
    fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

fn show_load(sheet: &mut Sheet, load: LoadMetrics) {
    let LoadMetrics {
        under_way,
        places,
        places_taken,
        waiting,
        body_bytes,
        reply_bytes,
        refused_by_process,
        refused_by_workspace,
        refused_by_key,
        refused_for_bodies,
        refused_for_replies,
    } = load;
    sheet.number(&family::IN_FLIGHT, [], whole(under_way));
    sheet.number(&family::PLACES, [], whole(places));
    sheet.number(&family::PLACES_TAKEN, [], whole(places_taken));
    sheet.number(&family::PLACES_WAITED_FOR, [], whole(waiting));
    sheet.number(&family::BODY_BYTES, [], whole(body_bytes));
    sheet.number(&family::REPLY_BYTES, [], whole(reply_bytes));
    for (reason, refused) in [
        ("process", refused_by_process),
        ("workspace", refused_by_workspace),
        ("key", refused_by_key),
        ("bodies", refused_for_bodies),
        ("replies", refused_for_replies),
    ] {
        sheet.number(&family::REFUSED, [reason], whole(refused));
    }
}

/// One metric after the other: the format wants all of one together.
fn show_pools(sheet: &mut Sheet, pools: &[PoolMetrics]) {
    for PoolMetrics { name, open, busy, .. } in pools {
        sheet.number(&family::CONNECTIONS, [name, "busy"], whole(*busy));
        sheet.number(&family::CONNECTIONS, [name, "idle"], whole(open.saturating_sub(*busy)));
    }
    for PoolMetrics { name, limit, .. } in pools {
        sheet.number(&family::CONNECTIONS_MAX, [name], whole(*limit));
    }
    for PoolMetrics { name, waiting, .. } in pools {
        sheet.number(&family::WAITING, [name], whole(*waiting));
    }
    for PoolMetrics { name, waits, .. } in pools {
        sheet.distribution(&family::WAIT_TIME, [name], waits);
    }
    for PoolMetrics { name, batches, .. } in pools.iter().filter(|pool| pool.batches.count() > 0) {
        sheet.distribution(&family::BATCH_SIZE, [name], batches);
    }
}

fn show_polls(sheet: &mut Sheet, workers: &[PollTimes]) {
    let named = || workers.iter().enumerate().map(|(place, polls)| (place.to_string(), polls));
    for (worker, PollTimes { times, .. }) in named() {
        sheet.distribution(&family::POLLS, [&worker], times);
    }
    for (worker, PollTimes { longest, .. }) in named() {
        sheet.decimal(&family::LONGEST_POLL, [&worker], longest.as_secs_f64());
    }
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
