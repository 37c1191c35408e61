//! Behind `PgBouncer`: a pool that gives each client a session serves like the server itself. One that
//! gives a session to each transaction does so too, and nothing that we set is left for its other
//! clients, if it keeps prepared statements; if it does not, every command says so and ends with 2.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use conversations_testkit::Random;
use serde_json::json;

use crate::client::Call;
use crate::postgres::Postgres;
use crate::process::bare;
use crate::serial_stories::{not_run, sized, story};
use crate::server::{Server, eventually, free_port};

/// From this version on it keeps prepared statements for each client.
const KEEPS_STATEMENTS: (u32, u32) = (1, 21);

/// How many callers there are at once.
const CALLERS: usize = 8;

/// A pooler before a server, which ends when this value is dropped.
struct Pooler {
    child: Child,
    port: u16,
}

/// The program of this machine, and its version.
fn program() -> Result<(PathBuf, (u32, u32)), String> {
    // Debian puts it where only root looks.
    for path in ["pgbouncer", "/usr/sbin/pgbouncer"] {
        let Ok(output) = Command::new(path).arg("--version").output() else { continue };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_whitespace().nth(1).unwrap_or_default();
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        return Ok((path.into(), version));
    }
    Err("pgbouncer is not installed on this machine (Debian: apt-get install pgbouncer)".to_owned())
}

impl Pooler {
    async fn start(
        program: &Path,
        postgres: &Postgres,
        (mode, more): (&str, &str),
        random: &mut Random,
    ) -> Self {
        let port = free_port(random);
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {mode}\ndefault_pool_size = 20\n{more}",
            postgres.port()
        );
        let file = postgres.directory().join(format!("pgbouncer-{port}.ini"));
        std::fs::write(&file, settings).expect("the settings are written");
        let mut command = postgres.beside(program);
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("pgbouncer starts");
        let pooler = Self { child, port };
        let answers = async || postgres.ask_at(port, "SELECT 1").as_deref() == Some("1");
        eventually("pgbouncer answers", Duration::from_secs(20), answers).await;
        pooler
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Has many callers write and read at once: each of them is answered.
async fn serves(pooler: &Pooler, random: &mut Random) {
    let server = Server::start(&pooler.url(), random).await;
    let rounds = sized(5, 50);
    let callers = (0..CALLERS).map(|_| {
        let (client, inbox) = (server.client(), server.inbox().to_owned());
        tokio::spawn(async move {
            for number in 0..rounds {
                let body = json!({
                    "subject": format!("Refund {number}"),
                    "inboxId": inbox,
                    "message": { "body": "It is late." },
                });
                let made = client.data(Call::post("/api/v1/conversations", body)).await;
                let path =
                    format!("/api/v1/conversations/{}", made["_id"].as_str().expect("an id"));
                assert_eq!(client.data(Call::get(path.as_str())).await, made);
                let found = "/api/v1/conversations?q=refund&limit=5&sort=-updatedAt";
                let found = client.data(Call::get(found)).await;
                assert!(!found.as_array().expect("a list").is_empty());
                let closed = json!({ "status": "closed" });
                let closed = client.data(Call::patch(path.as_str(), closed)).await;
                assert_eq!(closed["status"], "closed");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("a caller without a failure");
    }
    server.assert_alive();
}

/// Whether a command ends because of what lies before the database, and says what to do.
#[track_caller]
fn assert_refused(output: &Output) {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("pooler") && said.contains("pool_mode = session"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
}

/// Whether every kind of command ends like that.
#[track_caller]
fn assert_all_refused(pooler: &Pooler) {
    let commands: [&[&str]; 3] =
        [&["serve", "--listen", "127.0.0.1:0"], &["keys", "list"], &["migrate"]];
    for arguments in commands {
        let output = bare(arguments).env("DATABASE_URL", pooler.url()).output();
        assert_refused(&output.expect("the binary runs"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_serves_or_is_refused() {
    const NAME: &str = "a_pooler_serves_or_is_refused";
    let mut story = story(NAME).await;
    let random = &mut story.random;
    let found = program().and_then(|found| Ok((found, Postgres::start(random)?)));
    let ((program, version), postgres) = match found {
        Ok(found) => found,
        Err(why) => return not_run(NAME, &why),
    };
    let ours = ["statement_timeout", "lock_timeout", "enable_seqscan", "enable_hashjoin"];
    let defaults: Vec<_> = ours.iter().map(|each| postgres.sql(&format!("SHOW {each}"))).collect();

    let pooler = Pooler::start(&program, &postgres, ("session", ""), random).await;
    serves(&pooler, random).await;
    drop(pooler);

    let more = if version >= KEEPS_STATEMENTS { "max_prepared_statements = 200\n" } else { "" };
    let pooler = Pooler::start(&program, &postgres, ("transaction", more), random).await;
    if version >= KEEPS_STATEMENTS {
        serves(&pooler, random).await;
        for (name, default) in ours.iter().zip(&defaults) {
            for _ in 0..CALLERS {
                let shown = postgres.ask_at(pooler.port, &format!("SHOW {name}"));
                assert_eq!(shown.as_ref(), Some(default), "{name} is left for others");
            }
        }
        drop(pooler);
        let none = ("transaction", "max_prepared_statements = 0\n");
        let pooler = Pooler::start(&program, &postgres, none, random).await;
        assert_all_refused(&pooler);
    } else {
        assert_all_refused(&pooler);
    }

    let pooler = Pooler::start(&program, &postgres, ("statement", ""), random).await;
    assert_all_refused(&pooler);
}
