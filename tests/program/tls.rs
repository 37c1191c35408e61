//! TLS to PostgreSQL, with a server of its own that takes nothing else and has its own authority.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::process::{Program, bare, secret_in};

/// What the role `guest` logs in with.
const PASSWORD: &str = "hush";

/// A server with a certificate for `localhost`, whose role `guest` gets in over TLS alone. It ends
/// when its standard input does, which is when this value is dropped.
struct Postgres {
    child: Child,
    port: u16,
    files: TempDir,
}

impl Postgres {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/with-postgres");
        let mut child = Command::new(script)
            .args(["sh", "-c", "echo \"$TEST_POSTGRES_URL\"; cat"])
            .env_remove("TEST_POSTGRES_URL")
            .env_remove("WITH_POSTGRES_DIRECTORY")
            .env_remove("WITH_POSTGRES_DURABLE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut url = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut url).expect("its address");
        let url = url.trim().to_owned();
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok());
        let files = tempfile::tempdir().expect("a directory");
        let postgres = Self { child, port: port.expect("a port"), files };
        postgres.make_certificates();
        postgres.ask_for_tls(&url);
        postgres
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Two authorities, and a certificate for `localhost` of the first one.
    fn make_certificates(&self) {
        let openssl = |arguments: &str| {
            let arguments = arguments.split(' ');
            let made = Command::new("openssl").args(arguments).current_dir(&self.files).output();
            let made = made.expect("openssl runs");
            assert!(made.status.success(), "{made:?}");
        };
        for authority in ["ours", "other"] {
            openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                 -keyout {authority}.key -out {authority}.pem -subj /CN={authority} \
                 -addext basicConstraints=critical,CA:TRUE"
            ));
        }
        openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
             -out server.csr -subj /CN=localhost",
        );
        std::fs::write(self.file("names"), "subjectAltName=DNS:localhost\n").expect("a file");
        openssl(
            "x509 -req -in server.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days 2 \
             -extfile names -out server.pem",
        );
    }

    fn ask_for_tls(&self, url: &str) {
        let sql = |statements: &str| {
            let psql = Command::new("psql")
                .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements])
                .output()
                .expect("psql runs");
            assert!(psql.status.success(), "{psql:?}");
            String::from_utf8(psql.stdout).expect("UTF-8").trim().to_owned()
        };
        let data = PathBuf::from(sql("SHOW data_directory"));
        let account = std::fs::metadata(&data).expect("its directory");
        for name in ["server.key", "server.pem"] {
            let file = data.join(name);
            std::fs::copy(self.file(name), &file).expect("a copy");
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("permissions");
            chown(&file, Some(account.uid()), Some(account.gid())).expect("an owner");
        }
        sql(&format!("CREATE ROLE guest LOGIN SUPERUSER PASSWORD '{PASSWORD}'"));
        for setting in ["ssl = on", "ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.key'"] {
            sql(&format!("ALTER SYSTEM SET {setting}"));
        }
        let rules = data.join("pg_hba.conf");
        let before = std::fs::read_to_string(&rules).expect("its rules");
        let tls_alone =
            "hostssl all guest 127.0.0.1/32 scram-sha-256\nhost all guest 0.0.0.0/0 reject\n";
        std::fs::write(&rules, format!("{tls_alone}{before}")).expect("its rules");
        sql("SELECT pg_reload_conf()");
        // It is told, and does so in its own time.
        for _ in 0..100 {
            if sql("SHOW ssl") == "on" {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server does not speak TLS");
    }

    /// Its address with these parameters.
    fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgresql://guest:{PASSWORD}@{host}:{}/postgres{parameters}", self.port)
    }

    fn migrate(&self, host: &str, parameters: &str) -> Output {
        let mut migrate = bare(&["migrate"]);
        migrate.env("DATABASE_URL", self.url(host, parameters)).output().expect("the binary runs")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[tokio::test]
async fn every_mode_looks_at_what_it_says() {
    let postgres = Postgres::start();
    let (ours, other) = (postgres.file("ours.pem"), postgres.file("other.pem"));
    let (ours, other) = (shown(&ours), shown(&other));
    let absent = postgres.file("absent.pem");

    for (host, parameters) in [
        ("127.0.0.1", "?sslmode=prefer".to_owned()),
        ("127.0.0.1", "?sslmode=require".to_owned()),
        ("127.0.0.1", "?sslmode=require&channel_binding=require".to_owned()),
        ("127.0.0.1", format!("?sslmode=require&sslrootcert={ours}")),
        ("127.0.0.1", format!("?sslmode=verify-ca&sslrootcert={ours}")),
        ("localhost", format!("?sslmode=verify-full&sslrootcert={ours}")),
        ("localhost", format!("?sslrootcert={ours}&connect_timeout=9&application_name=desk")),
    ] {
        let output = postgres.migrate(host, &parameters);
        assert!(output.status.success(), "{host}{parameters}: {output:?}");
    }

    for (host, parameters, part) in [
        ("127.0.0.1", String::new(), "pg_hba.conf"),
        ("127.0.0.1", "?sslmode=disable".to_owned(), "pg_hba.conf"),
        ("127.0.0.1", format!("?sslmode=verify-full&sslrootcert={ours}"), "not valid for name"),
        ("localhost", format!("?sslmode=verify-full&sslrootcert={other}"), "UnknownIssuer"),
        ("localhost", format!("?sslmode=verify-ca&sslrootcert={other}"), "UnknownIssuer"),
        ("localhost", format!("?sslmode=require&sslrootcert={other}"), "UnknownIssuer"),
        ("localhost", format!("?sslmode=verify-full&sslrootcert={}", shown(&absent)), "absent.pem"),
        ("localhost", "?sslmode=allow".to_owned(), "disable, prefer, require, verify-ca"),
    ] {
        let output = postgres.migrate(host, &parameters);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{host}{parameters}: {said}");
        assert!(said.contains(part), "{host}{parameters}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }

    // The server and the commands connect in the same way.
    let url = postgres.url("localhost", &format!("?sslmode=verify-full&sslrootcert={ours}"));
    let mut serve = bare(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("DATABASE_URL", &url);
    let program = Program::from_command(serve);
    let check = bare(&["check"]).env("DATABASE_URL", &url).output().expect("the binary runs");
    assert!(check.status.success(), "{check:?}");
    let (printed, _) = program.stop();
    let key = secret_in(&printed).expect("a key");
    let mut serve = bare(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("DATABASE_URL", &url);
    let program = Program::from_command(serve);
    let (_, pagination) = program.client(&key).list_conversations("").await.listed();
    assert_eq!(pagination["total"], 0);
}
