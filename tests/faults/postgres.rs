//! A PostgreSQL server of our own, which may be killed, frozen and run out of disk.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use conversations_testkit::Random;
use tempfile::TempDir;

use crate::server::free_port;

/// A PostgreSQL server. It is a child of this process and reaped by it: after a kill it refuses
/// to start again while its old process is there, even as a zombie.
pub(crate) struct Postgres {
    programs: Programs,
    port: u16,
    directory: TempDir,
    data: PathBuf,
    child: Mutex<Option<Child>>,
}

/// A session that goes on until this value is dropped.
pub(crate) struct Session(Child);

struct Programs {
    directory: PathBuf,
    /// Who runs them where this process is root, which the server refuses to be.
    account: Option<(u32, u32)>,
}

/// The address of its database, through this port.
pub(crate) fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

impl Postgres {
    /// Starts a server with its data in a temporary directory.
    pub(crate) fn start(random: &mut Random) -> Result<Self, String> {
        Self::start_on(None, random)
    }

    /// Starts a server with its data on this volume. Its write-ahead log is elsewhere: when there
    /// is no room for that, the server ends, and that is another story.
    pub(crate) fn start_on(volume: Option<&Path>, random: &mut Random) -> Result<Self, String> {
        let programs = Programs::find()?;
        let directory = tempfile::Builder::new().prefix("faults").tempdir_in("/tmp");
        let directory = directory.map_err(|error| error.to_string())?;
        let volume = volume.unwrap_or(directory.path());
        for each in [volume, directory.path()] {
            programs.give(each).map_err(|error| error.to_string())?;
        }
        let data = volume.join("data");
        let log = directory.path().join("log");
        let output = programs
            .command("initdb", directory.path())
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
            .args(["--wal-segsize=1", "-X"])
            .arg(log)
            .arg("-D")
            .arg(&data)
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let port = free_port(random);
        let postgres = Self { programs, port, directory, data, child: Mutex::new(None) };
        postgres.restart();
        Ok(postgres)
    }

    /// Starts it again, and waits until it answers.
    pub(crate) fn restart(&self) {
        // What was written survives the end of the process without fsync, though not of the machine.
        let settings = [
            "fsync=off",
            "max_connections=80",
            "max_wal_size=32MB",
            "min_wal_size=4MB",
            // When it is killed, its memory stays in no other place.
            "dynamic_shared_memory_type=mmap",
        ];
        let mut command = self.programs.command("postgres", self.directory.path());
        command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
        let sockets = format!("unix_socket_directories={}", self.directory.path().display());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", &sockets]);
        command.args(settings.iter().flat_map(|setting| ["-c", *setting]));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut start = || command.spawn().expect("PostgreSQL starts");
        *self.child() = Some(start());
        let started = Instant::now();
        while !self.psql("SELECT 1").output().expect("psql runs").status.success() {
            assert!(started.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(50));
            // It ends at once while a process of the one before is still being ended.
            if !self.runs() {
                *self.child() = Some(start());
            }
        }
    }

    /// Ends it and all its processes without a warning.
    pub(crate) fn kill(&self) {
        let Some(mut child) = self.child().take() else { return };
        let processes = processes_of(child.id());
        // Frozen first, so that it does not start others meanwhile.
        signal("-STOP", &processes[..1]);
        signal("-KILL", &processes_of(child.id()));
        child.wait().expect("the end of the process");
    }

    /// Stops all its processes where they are.
    pub(crate) fn freeze(&self) {
        let id = self.child().as_ref().expect("a server that runs").id();
        signal("-STOP", &[id]);
        signal("-STOP", &processes_of(id));
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) {
        let id = self.child().as_ref().expect("a server that runs").id();
        signal("-CONT", &processes_of(id));
    }

    /// Whether it still runs.
    pub(crate) fn runs(&self) -> bool {
        let mut child = self.child();
        child.as_mut().is_some_and(|child| child.try_wait().expect("a child").is_none())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address of its database, through a socket in the file system.
    pub(crate) fn socket_url(&self) -> String {
        let directory = self.directory.path().to_str().expect("a name in UTF-8");
        format!("postgres://postgres@{}:{}/postgres", directory.replace('/', "%2F"), self.port)
    }

    /// What a statement answers, as psql prints it.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let output = self.psql(statement).output().expect("psql runs");
        assert!(output.status.success(), "{statement}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Does this in a session, and then keeps its transaction open.
    pub(crate) fn hold(&self, statement: &str) -> Session {
        let statement = format!("BEGIN; {statement}; SELECT pg_sleep(600)");
        let mut psql = self.psql(&statement);
        Session(psql.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("psql runs"))
    }

    /// What a statement answers through this port, if anything.
    pub(crate) fn ask_at(&self, port: u16, statement: &str) -> Option<String> {
        let output = self.psql_at(port, statement).output().expect("psql runs");
        let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(answer)
    }

    /// Another program, as whom the server runs as.
    pub(crate) fn beside(&self, program: &Path) -> Command {
        self.programs.command_at(program, self.directory.path())
    }

    /// Another program of the same version.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.programs.command(name, self.directory.path())
    }

    /// A directory that goes with the server.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn psql(&self, statement: &str) -> Command {
        self.psql_at(self.port, statement)
    }

    fn psql_at(&self, port: u16, statement: &str) -> Command {
        let mut psql = self.programs.command("psql", self.directory.path());
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, &url(port)]);
        psql
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Session {
    /// Ends it, and its transaction with it.
    pub(crate) fn end(self, postgres: &Postgres) {
        drop(self);
        let sleeping = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                        WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()";
        let _ended = postgres.sql(sleeping);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Programs {
    /// The programs of the newest PostgreSQL that has all of them.
    fn find() -> Result<Self, String> {
        let mut candidates: Vec<PathBuf> = Vec::new();
        candidates.extend(printed("pg_config", &["--bindir"]).map(PathBuf::from));
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut versions: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
        versions.sort();
        candidates.extend(versions.into_iter().rev());
        let complete = |directory: &PathBuf| {
            ["initdb", "postgres", "psql"].iter().all(|name| directory.join(name).exists())
        };
        let directory = candidates.into_iter().find(complete);
        let directory = directory.ok_or("no PostgreSQL server is installed on this machine")?;
        let account = match printed("id", &["-u"]).as_deref() {
            Some("0") => ["postgres", "nobody"].into_iter().find_map(account),
            _ => None,
        };
        Ok(Self { directory, account })
    }

    fn command(&self, name: &str, working_directory: &Path) -> Command {
        self.command_at(&self.directory.join(name), working_directory)
    }

    fn command_at(&self, program: &Path, working_directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").current_dir(working_directory);
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a directory the account's.
    fn give(&self, directory: &Path) -> std::io::Result<()> {
        let Some((user, group)) = self.account else { return Ok(()) };
        std::os::unix::fs::chown(directory, Some(user), Some(group))
    }
}

fn account(name: &str) -> Option<(u32, u32)> {
    let number = |which| printed("id", &[which, name])?.parse().ok();
    Some((number("-u")?, number("-g")?))
}

fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| printed.trim().to_owned())
}

/// A process and its children.
fn processes_of(parent: u32) -> Vec<u32> {
    let mut found = vec![parent];
    for entry in std::fs::read_dir("/proc").expect("the list of processes").flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse() else { continue };
        // The name before it may hold anything, a bracket as well.
        let status = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after_name = status.rsplit(')').next().unwrap_or_default();
        if after_name.split_whitespace().nth(1) == Some(&parent.to_string()) {
            found.push(id);
        }
    }
    found
}

fn signal(which: &str, processes: &[u32]) {
    let mut kill = Command::new("kill");
    kill.arg(which).args(processes.iter().map(u32::to_string)).stderr(Stdio::null());
    // One of them may have ended by itself.
    let _some = kill.status().expect("kill runs");
}
