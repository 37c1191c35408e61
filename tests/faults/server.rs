//! A server that can be killed and started again, on the same database and at the same address.

use std::io::BufRead;
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use conversations_testkit::Random;
use serde_json::json;

use crate::client::{Call, Client};
use crate::process::{Program, bare, printed, secret_in};

/// Everything that the stories do.
const PERMISSIONS: [&str; 9] = [
    "read:conversations",
    "write:conversations",
    "read:customers",
    "write:customers",
    "read:inboxes",
    "write:inboxes",
    "read:audit",
    "read:users",
    "write:users",
];

/// A server of the real binary.
pub(crate) struct Server {
    url: String,
    listen: String,
    arguments: Vec<String>,
    key: String,
    inbox: String,
    program: Mutex<Option<Program>>,
    /// The lines of its log that are warnings or worse.
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server on this database, with a key and an inbox.
    pub(crate) async fn start(url: &str, random: &mut Random) -> Self {
        Self::start_with(url, random, &[]).await
    }

    /// The same with more arguments to `serve`.
    pub(crate) async fn start_with(url: &str, random: &mut Random, more: &[&str]) -> Self {
        let mut server = Self {
            url: url.to_owned(),
            listen: format!("127.0.0.1:{}", free_port(random)),
            arguments: more.iter().map(|&each| each.to_owned()).collect(),
            key: make_key(url, "acme", &PERMISSIONS),
            inbox: String::new(),
            program: Mutex::new(None),
            complaints: Arc::default(),
        };
        server.restart();
        let inbox = Call::post("/api/v1/inboxes", json!({ "name": "Sales" }));
        let inbox = server.client().data(inbox).await;
        inbox["_id"].as_str().expect("an id").clone_into(&mut server.inbox);
        server
    }

    /// Starts it again.
    pub(crate) fn restart(&self) {
        let mut arguments = vec!["serve", "--listen", &self.listen];
        arguments.extend(self.arguments.iter().map(String::as_str));
        let (program, log) = Program::with_log(self.command(&arguments));
        *self.program() = Some(program);
        let complaints = Arc::clone(&self.complaints);
        std::thread::spawn(move || {
            let bad =
                |line: &String| ["\"WARN\"", "\"ERROR\""].iter().any(|level| line.contains(level));
            for line in log.lines().map_while(Result::ok).filter(bad) {
                complaints.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
    }

    /// Ends it, and starts it again with more arguments.
    pub(crate) fn restart_with(&mut self, more: &[String]) {
        self.kill();
        self.arguments.extend_from_slice(more);
        self.restart();
    }

    /// Ends it, and starts it again on another database.
    pub(crate) fn move_to(&mut self, url: &str) {
        self.kill();
        url.clone_into(&mut self.url);
        self.restart();
    }

    /// The binary with these arguments, on the same database.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("DATABASE_URL", &self.url);
        command
    }

    /// A new key of this workspace, which is made if it is not there.
    pub(crate) fn make_key(&self, workspace: &str, permissions: &[&str]) -> String {
        make_key(&self.url, workspace, permissions)
    }

    /// How many warnings and errors of its log hold this text.
    pub(crate) fn complained(&self, text: &str) -> usize {
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.iter().filter(|line| line.contains(text)).count()
    }

    /// Ends it without a warning.
    pub(crate) fn kill(&self) {
        self.program().take().expect("a server that runs").kill();
    }

    /// Stops its process where it is.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.program().as_ref().expect("a server that runs").id().to_string();
        let told = Command::new("kill").args([name, &id]).status().expect("kill runs");
        assert!(told.success(), "kill {name} {id}");
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(format!("http://{}", self.listen), &self.key)
    }

    /// A client with a key of another workspace.
    pub(crate) fn client_of(&self, workspace: &str) -> Client {
        Client::new(
            format!("http://{}", self.listen),
            &make_key(&self.url, workspace, &PERMISSIONS),
        )
    }

    /// Where it listens.
    pub(crate) fn listens_on(&self) -> &str {
        &self.listen
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn inbox(&self) -> &str {
        &self.inbox
    }

    /// Makes sure that it is still the process that was started.
    #[track_caller]
    pub(crate) fn assert_alive(&self) {
        let mut program = self.program();
        assert!(program.as_mut().is_some_and(Program::runs), "the server has ended");
    }

    /// How many files and connections it has open.
    pub(crate) fn open_files(&self) -> usize {
        let path = format!("/proc/{}/fd", self.id());
        std::fs::read_dir(path).expect("a process that runs").count()
    }

    /// How much memory it holds, in KiB.
    pub(crate) fn memory(&self) -> usize {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next());
        kib.and_then(|kib| kib.parse().ok()).expect("the resident memory")
    }

    fn id(&self) -> u32 {
        self.program().as_ref().expect("a server that runs").id()
    }

    fn program(&self) -> MutexGuard<'_, Option<Program>> {
        self.program.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_key(url: &str, workspace: &str, permissions: &[&str]) -> String {
    let mut arguments = vec!["keys", "create", "--workspace", workspace, "--name", "robot"];
    arguments.extend(permissions.iter().flat_map(|each| ["--permission", *each]));
    let created = bare(&arguments).env("DATABASE_URL", url).output().expect("the binary runs");
    secret_in(&printed(&created)).expect("a key")
}

/// A port that is free now, below those that outgoing connections take, so that it is still free
/// when a process comes back to it.
pub(crate) fn free_port(random: &mut Random) -> u16 {
    loop {
        let port = u16::try_from(20_000 + random.below(12_000)).expect("a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Looks every few milliseconds until something holds, and answers how long that took.
pub(crate) async fn eventually(
    what: &str,
    within: Duration,
    mut holds: impl AsyncFnMut() -> bool,
) -> Duration {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}
