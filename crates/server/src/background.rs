//! What a server does beside answering requests.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::OnceService;
use conversations_application::erasures::ErasureService;
use conversations_application::events::EventService;
use conversations_application::keys::KeyService;
use conversations_application::ports::Clock;
use conversations_application::totals::TotalsService;
use conversations_domain::Timestamp;
use conversations_http::Load;
use tokio::task::JoinHandle;

use crate::connections::ConnectionLimits;
use crate::operator_services::OperatorServices;

/// How often the requests are forgotten whose replies are no longer kept.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// How long others may write between two steps of that.
const BREATH: Duration = Duration::from_millis(100);

/// How often it is looked for deletions that nobody carries out.
const ERASE_EVERY: Duration = Duration::from_secs(1);

/// How often the counts are made as small as they can be.
const MERGE_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked for what other processes wrote, while somebody waits for news.
const LISTEN_EVERY: Duration = Duration::from_millis(250);

/// How often events get their places that nobody reads.
const SETTLE_EVERY: Duration = Duration::from_secs(10);

/// How often old events are forgotten.
const FORGET_EVENTS_EVERY: Duration = Duration::from_secs(60);

/// How often memory that is free is given back to the operating system.
const RETURN_MEMORY_EVERY: Duration = Duration::from_secs(1);

/// Enough to be a page of the allocator of its own.
const A_PAGE: usize = 1 << 20;

/// How often the tasks do what operators may say something about, and for how long things are kept.
#[derive(Clone)]
pub(crate) struct Pace {
    pub(crate) store_uses_every: Duration,
    pub(crate) events_keep: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The tasks of a server, until this value is dropped.
pub(crate) struct BackgroundTasks {
    /// What need not go on once the server is told to stop.
    maintenance: [JoinHandle<()>; 5],
    /// What goes on until all is answered.
    lasting: [JoinHandle<()>; 4],
}

impl BackgroundTasks {
    pub(crate) fn spawn(
        operators: &OperatorServices,
        pace: Pace,
        load: Arc<Load>,
        connections: Arc<ConnectionLimits>,
    ) -> Self {
        Self {
            maintenance: [
                tokio::spawn(forget_old_requests(operators.once.clone())),
                tokio::spawn(carry_out_erasures(operators.erasures.clone())),
                tokio::spawn(merge_totals(operators.totals.clone())),
                tokio::spawn(settle_feeds(operators.events.clone())),
                tokio::spawn(forget_old_events(operators.events.clone(), pace.clone())),
            ],
            lasting: [
                tokio::spawn(store_uses(operators.keys.clone(), pace.store_uses_every)),
                tokio::spawn(attend_feeds(operators.events.clone())),
                tokio::spawn(tell_of_refusals(load, connections)),
                tokio::spawn(return_memory()),
            ],
        }
    }

    /// Ends what would only be in the way of the last requests.
    pub(crate) fn stop_maintenance(&self) {
        self.maintenance.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for BackgroundTasks {
    fn drop(&mut self) {
        self.maintenance.iter().chain(&self.lasting).for_each(JoinHandle::abort);
    }
}

/// Has the allocator give back to the operating system what has been free for a while. It looks for that
/// when it makes or frees a page, so that after a burst nothing would come back until there is work again.
async fn return_memory() {
    loop {
        tokio::time::sleep(RETURN_MEMORY_EVERY).await;
        drop(std::hint::black_box(Vec::<u8>::with_capacity(A_PAGE)));
    }
}

/// Stores now and then when keys were last used.
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

/// Forgets every now and then the requests whose replies are no longer kept.
async fn forget_old_requests(once: OnceService) {
    loop {
        let pause = match once.forget_some().await {
            Ok(true) => BREATH,
            Ok(false) => FORGET_EVERY,
            Err(error) => {
                tracing::warn!(%error, "old requests could not be forgotten");
                FORGET_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Carries out the deletions that took longer than their callers waited, and those that a process
/// left behind when it died, also from before the server started.
async fn carry_out_erasures(erasures: ErasureService) {
    loop {
        match erasures.step_all().await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(ERASE_EVERY).await,
            Err(error) => {
                tracing::warn!(%error, "a deletion could not be carried on");
                tokio::time::sleep(ERASE_EVERY).await;
            }
        }
    }
}

/// Makes the counts as small as they can be, every now and then: what many wrote to at once is
/// several rows for one number.
async fn merge_totals(totals: TotalsService) {
    loop {
        tokio::time::sleep(MERGE_EVERY).await;
        if let Err(error) = totals.merge().await {
            tracing::warn!(%error, "the counts could not be made smaller");
        }
    }
}

/// Tells those who wait for news how far the feeds are.
async fn attend_feeds(events: EventService) {
    loop {
        if let Err(error) = events.attend(LISTEN_EVERY).await {
            tracing::warn!(%error, "could not look for news in the feeds of changes");
            tokio::time::sleep(LISTEN_EVERY).await;
        }
    }
}

/// Gives events their places that nobody reads, so that few wait at a time.
async fn settle_feeds(events: EventService) {
    loop {
        tokio::time::sleep(SETTLE_EVERY).await;
        if let Err(error) = events.settle().await {
            tracing::warn!(%error, "events could not get their places");
        }
    }
}

/// Forgets the events that are older than they are kept.
async fn forget_old_events(events: EventService, pace: Pace) {
    // What is kept for seconds is looked at as often.
    let every = FORGET_EVENTS_EVERY.min(pace.events_keep / 2).max(BREATH);
    loop {
        let kept = i64::try_from(pace.events_keep.as_millis()).unwrap_or(i64::MAX);
        let oldest = pace.clock.now().as_unix_millis().saturating_sub(kept);
        let pause = match Timestamp::from_unix_millis(oldest.max(0)) {
            None => every,
            Some(oldest) => match events.forget_some(oldest).await {
                Ok(true) => BREATH,
                Ok(false) => every,
                Err(error) => {
                    tracing::warn!(%error, "old events could not be forgotten");
                    every
                }
            },
        };
        tokio::time::sleep(pause).await;
    }
}

/// Tells the log every second how many requests and connections were refused, instead of each time.
async fn tell_of_refusals(load: Arc<Load>, connections: Arc<ConnectionLimits>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let requests = load.take_refused();
        if requests > 0 {
            tracing::warn!(requests, "refused: too many at once");
        }
        let connections = connections.take_refused();
        if connections > 0 {
            tracing::warn!(
                connections,
                "refused: an address has too many connections; if it is a proxy, name it by \
                 --trusted-proxy, or raise --connections-per-address"
            );
        }
    }
}
