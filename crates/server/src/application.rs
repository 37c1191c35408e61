//! The application: every part put together, once per process and once per worker.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer};
use anyhow::Context;
use conversations_application::Moments;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::inboxes::InboxService;
use conversations_application::keys::KeyService;
use conversations_application::messages::MessageService;
use conversations_application::ports::{Clock, IdGenerator};
use conversations_application::users::UserService;
use conversations_application::workspaces::{Founded, WorkspaceService};
use conversations_http::{Services, boundary, configure};
use conversations_persistence::{DatabaseUrl, Repositories, Store, open};

use crate::{RandomIds, SystemClock};

/// How long requests that are under way may take when the server is told to stop.
const GRACE_SECONDS: u64 = 10;

/// What a server is started with.
#[derive(Clone)]
pub struct Settings {
    /// The address to listen on, `host:port`; port 0 takes a free one.
    pub listen: String,
    /// The database.
    pub database: DatabaseUrl,
    /// The threads that answer requests; one per core unless said.
    pub workers: Option<usize>,
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
}

/// What works without a listening socket: the database, and the services of operators.
pub(crate) struct Backstage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) repositories: Repositories,
    pub(crate) workspaces: WorkspaceService,
    pub(crate) keys: KeyService,
}

impl Settings {
    /// Settings with the time and the ids of the operating system.
    #[must_use]
    pub fn new(listen: String, database: DatabaseUrl) -> Self {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds::default()));
        Self { listen, database, workers: None, clock, ids }
    }
}

impl Backstage {
    /// Opens the database and applies the migrations that are missing.
    pub(crate) async fn open(
        database: &DatabaseUrl,
        moments: Moments,
    ) -> anyhow::Result<(Self, Vec<String>)> {
        let store = open(database)?;
        let migrated = store.migrate().await?;
        let repositories = store.repositories()?;
        let workspaces =
            WorkspaceService::new(Arc::clone(&repositories.workspaces), moments.clone());
        let keys = KeyService::new(Arc::clone(&repositories.keys), moments);
        Ok((Self { store, repositories, workspaces, keys }, migrated))
    }
}

impl Application {
    /// Opens the database, applies migrations and listens: requests that come are answered once
    /// [`Application::run_until_stopped`] runs.
    ///
    /// # Errors
    /// When the database cannot be used or the address is taken.
    pub async fn build(settings: Settings) -> anyhow::Result<Self> {
        let Settings { listen, database, workers, clock, ids } = settings;
        let moments = Moments::new(Arc::clone(&clock), Arc::clone(&ids));
        let (backstage, migrated) = Backstage::open(&database, moments.clone()).await?;
        for migration in migrated {
            tracing::info!(migration, "applied a migration");
        }

        let store = Arc::clone(&backstage.store);
        let shared = backstage.repositories.clone();
        let mut server = HttpServer::new(move || {
            // Each worker has its own way to the database; sharing one would only be slower.
            let repositories = store.repositories().unwrap_or_else(|_| shared.clone());
            let services = services(repositories, &moments, Arc::clone(&clock), Arc::clone(&ids));
            App::new().wrap(from_fn(boundary)).configure(configure(services))
        })
        .disable_signals()
        .shutdown_timeout(GRACE_SECONDS);
        if let Some(workers) = workers {
            server = server.workers(workers);
        }
        let server = server.bind(&listen).with_context(|| format!("cannot listen on {listen}"))?;
        let address = *server.addrs().first().context("no address to listen on")?;
        Ok(Self { server: server.run(), address, backstage })
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
        let Self { server, address, backstage } = self;
        tracing::info!(%address, "listening");
        let handle = server.handle();
        let mut serving = tokio::spawn(server);

        let ended = tokio::select! {
            ended = &mut serving => ended,
            () = stop => {
                tracing::info!("stopping");
                handle.stop(true).await;
                serving.await
            }
        };
        backstage.store.close().await;
        ended.context("the server failed")?.context("the server failed")
    }
}

fn services(
    repositories: Repositories,
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
        readiness,
    } = repositories;
    Services {
        conversations: ConversationService::new(
            Arc::clone(&conversations),
            Arc::clone(&customers),
            Arc::clone(&users),
            Arc::clone(&inboxes),
            moments.clone(),
        ),
        messages: MessageService::new(messages, conversations, Arc::clone(&users), moments.clone()),
        customers: CustomerService::new(customers, moments.clone()),
        users: UserService::new(users, moments.clone()),
        inboxes: InboxService::new(inboxes, moments.clone()),
        keys: KeyService::new(keys, moments.clone()),
        readiness,
        clock,
        ids,
    }
}
