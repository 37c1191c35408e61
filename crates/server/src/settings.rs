//! What a server is started with.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::{Clock, IdGenerator};
use conversations_http::{AdmissionLimits, Cors, PublicUrl, RateLimitSettings, StreamSettings};
use conversations_persistence::{DatabaseUrl, Limits};
use conversations_webhooks::SenderSettings;

use crate::certificates::TlsFiles;
use crate::{RandomIds, SystemClock};

/// How often the times at which keys were last used are stored.
const STORE_USES_EVERY: Duration = Duration::from_secs(5);

/// How long events stay in the feeds of changes by default: 30 days.
const EVENTS_KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long deliveries of webhooks are kept by default: 7 days.
const DELIVERIES_KEEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many connections an address may have unless it is said.
const CONNECTIONS_PER_ADDRESS: usize = 1024;

/// What a server is started with.
#[derive(Clone)]
pub struct Settings {
    /// The address to listen on, `host:port`, or `unix:` and the path of a socket; port 0 takes a free
    /// one.
    pub listen: String,
    /// The address to show metrics on, `host:port`; without one they are shown nowhere.
    pub metrics_listen: Option<String>,
    /// The certificate to show, and its key; without them it is plain HTTP.
    pub tls: Option<TlsFiles>,
    /// The database.
    pub database: DatabaseUrl,
    /// The threads that answer requests; `None` is one per core.
    pub workers: Option<usize>,
    /// How long work on the database may take that is not over in a moment.
    pub limits: Limits,
    /// How much of the service a key may use.
    pub rate_limits: RateLimitSettings,
    /// The origins whose pages may use the API from a browser; by default none.
    pub cors: Cors,
    /// The URL under which clients reach the API; without it, references in replies are relative.
    pub public_url: PublicUrl,
    /// Whether there is a page at `/console`.
    pub has_console: bool,
    /// The most requests that are worked on at once; those beyond are refused.
    pub request_concurrency: usize,
    /// The most requests of one workspace that are worked on at once; those beyond are refused.
    pub workspace_concurrency: usize,
    /// The most requests with one key that are worked on at once; those beyond are refused.
    pub key_concurrency: usize,
    /// The most connections that an address may have; 0 is as many as it likes.
    pub connections_per_address: usize,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// How long everything may take from the moment at which the server is told to stop.
    pub shutdown_timeout: Duration,
    /// How long connections are still accepted after that moment.
    pub accept_grace: Duration,
    /// How often the times at which keys were last used are stored.
    pub store_uses_every: Duration,
    /// How long events stay in the feeds of changes.
    pub events_keep: Duration,
    /// The limits of streams of events.
    pub streams: StreamSettings,
    /// How webhooks are sent.
    pub webhooks: WebhookSettings,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdGenerator>,
}

/// How webhooks are sent.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// How requests are sent, and where to.
    pub sender: SenderSettings,
    /// How long deliveries stay in the logs of webhooks.
    pub deliveries_keep: Duration,
    /// Whether this process sends webhooks. Otherwise others do.
    pub is_sending: bool,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        let (sender, deliveries_keep) = (SenderSettings::default(), DELIVERIES_KEEP);
        Self { sender, deliveries_keep, is_sending: true }
    }
}

impl Settings {
    /// Settings with the time and the ids of the operating system.
    #[must_use]
    pub fn new(listen: String, database: DatabaseUrl) -> Self {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds::default()));
        let admission = AdmissionLimits::default();
        Self {
            listen,
            metrics_listen: None,
            tls: None,
            database,
            workers: None,
            limits: Limits::default(),
            rate_limits: RateLimitSettings::default(),
            cors: Cors::default(),
            public_url: PublicUrl::default(),
            has_console: true,
            request_concurrency: admission.requests,
            workspace_concurrency: admission.requests_per_workspace,
            key_concurrency: admission.requests_per_key,
            connections_per_address: CONNECTIONS_PER_ADDRESS,
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            accept_grace: Duration::from_millis(200),
            store_uses_every: STORE_USES_EVERY,
            events_keep: EVENTS_KEEP,
            streams: StreamSettings::default(),
            webhooks: WebhookSettings::default(),
            clock,
            ids,
        }
    }

    /// What the process takes on at once.
    pub(crate) fn load_limits(&self) -> AdmissionLimits {
        let usual = AdmissionLimits::default();
        AdmissionLimits {
            requests: self.request_concurrency,
            requests_per_workspace: self.workspace_concurrency,
            requests_per_key: self.key_concurrency,
            // A request that gets a place after this has most of its time left.
            wait: usual.wait.min(self.limits.request / 5),
            waiting: usual.waiting,
            request: self.limits.request,
            // What is not over by then is answered that it goes on: that takes time, too.
            at_length: self.limits.erase.saturating_add(self.limits.request),
        }
    }
}
