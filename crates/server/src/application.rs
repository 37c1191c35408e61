//! The application: every part put together, once per process and once per worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerBuilder;
use actix_web::App;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use anyhow::Context;
use conversations_application::audit::AuditService;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::erasures::ErasureService;
use conversations_application::history::HistoryService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::{KeyService, KeyUses};
use conversations_application::messages::MessageService;
use conversations_application::metrics::Watchdog;
use conversations_application::ports::{Clock, IdGenerator};
use conversations_application::seed::{DemoMade, SeedService};
use conversations_application::totals::TotalsService;
use conversations_application::users::UserService;
use conversations_application::workspaces::{Founded, WorkspaceService};
use conversations_application::{Moments, OnceService};
use conversations_domain::Name;
use conversations_http::{
    Cors, Load, LoadLimits, PublicUrl, RateLimitSettings, RateLimits, RequestMetrics, Services,
    boundary, configure,
};
use conversations_persistence::{DatabaseUrl, Limits, Repositories, Store, open};

use crate::background::{
    carry_out_erasures, forget_old_requests, merge_totals, return_memory, store_uses,
    store_uses_once, tell_of_refusals,
};
use crate::certificates::{Certificates, TlsFiles};
use crate::connections::{ConnectionLimits, serve_on, serve_on_file};
use crate::exit::Exit;
use crate::listeners::Listeners;
use crate::metrics::{Metrics, MetricsServer, Start};
use crate::roll_call::RollCall;
use crate::{RandomIds, SystemClock};

/// How often it is stored which keys were used.
const STORE_USES_EVERY: Duration = Duration::from_secs(5);

/// The threads of a worker for what keeps a processor busy for long. With more of them, such work would
/// take the processors from the workers that it was taken off.
const HEAVY_THREADS: usize = 2;

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
    /// The threads that answer requests; one per core unless said.
    pub workers: Option<usize>,
    /// How long work on the database may take that is not over in a moment.
    pub limits: Limits,
    /// How much of the service a key may use.
    pub rate_limits: RateLimitSettings,
    /// The origins whose pages may use the API from a browser; nobody's unless said.
    pub cors: Cors,
    /// The URL under which clients reach the API; without it, references in replies are relative.
    pub public_url: PublicUrl,
    /// The most requests that are worked on at once; those beyond are refused.
    pub request_concurrency: usize,
    /// The most requests of one workspace that are worked on at once; those beyond are refused.
    pub workspace_concurrency: usize,
    /// The most requests with one key that are worked on at once; those beyond are refused.
    pub key_concurrency: usize,
    /// The most connections that an address may have; 0 is as many as it likes.
    pub connections_per_address: usize,
    /// How long a connection stays open on which no request comes.
    pub keep_alive: Duration,
    /// How long everything may take from the moment at which the server is told to stop.
    pub shutdown_timeout: Duration,
    /// How long connections are still accepted after that moment.
    pub farewell: Duration,
    /// How often it is stored which keys were used.
    pub store_uses_every: Duration,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdGenerator>,
}

/// A server that listens, on a database that is ready.
pub struct Application {
    server: Server,
    addresses: Vec<SocketAddr>,
    certificates: Option<Arc<Certificates>>,
    listen: String,
    backstage: Backstage,
    load: Arc<Load>,
    connections: Arc<ConnectionLimits>,
    metrics: Option<MetricsServer>,
    exit: Exit,
    store_uses_every: Duration,
}

/// What works without a listening socket: the database, and the services of operators.
pub(crate) struct Backstage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) repositories: Repositories,
    pub(crate) workspaces: WorkspaceService,
    pub(crate) keys: KeyService,
    pub(crate) erasures: ErasureService,
    pub(crate) totals: TotalsService,
    pub(crate) seeds: SeedService,
    once: OnceService,
    /// What the key services of all workers note.
    uses: KeyUses,
}

impl Settings {
    /// Settings with the time and the ids of the operating system.
    #[must_use]
    pub fn new(listen: String, database: DatabaseUrl) -> Self {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds::default()));
        let load = LoadLimits::default();
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
            request_concurrency: load.requests,
            workspace_concurrency: load.requests_per_workspace,
            key_concurrency: load.requests_per_key,
            connections_per_address: CONNECTIONS_PER_ADDRESS,
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            farewell: Duration::from_millis(200),
            store_uses_every: STORE_USES_EVERY,
            clock,
            ids,
        }
    }
}

impl Backstage {
    /// Opens the database and applies the migrations that are missing.
    pub(crate) async fn open(
        database: &DatabaseUrl,
        limits: Limits,
        moments: Moments,
    ) -> anyhow::Result<(Self, Vec<String>)> {
        let store = open(database, limits)?;
        let migrated = match store.migrate().await {
            Ok(migrated) => migrated,
            Err(error) => {
                store.close().await;
                return Err(error.into());
            }
        };
        let repositories = store.repositories()?;
        let workspaces =
            WorkspaceService::new(Arc::clone(&repositories.workspaces), moments.clone());
        let totals = TotalsService::new(
            Arc::clone(&repositories.totals),
            Arc::clone(&repositories.workspaces),
        );
        let erasures = ErasureService::new(Arc::clone(&repositories.erasures), limits.erase);
        let uses = KeyUses::default();
        let once = OnceService::new(Arc::clone(&repositories.replies), moments.clone());
        let keys = KeyService::new(Arc::clone(&repositories.keys), uses.clone(), moments.clone());
        let seeds = SeedService::new(Arc::clone(&repositories.seeds), moments);
        let backstage =
            Self { store, repositories, workspaces, keys, erasures, totals, seeds, once, uses };
        Ok((backstage, migrated))
    }
}

impl Application {
    /// Opens the database, applies migrations and listens: requests that come are answered once
    /// [`Application::run_until_stopped`] runs.
    ///
    /// # Errors
    /// When the database cannot be used or the address is taken.
    pub async fn build(settings: Settings) -> anyhow::Result<Self> {
        let (load, started) = (Arc::new(Load::new(load_limits(&settings))), Start::now());
        let Settings {
            listen,
            metrics_listen,
            tls,
            database,
            workers,
            limits,
            rate_limits,
            cors,
            public_url,
            request_concurrency: _,
            workspace_concurrency: _,
            key_concurrency: _,
            connections_per_address,
            keep_alive,
            shutdown_timeout,
            farewell,
            store_uses_every,
            clock,
            ids,
        } = settings;
        let certificates = tls.map(Certificates::read).transpose()?;
        // First: whoever finds the address taken leaves the database alone.
        let listeners = open_listeners(&listen, "listen")?;
        let open = |listen: String| open_listeners(&listen, "show metrics");
        let metrics_listeners = metrics_listen.map(open).transpose()?;
        let moments = Moments::new(Arc::clone(&clock), Arc::clone(&ids));
        let (backstage, migrated) = Backstage::open(&database, limits, moments.clone()).await?;
        tell_of(migrated);

        let store = Arc::clone(&backstage.store);
        let shared = backstage.repositories.clone();
        let uses = backstage.uses.clone();
        let connections = connection_limits(connections_per_address, &rate_limits);
        let rate_limits = Arc::new(RateLimits::new(rate_limits));
        let (requests, watchdog) = (Arc::<RequestMetrics>::default(), Watchdog::default());
        let metrics = Metrics {
            requests: Arc::clone(&requests),
            load: Arc::clone(&load),
            limits: Arc::clone(&rate_limits),
            connections: Arc::clone(&connections),
            store: Arc::clone(&store),
            watchdog: watchdog.clone(),
            started,
        };
        let show = |listeners| MetricsServer::new(metrics, &listeners);
        let metrics = metrics_listeners.map(show).transpose()?;
        let (shared_load, roll) = (Arc::clone(&load), RollCall::default());
        let exit = Exit::new(shutdown_timeout, farewell, roll.clone(), Arc::clone(&load));
        let application = move || {
            roll.join();
            watchdog.watch_this_thread();
            // Each worker has its own way to the database; sharing one would only be slower.
            let repositories = store.repositories().unwrap_or_else(|_| shared.clone());
            let services = services(
                repositories,
                limits.erase,
                uses.clone(),
                Arc::clone(&rate_limits),
                &moments,
                Arc::clone(&clock),
                Arc::clone(&ids),
                Arc::clone(&shared_load),
                Arc::clone(&requests),
                cors.clone(),
                public_url.clone(),
            );
            let application = App::new();
            // Inside of the boundary, which makes the span.
            #[cfg(feature = "otel")]
            let application = application.wrap(from_fn(crate::traces::continue_trace));
            application.wrap(from_fn(boundary)).configure(configure(services))
        };
        let mut server = server_without_sockets(workers, shutdown_timeout);
        let acceptor = certificates.as_ref().map(Certificates::acceptor).transpose()?;
        for listener in listeners.shared()? {
            let acceptor = acceptor.as_ref();
            server = serve_on(server, listener, &connections, keep_alive, acceptor, &application)?;
        }
        if let Some(socket) = listeners.shared_file()? {
            anyhow::ensure!(certificates.is_none(), "{listen} takes no certificate");
            server = serve_on_file(server, socket, &connections, keep_alive, &application)?;
        }
        let addresses = listeners.addresses()?;
        let (server, exit) = (server.run(), exit.closing(listeners));
        Ok(Self {
            server,
            addresses,
            certificates,
            listen,
            backstage,
            load,
            connections,
            metrics,
            exit,
            store_uses_every,
        })
    }

    /// The address of the network that it listens on, if it is no socket in the file system.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
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
        &self.backstage.repositories
    }

    /// Makes an empty database useful; `None` when it is not empty.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn found(&self) -> anyhow::Result<Option<Founded>> {
        Ok(self.backstage.workspaces.found().await?)
    }

    /// Fills a workspace, made if it is not there, with the conversations of a made-up support
    /// desk; `None` when it has customers, users or conversations.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn furnish(&self, workspace: Name) -> anyhow::Result<Option<DemoMade>> {
        let workspace = self.backstage.workspaces.ensure(workspace).await?;
        Ok(self.backstage.seeds.furnish(workspace.id).await?)
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
            backstage,
            load,
            connections,
            metrics,
            exit,
            store_uses_every,
        } = self;
        let address = addresses.first().map_or(listen, SocketAddr::to_string);
        tracing::info!(address, "listening");
        if certificates.is_none() {
            warn_of_plain_http(&addresses);
        }
        let metrics = metrics.map(MetricsServer::start);
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        let storing = tokio::spawn(store_uses(backstage.keys.clone(), store_uses_every));
        let forgetting = tokio::spawn(forget_old_requests(backstage.once.clone()));
        let erasing = tokio::spawn(carry_out_erasures(backstage.erasures.clone()));
        let merging = tokio::spawn(merge_totals(backstage.totals.clone()));
        let telling = tokio::spawn(tell_of_refusals(load, connections));
        let returning = tokio::spawn(return_memory());

        let ended = tokio::select! {
            ended = &mut serving => Some(ended),
            () = stop => None,
        };
        let end = exit.end();
        forgetting.abort();
        erasing.abort();
        merging.abort();
        let ended = match ended {
            Some(ended) => ended.context("the server failed")?.context("the server failed"),
            None => exit.leave(handle, serving, backstage.store.drain(), end).await,
        };
        storing.abort();
        telling.abort();
        returning.abort();
        let closed = tokio::time::timeout_at(end, async {
            store_uses_once(&backstage.keys).await;
            backstage.store.close().await;
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
            "this address is not of this machine alone, and what is served there is plain HTTP: \
             whoever is on the way can read keys and conversations; give it a certificate by --tls-cert, or put \
             a proxy with TLS before it"
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

/// Listens for this purpose.
fn open_listeners(listen: &str, purpose: &str) -> anyhow::Result<Listeners> {
    Listeners::open(listen).with_context(|| format!("cannot {purpose} on {listen}"))
}

/// The limits of connections; 0 for each address is none.
fn connection_limits(per_address: usize, rate_limits: &RateLimitSettings) -> Arc<ConnectionLimits> {
    let per_address = (per_address > 0).then_some(per_address);
    Arc::new(ConnectionLimits::new(per_address, rate_limits.trusted_proxies.clone()))
}

fn load_limits(settings: &Settings) -> LoadLimits {
    let usual = LoadLimits::default();
    LoadLimits {
        requests: settings.request_concurrency,
        requests_per_workspace: settings.workspace_concurrency,
        requests_per_key: settings.key_concurrency,
        // Whoever got a place after this has most of its time left.
        wait: usual.wait.min(settings.limits.request / 5),
        waiting: usual.waiting,
        request: settings.limits.request,
        at_length: settings.limits.erase,
    }
}

#[expect(clippy::too_many_arguments, reason = "each is another part of what is put together")]
fn services(
    repositories: Repositories,
    erase_limit: Duration,
    uses: KeyUses,
    limits: Arc<RateLimits>,
    moments: &Moments,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    load: Arc<Load>,
    metrics: Arc<RequestMetrics>,
    cors: Cors,
    public_url: PublicUrl,
) -> Services {
    let Repositories {
        workspaces: _,
        keys,
        inboxes,
        users,
        customers,
        conversations,
        messages,
        history,
        audit,
        replies,
        erasures,
        totals: _,
        seeds: _,
        readiness,
    } = repositories;
    let erasures = ErasureService::new(erasures, erase_limit);
    Services {
        conversations: ConversationService::new(
            Arc::clone(&conversations),
            Arc::clone(&customers),
            Arc::clone(&users),
            Arc::clone(&inboxes),
            Arc::clone(&replies),
            erasures.clone(),
            moments.clone(),
        ),
        once: OnceService::new(replies, moments.clone()),
        messages: MessageService::new(messages, conversations, Arc::clone(&users), moments.clone()),
        customers: CustomerService::new(customers, erasures.clone(), moments.clone()),
        users: UserService::new(users, erasures, moments.clone()),
        inboxes: InboxService::new(inboxes, moments.clone()),
        keys: KeyService::new(keys, uses, moments.clone()),
        history: HistoryService::new(history),
        audit: AuditService::new(audit),
        limits,
        readiness,
        clock,
        ids,
        load,
        metrics,
        cors,
        public_url,
    }
}
