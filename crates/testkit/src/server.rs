//! A real server in the process of a test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use conversations_application::Moments;
use conversations_application::keys::{KeyOrder, KeyService};
use conversations_application::ports::Clock;
use conversations_application::workspaces::WorkspaceService;
use conversations_domain::{Name, Permission, Permissions, Source, WorkspaceId};
use conversations_persistence::Repositories;
use conversations_server::{Application, RandomIds, Settings, SystemClock};
use tokio::sync::oneshot;

use crate::{ApiClient, Engine, TestDatabase};

/// A server on a free port with a database of its own, the workspace `default`, an inbox and an
/// administrator's key. It stops when this value is dropped.
pub struct TestServer {
    address: SocketAddr,
    admin_key: String,
    inbox: String,
    repositories: Repositories,
    moments: Moments,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    // Dropped last: the server writes to it to the end.
    _database: TestDatabase,
}

/// What a server that has started tells.
struct Started {
    address: SocketAddr,
    admin_key: String,
    inbox: String,
    repositories: Repositories,
}

impl TestServer {
    /// Starts a server on a fresh database.
    ///
    /// # Panics
    /// When the database cannot be made or the server does not start.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with_clock(engine, Arc::new(SystemClock)).await
    }

    /// Starts a server on a fresh database, by another clock.
    ///
    /// # Panics
    /// When the database cannot be made or the server does not start.
    pub async fn start_with_clock(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let database = TestDatabase::new(engine).await;
        let url = database.url().parse().expect("a database URL");
        let mut settings = Settings::new("127.0.0.1:0".to_owned(), url);
        settings.workers = Some(2);
        settings.clock = clock;
        let moments = Moments::new(Arc::clone(&settings.clock), Arc::new(RandomIds::default()));

        let (stop, stopped) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let thread = std::thread::spawn(move || serve(settings, tell, stopped));
        let Started { address, admin_key, inbox, repositories } =
            told.await.expect("the server starts");
        Self {
            address,
            admin_key,
            inbox,
            repositories,
            moments,
            stop: Some(stop),
            thread: Some(thread),
            _database: database,
        }
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the inbox that every fresh server has.
    #[must_use]
    pub fn inbox(&self) -> &str {
        &self.inbox
    }

    /// A client with the administrator's key of the workspace `default`.
    #[must_use]
    pub fn client(&self) -> ApiClient {
        self.client_with_key(&self.admin_key)
    }

    /// A client with a key.
    #[must_use]
    pub fn client_with_key(&self, key: &str) -> ApiClient {
        ApiClient::new(format!("http://{}", self.address), Some(key.to_owned()))
    }

    /// A client without a key.
    #[must_use]
    pub fn stranger(&self) -> ApiClient {
        ApiClient::new(format!("http://{}", self.address), None)
    }

    /// A client of the workspace `default` with these permissions alone.
    ///
    /// # Panics
    /// When the key cannot be made.
    pub async fn client_allowed(&self, permissions: &[Permission]) -> ApiClient {
        let workspace = self.workspace("default").await;
        let order = key_order(permissions.iter().copied().collect());
        self.client_with_key(&self.make_key(workspace, order).await)
    }

    /// A client with every permission in another workspace, made if it is not there.
    ///
    /// # Panics
    /// When the workspace or the key cannot be made.
    pub async fn client_of(&self, workspace: &str) -> ApiClient {
        let workspace = self.workspace(workspace).await;
        self.client_with_key(&self.make_key(workspace, key_order(Permissions::all())).await)
    }

    /// Makes a key of the workspace `default` as it is ordered, and answers its secret.
    ///
    /// # Panics
    /// When the key cannot be made.
    pub async fn key(&self, order: KeyOrder) -> String {
        let workspace = self.workspace("default").await;
        self.make_key(workspace, order).await
    }

    /// The storage ports of its database, for tests that look behind the API.
    #[must_use]
    pub fn repositories(&self) -> &Repositories {
        &self.repositories
    }

    async fn workspace(&self, name: &str) -> WorkspaceId {
        let workspaces =
            WorkspaceService::new(Arc::clone(&self.repositories.workspaces), self.moments.clone());
        let name = Name::parse(name).expect("a name");
        workspaces.ensure(name).await.expect("a workspace").id
    }

    async fn make_key(&self, workspace: WorkspaceId, order: KeyOrder) -> String {
        let keys = KeyService::new(Arc::clone(&self.repositories.keys), self.moments.clone());
        let created = keys.create(workspace, order).await;
        created.unwrap_or_else(|error| panic!("no key: {error}")).secret.reveal().to_owned()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have stopped already.
            let _gone = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

/// An order of a key with these permissions and nothing special.
#[must_use]
pub fn key_order(permissions: Permissions) -> KeyOrder {
    let name = Name::parse("test").expect("a name");
    KeyOrder { name, permissions, source: Source::Api, expires_at: None }
}

/// Runs a server in this thread until it is told to stop.
fn serve(settings: Settings, tell: oneshot::Sender<Started>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let application = Application::build(settings).await.expect("a server");
        let founded = application.found().await.expect("a database that can be written");
        let founded = founded.expect("a fresh database");
        let started = Started {
            address: application.address(),
            admin_key: founded.secret.reveal().to_owned(),
            inbox: founded.inbox.id().to_string(),
            repositories: application.repositories().clone(),
        };
        assert!(tell.send(started).is_ok(), "the test waits for the server");
        let stop = async {
            // A test that is gone stops the server as well.
            let _told_or_gone = stopped.await;
        };
        application.run_until_stopped(stop).await.expect("a server that serves");
    });
}
