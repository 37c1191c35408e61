//! The binary as a process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use conversations_testkit::{ApiClient, TestDatabase};

/// A `conversations serve` that listens. It is killed when this value is dropped.
pub(crate) struct Program {
    child: Child,
    address: String,
}

/// The binary with these arguments, on this database.
pub(crate) fn command(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command.env("DATABASE_URL", database.url());
    command
}

/// The binary with these arguments and nothing of this process's settings.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_remove("DATABASE_URL")
        .env_remove("DATABASE_URL_FILE")
        .env_remove("CONVERSATIONS_DATABASE_CONNECTIONS")
        .env_remove("CONVERSATIONS_DATABASE_READERS")
        .env_remove("CONVERSATIONS_LIST_INDEX_MEMORY")
        .env_remove("CONVERSATIONS_KEEP_ALIVE")
        .env_remove("CONVERSATIONS_PUBLIC_URL")
        .env_remove("CONVERSATIONS_WORKERS")
        .env_remove("CONVERSATIONS_REQUEST_TIMEOUT")
        .env_remove("CONVERSATIONS_ERASE_TIMEOUT")
        .env_remove("CONVERSATIONS_RATE_LIMIT")
        .env_remove("CONVERSATIONS_AUTH_FAILURE_LIMIT")
        .env_remove("CONVERSATIONS_TRUSTED_PROXIES")
        .env_remove("CONVERSATIONS_CORS_ORIGINS")
        .env_remove("CONVERSATIONS_REQUEST_CONCURRENCY")
        .env_remove("CONVERSATIONS_KEY_CONCURRENCY")
        .env_remove("CONVERSATIONS_CONNECTIONS_PER_ADDRESS")
        .env_remove("CONVERSATIONS_SHUTDOWN_TIMEOUT")
        .env_remove("CONVERSATIONS_DEMO")
        .env_remove("CONVERSATIONS_LISTEN")
        .env_remove("CONVERSATIONS_METRICS_LISTEN")
        .env_remove("CONVERSATIONS_TLS_CERT")
        .env_remove("CONVERSATIONS_TLS_KEY")
        .env_remove("CONVERSATIONS_DELIVERIES_KEEP")
        .env_remove("CONVERSATIONS_WEBHOOK_TIMEOUT")
        .env_remove("CONVERSATIONS_WEBHOOK_ALLOW")
        .env_remove("CONVERSATIONS_WEBHOOK_ALLOW_HTTP")
        .env_remove("CONVERSATIONS_NO_WEBHOOKS")
        .env_remove("CONVERSATIONS_NO_CONSOLE")
        .env_remove("CONVERSATIONS_LOG")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .stdin(Stdio::null());
    command
}

/// The binary of this build, or the one that `CONVERSATIONS_TEST_BINARY` names: an earlier one, to see
/// what it did.
pub(crate) fn binary() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let other = std::env::var("CONVERSATIONS_TEST_BINARY");
    other.unwrap_or_else(|_| env!("CARGO_BIN_EXE_conversations").to_owned())
}

/// Runs the binary to its end.
pub(crate) fn run(database: &TestDatabase, arguments: &[&str]) -> Output {
    command(database, arguments).output().expect("the binary runs")
}

/// The line with this text in what was printed.
#[track_caller]
pub(crate) fn line_with<'a>(printed: &'a str, text: &str) -> &'a str {
    let line = printed.lines().find(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("no line has {text:?}: {printed}")).trim()
}

/// Runs a line that was printed as a shell does, in a folder where nothing is. Of the settings there is
/// a URL of PostgreSQL alone, which no line repeats.
pub(crate) fn as_printed(line: &str, database: &TestDatabase) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(&folder).stdin(Stdio::null());
    for (name, _) in bare(&[]).get_envs() {
        shell.env_remove(name);
    }
    if database.url().starts_with("postgres") {
        shell.env("DATABASE_URL", database.url());
    }
    shell.output().expect("a shell")
}

/// What a command that succeeds prints.
#[track_caller]
pub(crate) fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The first secret in a text.
pub(crate) fn secret_in(text: &str) -> Option<String> {
    let start = text.find("sk_live_")?;
    Some(text[start..].chars().take_while(|&each| each.is_alphanumeric() || each == '_').collect())
}

/// The lines of a first start that are to be pasted into a shell.
#[track_caller]
pub(crate) fn exports_in(text: &str) -> String {
    let lines = text.lines().filter(|line| line.trim_start().starts_with("export "));
    let exports: String = lines.flat_map(|line| [line, "\n"]).collect();
    assert_eq!(exports.lines().count(), 3, "{text}");
    exports
}

impl Program {
    /// Starts a server on this database and waits until it listens.
    pub(crate) fn serve(database: &TestDatabase) -> Self {
        Self::from_command(command(database, &["serve", "--listen", "127.0.0.1:0"]))
    }

    pub(crate) fn from_command(command: Command) -> Self {
        let (program, mut log) = Self::with_log(command);
        // The log has to be read, or the server blocks once the pipe is full.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        program
    }

    /// Starts a server and waits until it listens; what it logs from then on is the caller's.
    pub(crate) fn with_log(mut command: Command) -> (Self, BufReader<ChildStderr>) {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut log = BufReader::new(child.stderr.take().expect("a log"));
        let mut seen = String::new();
        let address = loop {
            let mut line = String::new();
            let read = log.read_line(&mut line).expect("a line of the log");
            assert!(read > 0, "the server ended before it listened: {seen}");
            if let Some((_, rest)) = line.split_once(r#""message":"listening","address":""#) {
                break rest.split('"').next().unwrap_or_default().to_owned();
            }
            seen.push_str(&line);
        };
        (Self { child, address }, log)
    }

    /// Where it listens, `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self, key: &str) -> ApiClient {
        ApiClient::new(self.base_url(), Some(key.to_owned()))
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a process that can be killed");
        self.child.wait().expect("the end of the process");
    }

    /// Asks it to stop, and does not wait for it.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(told.success());
    }

    /// Asks it to stop, and answers what it printed and how it ended.
    pub(crate) fn stop(self) -> (String, std::process::ExitStatus) {
        self.terminate();
        self.end()
    }

    /// Waits for its end, and answers what it printed and how it ended.
    pub(crate) fn end(mut self) -> (String, std::process::ExitStatus) {
        let mut printed = String::new();
        let mut out = self.child.stdout.take().expect("standard output");
        out.read_to_string(&mut printed).expect("UTF-8");
        (printed, self.child.wait().expect("the end of the process"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
