//! The application: every part put together, once per process and once per worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer};
use anyhow::Context;
use conversations_application::audit::AuditService;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::history::HistoryService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::{KeyService, KeyUses};
use conversations_application::messages::MessageService;
use conversations_application::ports::{Clock, IdGenerator};
use conversations_application::users::UserService;
use conversations_application::workspaces::{Founded, WorkspaceService};
use conversations_application::{Moments, OnceService};
use conversations_http::{RateLimitSettings, RateLimits, Services, boundary, configure};
use conversations_persistence::{DatabaseUrl, Limits, Repositories, Store, open};

use crate::{RandomIds, SystemClock};

/// How long requests that are under way may take when the server is told to stop.
const GRACE_SECONDS: u64 = 10;

/// How often it is stored which keys were used.
const STORE_USES_EVERY: Duration = Duration::from_secs(5);

/// How often the requests are forgotten whose replies are no longer kept.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// What a server is started with.
#[derive(Clone)]
pub struct Settings {
    /// The address to listen on, `host:port`; port 0 takes a free one.
    pub listen: String,
    /// The database.
    pub database: DatabaseUrl,
    /// The threads that answer requests; one per core unless said.
    pub workers: Option<usize>,
    /// How long work on the database may take that is not over in a moment.
    pub limits: Limits,
    /// How much of the service a key may use.
    pub rate_limits: RateLimitSettings,
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
    address: SocketAddr,
    backstage: Backstage,
    store_uses_every: Duration,
}

/// What works without a listening socket: the database, and the services of operators.
pub(crate) struct Backstage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) repositories: Repositories,
    pub(crate) workspaces: WorkspaceService,
    pub(crate) keys: KeyService,
    once: OnceService,
    /// What the key services of all workers note.
    uses: KeyUses,
}

impl Settings {
    /// Settings with the time and the ids of the operating system.
    #[must_use]
    pub fn new(listen: String, database: DatabaseUrl) -> Self {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds::default()));
        Self {
            listen,
            database,
            workers: None,
            limits: Limits::default(),
            rate_limits: RateLimitSettings::default(),
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
        let migrated = store.migrate().await?;
        let repositories = store.repositories()?;
        let workspaces =
            WorkspaceService::new(Arc::clone(&repositories.workspaces), moments.clone());
        let uses = KeyUses::default();
        let once = OnceService::new(Arc::clone(&repositories.replies), moments.clone());
        let keys = KeyService::new(Arc::clone(&repositories.keys), uses.clone(), moments);
        Ok((Self { store, repositories, workspaces, keys, once, uses }, migrated))
    }
}

impl Application {
    /// Opens the database, applies migrations and listens: requests that come are answered once
    /// [`Application::run_until_stopped`] runs.
    ///
    /// # Errors
    /// When the database cannot be used or the address is taken.
    pub async fn build(settings: Settings) -> anyhow::Result<Self> {
        let Settings {
            listen,
            database,
            workers,
            limits,
            rate_limits,
            store_uses_every,
            clock,
            ids,
        } = settings;
        let moments = Moments::new(Arc::clone(&clock), Arc::clone(&ids));
        let (backstage, migrated) = Backstage::open(&database, limits, moments.clone()).await?;
        for migration in migrated {
            tracing::info!(migration, "applied a migration");
        }

        let store = Arc::clone(&backstage.store);
        let shared = backstage.repositories.clone();
        let uses = backstage.uses.clone();
        let rate_limits = Arc::new(RateLimits::new(rate_limits));
        let mut server = HttpServer::new(move || {
            // Each worker has its own way to the database; sharing one would only be slower.
            let repositories = store.repositories().unwrap_or_else(|_| shared.clone());
            let services = services(
                repositories,
                uses.clone(),
                Arc::clone(&rate_limits),
                &moments,
                Arc::clone(&clock),
                Arc::clone(&ids),
            );
            App::new().wrap(from_fn(boundary)).configure(configure(services))
        })
        .disable_signals()
        .shutdown_timeout(GRACE_SECONDS);
        if let Some(workers) = workers {
            server = server.workers(workers);
        }
        let server = server.bind(&listen).with_context(|| format!("cannot listen on {listen}"))?;
        let address = *server.addrs().first().context("no address to listen on")?;
        Ok(Self { server: server.run(), address, backstage, store_uses_every })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
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

    /// Serves until `stop` is done, then lets the requests that are under way come to their end
    /// and closes the database.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn run_until_stopped(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { server, address, backstage, store_uses_every } = self;
        tracing::info!(%address, "listening");
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        let storing = tokio::spawn(store_uses(backstage.keys.clone(), store_uses_every));
        let forgetting = tokio::spawn(forget_old_requests(backstage.once.clone()));

        let ended = tokio::select! {
            ended = &mut serving => ended,
            () = stop => {
                tracing::info!("stopping");
                handle.stop(true).await;
                serving.await
            }
        };
        storing.abort();
        forgetting.abort();
        store_uses_once(&backstage.keys).await;
        backstage.store.close().await;
        ended.context("the server failed")?.context("the server failed")
    }
}

/// Stores every now and then which keys were used.
async fn store_uses(keys: KeyService, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        store_uses_once(&keys).await;
    }
}

/// Forgets every now and then the requests whose replies are no longer kept.
async fn forget_old_requests(once: OnceService) {
    loop {
        if let Err(error) = once.forget_old().await {
            tracing::warn!(%error, "old requests could not be forgotten");
        }
        tokio::time::sleep(FORGET_EVERY).await;
    }
}

async fn store_uses_once(keys: &KeyService) {
    if let Err(error) = keys.store_uses().await {
        tracing::warn!(%error, "it could not be stored which keys were used");
    }
}

fn services(
    repositories: Repositories,
    uses: KeyUses,
    limits: Arc<RateLimits>,
    moments: &Moments,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
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
        readiness,
    } = repositories;
    Services {
        conversations: ConversationService::new(
            Arc::clone(&conversations),
            Arc::clone(&customers),
            Arc::clone(&users),
            Arc::clone(&inboxes),
            Arc::clone(&replies),
            moments.clone(),
        ),
        once: OnceService::new(replies, moments.clone()),
        messages: MessageService::new(messages, conversations, Arc::clone(&users), moments.clone()),
        customers: CustomerService::new(customers, moments.clone()),
        users: UserService::new(users, moments.clone()),
        inboxes: InboxService::new(inboxes, moments.clone()),
        keys: KeyService::new(keys, uses, moments.clone()),
        history: HistoryService::new(history),
        audit: AuditService::new(audit),
        limits,
        readiness,
        clock,
        ids,
    }
}
