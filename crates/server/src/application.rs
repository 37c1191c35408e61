//! The application: every part put together, once per process and once per worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerBuilder;
use actix_web::App;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use anyhow::Context;
use conversations_application::ContextFactory;
use conversations_application::keys::UpdateKey;
use conversations_application::metrics::Watchdog;
use conversations_application::webhooks::DeliveryService;
use conversations_application::workspaces::BootstrappedWorkspace;
use conversations_application::{Caller, Precondition};
use conversations_domain::{Change, KeyChanges, KeyId, Name, UserId, WorkspaceId};
use conversations_http::{
    AdmissionControl, EventStreams, RateLimitSettings, RateLimits, boundary, configure,
};
use conversations_persistence::Repositories;
use conversations_seed::{DemoDesk, DemoSummary};
use conversations_webhooks::{AllowedAddresses, HttpWebhookSender};

use crate::background::{BackgroundTasks, Pace, store_uses_once};
use crate::certificates::Certificates;
use crate::connections::{ConnectionLimits, HttpServer};
use crate::deliveries::Deliveries;
use crate::demo::work_at;
use crate::graceful_shutdown::GracefulShutdown;
use crate::listeners::Listeners;
use crate::metrics::{FeedLag, Metrics, MetricsServer, StartTime};
use crate::operator_services::OperatorServices;
use crate::services::SharedServices;
use crate::settings::{Settings, WebhookSettings};
use crate::worker_barrier::WorkerBarrier;

/// The threads of a worker for what keeps a processor busy for long. With more of them, such work would
/// take the processors from the workers that it was taken off.
const HEAVY_THREADS: usize = 2;

/// A server that listens, on a database that is ready.
pub struct Application {
    server: Server,
    addresses: Vec<SocketAddr>,
    certificates: Option<Arc<Certificates>>,
    listen: String,
    operators: OperatorServices,
    admission: Arc<AdmissionControl>,
    connections: Arc<ConnectionLimits>,
    metrics: Option<MetricsServer>,
    shutdown: GracefulShutdown,
    pace: Pace,
    deliveries: DeliveryService,
    webhooks: WebhookSettings,
    shared: SharedServices,
    desk: Option<DemoDesk>,
}

/// What became of a demo.
#[derive(Debug)]
pub enum DemoOutcome {
    /// It was inserted.
    Inserted(DemoSummary),
    /// The workspace has it from an earlier start.
    Present,
    /// The workspace is not empty, and is left as it is.
    Refused,
}

impl Application {
    /// Opens the database, applies migrations and listens: requests that come are answered once
    /// [`Application::run_until_stopped`] runs.
    ///
    /// # Errors
    /// When the database cannot be used or the address is taken.
    pub async fn build(settings: Settings) -> anyhow::Result<Self> {
        let started = StartTime::now();
        let admission = Arc::new(AdmissionControl::new(settings.load_limits()));
        let certificates = settings.tls.clone().map(Certificates::read).transpose()?;
        // First, so that a server whose address is taken does not touch the database.
        let listen = settings.listen.as_str();
        let listeners = Listeners::open(listen).with_context(|| cannot_listen_on(listen))?;
        let open = |listen: &String| {
            Listeners::open(listen).with_context(|| cannot_serve_metrics_on(listen))
        };
        let metrics_listeners = settings.metrics_listen.as_ref().map(open).transpose()?;
        let contexts = ContextFactory::new(Arc::clone(&settings.clock), Arc::clone(&settings.ids));
        let (operators, migrated) =
            OperatorServices::open(&settings.database, settings.limits, contexts.clone()).await?;
        tell_of(migrated);

        let connections =
            connection_limits(settings.connections_per_address, &settings.rate_limits);
        let pace = Pace {
            store_uses_every: settings.store_uses_every,
            events_keep: settings.events_keep,
            deliveries_keep: settings.webhooks.deliveries_keep,
            clock: Arc::clone(&settings.clock),
            feed_lag: FeedLag::default(),
        };
        let deliveries = operators.deliveries(
            &settings.webhooks,
            (Arc::clone(&settings.clock), Arc::clone(&settings.ids)),
        );
        let shared = SharedServices {
            erase_limit: settings.limits.erase,
            uses: operators.uses.clone(),
            limits: Arc::new(RateLimits::new(settings.rate_limits)),
            streams: Arc::new(EventStreams::new(settings.streams)),
            contexts,
            clock: settings.clock,
            ids: settings.ids,
            admission: Arc::clone(&admission),
            metrics: Arc::default(),
            cors: settings.cors,
            public_url: settings.public_url,
            has_console: settings.has_console,
            // Not that of the deliveries: connections belong to the threads that opened them.
            webhook_sender: Arc::new(HttpWebhookSender::new(&settings.webhooks.sender)),
            webhook_addresses: Arc::new(AllowedAddresses::new(&settings.webhooks.sender)),
        };
        let watchdog = Watchdog::default();
        let metrics = Metrics {
            requests: Arc::clone(&shared.metrics),
            admission: Arc::clone(&admission),
            limits: Arc::clone(&shared.limits),
            streams: Arc::clone(&shared.streams),
            connections: Arc::clone(&connections),
            store: Arc::clone(&operators.store),
            deliveries: deliveries.clone(),
            watchdog: watchdog.clone(),
            feed_lag: pace.feed_lag.clone(),
            started,
        };
        let show = |listeners| MetricsServer::new(metrics, &listeners);
        let metrics = metrics_listeners.map(show).transpose()?;

        let barrier = WorkerBarrier::default();
        let shutdown = GracefulShutdown::new(
            settings.shutdown_timeout,
            settings.accept_grace,
            barrier.clone(),
            Arc::clone(&admission),
            Arc::clone(&shared.streams),
        );
        let (store, fallback) = (Arc::clone(&operators.store), operators.repositories.clone());
        let for_workers = shared.clone();
        let application = move || {
            barrier.join();
            watchdog.watch_this_thread();
            // Each worker has its own way to the database; sharing one would only be slower.
            let repositories = store.repositories().unwrap_or_else(|_| fallback.clone());
            let application = App::new();
            // Inside of the boundary, which makes the span.
            #[cfg(feature = "otel")]
            let application = application.wrap(from_fn(crate::traces::continue_trace));
            application
                .wrap(from_fn(boundary))
                .configure(configure(for_workers.services(repositories)))
        };
        let http = HttpServer::new(application, Arc::clone(&connections), settings.keep_alive);
        let server = server_without_sockets(settings.workers, settings.shutdown_timeout);
        let server = http.listen_on(server, &listeners, certificates.as_ref())?;
        Ok(Self {
            server: server.run(),
            addresses: listeners.addresses()?,
            shutdown: shutdown.closing(listeners),
            certificates,
            listen: settings.listen,
            operators,
            admission,
            connections,
            metrics,
            pace,
            deliveries,
            webhooks: settings.webhooks,
            shared,
            desk: None,
        })
    }

    /// The address of the network that it listens on, if it is no socket in the file system.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// Where its data lies, for people; nothing of it is secret.
    #[must_use]
    pub fn location(&self) -> String {
        self.operators.store.location()
    }

    /// The address that it shows metrics on.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(MetricsServer::address)
    }

    /// The certificate that it shows, where it speaks TLS.
    #[must_use]
    pub fn certificates(&self) -> Option<&Arc<Certificates>> {
        self.certificates.as_ref()
    }

    /// The storage ports of its database, for tests that look behind the API.
    #[must_use]
    pub fn repositories(&self) -> &Repositories {
        &self.operators.repositories
    }

    /// Makes an empty database useful; `None` when it is not empty.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn bootstrap(&self) -> anyhow::Result<Option<BootstrappedWorkspace>> {
        Ok(self.operators.workspaces.bootstrap().await?)
    }

    /// Whether there is a page at `/console`.
    #[must_use]
    pub fn has_console(&self) -> bool {
        self.shared.has_console
    }

    /// Fills a workspace, made if it is not there, with the conversations of a made-up support
    /// desk, unless it has customers, users or conversations. The people of the desk, also of one that
    /// was made earlier, go on writing as long as this application runs.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn insert_demo(&mut self, workspace: Name) -> anyhow::Result<DemoOutcome> {
        let workspace = self.operators.workspaces.ensure(workspace).await?.id;
        let made = self.operators.seeds.insert_demo(workspace).await?;
        let workspaces = self.operators.workspaces.clone();
        let services = self.shared.desk(self.operators.repositories.clone(), workspaces);
        // Another life with each start.
        let seed = self.shared.clock.now().as_unix_millis().unsigned_abs();
        self.desk = DemoDesk::of(services, workspace, seed).await?;
        Ok(match made {
            Some(made) => DemoOutcome::Inserted(made),
            None if self.desk.is_some() => DemoOutcome::Present,
            None => DemoOutcome::Refused,
        })
    }

    /// Makes a key speak for a user of its workspace.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_user_of_key(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
        user: UserId,
    ) -> anyhow::Result<()> {
        let caller = Caller::at_the_command_line(workspace);
        let changes = KeyChanges { user: Change::To(Some(user)), ..KeyChanges::default() };
        let command = UpdateKey { id, changes, precondition: Precondition::None };
        self.operators.keys.update(&caller, command).await?;
        Ok(())
    }

    /// Serves until `stop` is done, then answers all that has arrived, and closes the database, as
    /// long as the time for it lasts.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn run_until_stopped(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self {
            server,
            addresses,
            certificates,
            listen,
            operators,
            admission,
            connections,
            metrics,
            shutdown,
            pace,
            deliveries,
            webhooks,
            shared: _,
            desk,
        } = self;
        let address = addresses.first().map_or(listen, SocketAddr::to_string);
        tracing::info!(address, "listening");
        if certificates.is_none() {
            warn_of_plain_http(&addresses);
        }
        let metrics = metrics.map(MetricsServer::start);
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        let background =
            BackgroundTasks::spawn(&operators, &deliveries, &pace, admission, connections);
        let sending =
            webhooks.is_sending.then(|| Deliveries::spawn(deliveries, operators.events.clone()));

        // On the heap: it is large for a part of this future.
        let at_work = Box::pin(work_at(desk));
        let ended = tokio::select! {
            ended = &mut serving => Some(ended),
            () = stop => None,
            never = at_work => match never {},
        };
        let (end, last_moment) = shutdown.end();
        background.stop_maintenance();
        if let Some(sending) = &sending {
            sending.stop();
        }
        let ended = match ended {
            Some(ended) => ended.context("the server failed")?.context("the server failed"),
            None => shutdown.drain(handle, serving, operators.store.drain(), last_moment).await,
        };
        if let Some(sending) = sending {
            sending.finish(last_moment, end).await;
        }
        drop(background);
        let closed = tokio::time::timeout_at(end, async {
            store_uses_once(&operators.keys).await;
            operators.store.close().await;
        });
        if closed.await.is_err() {
            tracing::warn!("the database could not be closed in time");
        }
        // Last: how a server stops is worth watching.
        if let Some(metrics) = metrics {
            metrics.stop().await;
        }
        ended
    }
}

fn tell_of(migrated: Vec<String>) {
    for migration in migrated {
        tracing::info!(migration, "applied a migration");
    }
}

/// Tells the operator once where others may read along.
fn warn_of_plain_http(addresses: &[SocketAddr]) {
    let open = addresses.iter().find(|address| !address.ip().to_canonical().is_loopback());
    if let Some(address) = open {
        tracing::warn!(
            %address,
            "serving plain HTTP on an address that other machines can reach: keys and \
             conversations can be read on the network; set --tls-cert, or use a proxy with TLS"
        );
    }
}

fn server_without_sockets(workers: Option<usize>, shutdown_timeout: Duration) -> ServerBuilder {
    let server = Server::build()
        .disable_signals()
        .worker_max_blocking_threads(HEAVY_THREADS)
        .shutdown_timeout(shutdown_timeout.as_secs());
    match workers {
        Some(workers) => server.workers(workers),
        None => server,
    }
}

/// Why there is no API, with the settings that name its address.
pub(crate) fn cannot_listen_on(listen: &str) -> String {
    format!("cannot listen on {listen} (--listen, CONVERSATIONS_LISTEN)")
}

/// Why there are no metrics, with the settings that name their address.
pub(crate) fn cannot_serve_metrics_on(listen: &str) -> String {
    format!("cannot serve metrics on {listen} (--metrics-listen, CONVERSATIONS_METRICS_LISTEN)")
}

/// The limits of connections; 0 for each address is none.
fn connection_limits(per_address: usize, rate_limits: &RateLimitSettings) -> Arc<ConnectionLimits> {
    let per_address = (per_address > 0).then_some(per_address);
    Arc::new(ConnectionLimits::new(per_address, rate_limits.trusted_proxies.clone()))
}
