//! A real server in the process of a test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use conversations_application::keys::{KeyService, KeyUseTracker, NewApiKey};
use conversations_application::ports::Clock;
use conversations_application::workspaces::{BootstrappedWorkspace, WorkspaceService};
use conversations_application::{Caller, ContextFactory, ResponseRecorder};
use conversations_domain::{Name, Permission, Permissions, Source, WorkspaceId};
use conversations_persistence::Repositories;
use conversations_server::{Application, RandomIds, Settings};
use tokio::sync::oneshot;

use crate::{ApiClient, Engine, TestDatabase};

/// A server on a free port with a database of its own, the workspace `default`, an inbox and an
/// administrator's key. It stops when this value is dropped.
pub struct TestServer {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    admin_key: String,
    inbox: String,
    repositories: Repositories,
    contexts: ContextFactory,
    running: Running,
    // Dropped last: the server writes to it to the end.
    database: Arc<TestDatabase>,
}

/// A server in a thread of its own, which ends when this value is dropped.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a server that has started tells.
struct Started {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    bootstrapped: Option<BootstrappedWorkspace>,
    repositories: Repositories,
}

impl TestServer {
    /// Starts a server on a fresh database.
    ///
    /// # Panics
    /// When the database cannot be made or the server does not start.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// Starts a server on a fresh database, by another clock.
    ///
    /// # Panics
    /// When the database cannot be made or the server does not start.
    pub async fn start_with_clock(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        Self::start_with(engine, |settings| settings.clock = clock).await
    }

    /// Starts a server on a fresh database, with other settings.
    ///
    /// # Panics
    /// When the database cannot be made or the server does not start.
    pub async fn start_with(engine: Engine, configure: impl FnOnce(&mut Settings)) -> Self {
        let database = Arc::new(TestDatabase::new(engine).await);
        let mut settings = settings(&database);
        configure(&mut settings);
        let contexts =
            ContextFactory::new(Arc::clone(&settings.clock), Arc::new(RandomIds::default()));

        let (started, running) = run(settings).await;
        let BootstrappedWorkspace { workspace: _, inbox, key: _, secret } =
            started.bootstrapped.expect("a fresh database");
        Self {
            address: started.address,
            metrics_address: started.metrics_address,
            admin_key: secret.expose_secret().to_owned(),
            inbox: inbox.id().to_string(),
            repositories: started.repositories,
            contexts,
            running,
            database,
        }
    }

    /// Starts another server on the same database: what one node does, the other one sees.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn start_beside(&self) -> Self {
        self.start_beside_with(|_| {}).await
    }

    /// Starts another server on the same database, with other settings.
    ///
    /// # Panics
    /// When the server does not start.
    pub async fn start_beside_with(&self, configure: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings(&self.database);
        configure(&mut settings);
        let (started, running) = run(settings).await;
        Self {
            address: started.address,
            metrics_address: started.metrics_address,
            admin_key: self.admin_key.clone(),
            inbox: self.inbox.clone(),
            repositories: started.repositories,
            contexts: self.contexts.clone(),
            running,
            database: Arc::clone(&self.database),
        }
    }

    /// Stops the server and leaves its database.
    #[must_use]
    pub fn stop(self) -> Arc<TestDatabase> {
        drop(self.running);
        self.database
    }

    /// The database that it works on.
    #[must_use]
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that it shows metrics on, if the settings name one.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
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
    pub fn anonymous(&self) -> ApiClient {
        ApiClient::new(format!("http://{}", self.address), None)
    }

    /// A client of the workspace `default` with these permissions alone.
    ///
    /// # Panics
    /// When the key cannot be made.
    pub async fn client_allowed(&self, permissions: &[Permission]) -> ApiClient {
        let workspace = self.workspace("default").await;
        let order = new_api_key(permissions.iter().copied().collect());
        self.client_with_key(&self.make_key(workspace, order).await)
    }

    /// A client with every permission in another workspace, made if it is not there.
    ///
    /// # Panics
    /// When the workspace or the key cannot be made.
    pub async fn client_of(&self, workspace: &str) -> ApiClient {
        let workspace = self.workspace(workspace).await;
        self.client_with_key(&self.make_key(workspace, new_api_key(Permissions::all())).await)
    }

    /// Makes a key of the workspace `default` as it is ordered, and answers its secret.
    ///
    /// # Panics
    /// When the key cannot be made.
    pub async fn key(&self, order: NewApiKey) -> String {
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
            WorkspaceService::new(Arc::clone(&self.repositories.workspaces), self.contexts.clone());
        let name = Name::parse(name).expect("a name");
        workspaces.ensure(name).await.expect("a workspace").id
    }

    async fn make_key(&self, workspace: WorkspaceId, order: NewApiKey) -> String {
        let keys = Arc::clone(&self.repositories.keys);
        let users = Arc::clone(&self.repositories.users);
        let keys = KeyService::new(keys, users, KeyUseTracker::default(), self.contexts.clone());
        let created = keys
            .create(&Caller::at_the_command_line(workspace), order, ResponseRecorder::disabled())
            .await;
        created.unwrap_or_else(|error| panic!("no key: {error}")).secret.expose_secret().to_owned()
    }
}

impl Drop for Running {
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
pub fn new_api_key(permissions: Permissions) -> NewApiKey {
    let name = Name::parse("test").expect("a name");
    NewApiKey {
        name,
        permissions,
        source: Source::Api,
        expires_at: None,
        rate_limit: None,
        user: None,
    }
}

fn settings(database: &TestDatabase) -> Settings {
    let url = database.url().parse().expect("a database URL");
    let mut settings = Settings::new("127.0.0.1:0".to_owned(), url);
    settings.workers = Some(2);
    settings.accept_grace = Duration::ZERO;
    settings
}

/// Starts a server in a thread of its own.
///
/// # Panics
/// When it does not start: with what it says of that, so that the test's own failure tells it.
async fn run(settings: Settings) -> (Started, Running) {
    let (stop, stopped) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    let thread = std::thread::spawn(move || serve(settings, tell, stopped));
    let running = Running { stop: Some(stop), thread: Some(thread) };
    let Ok(told) = told.await else {
        panic!("the server does not start: {}", panic_of(running));
    };
    match told {
        Ok(started) => (started, running),
        Err(why) => panic!("the server does not start: {why}"),
    }
}

/// What a thread panicked with.
fn panic_of(mut running: Running) -> String {
    let Some(Err(panic)) = running.thread.take().map(JoinHandle::join) else {
        return "its thread has ended".to_owned();
    };
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

/// Runs a server in this thread until it is told to stop. When it does not start, it tells why.
fn serve(
    settings: Settings,
    tell: oneshot::Sender<Result<Started, String>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (application, started) = match start(settings).await {
            Ok(started) => started,
            Err(why) => {
                let _gone = tell.send(Err(why));
                return;
            }
        };
        assert!(tell.send(Ok(started)).is_ok(), "the test waits for the server");
        let stop = async {
            // A test that is gone stops the server as well.
            let _told_or_gone = stopped.await;
        };
        application.run_until_stopped(stop).await.expect("a server that serves");
    });
}

async fn start(settings: Settings) -> Result<(Application, Started), String> {
    let application = Application::build(settings).await.map_err(|error| format!("{error:#}"))?;
    let bootstrapped = application.bootstrap().await.map_err(|error| format!("{error:#}"))?;
    let started = Started {
        address: application.address().ok_or("it listens at no address of the network")?,
        metrics_address: application.metrics_address(),
        bootstrapped,
        repositories: application.repositories().clone(),
    };
    Ok((application, started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "cannot listen on 192.0.2.1:1")]
    async fn a_server_that_does_not_start_says_why() {
        TestServer::start_with(Engine::Sqlite, |settings| {
            // An address for documentation, which no machine has.
            settings.listen = "192.0.2.1:1".to_owned();
        })
        .await;
    }
}
