//! A server that listens on a socket in the file system.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{bare, command, printed, secret_in};

/// A server, which ends when this value is dropped.
struct Server {
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn start(database: &TestDatabase, listen: &str) -> Server {
    let mut serve = command(database, &["serve", "--listen", listen]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut log = BufReader::new(child.stderr.take().expect("a log"));
    let mut line = String::new();
    while !line.contains(r#""message":"listening""#) {
        line.clear();
        assert!(log.read_line(&mut line).expect("a line") > 0, "it ended before it listened");
    }
    assert!(line.contains(&format!(r#""address":"{listen}""#)), "{line}");
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Server { child }
}

impl Server {
    /// What it printed at its first start, before it listened.
    fn printed(&mut self) -> String {
        let mut output = self.child.stdout.take().expect("its output");
        let mut bytes = [0; 4096];
        let read = output.read(&mut bytes).expect("what it printed");
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }
}

fn get(socket: &Path, path: &str, key: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("a connection");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    reply
}

#[tokio::test]
async fn a_socket_in_the_file_system_serves_and_goes_with_the_server() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::new(engine).await;
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("http.sock");
        let listen = format!("unix:{}", socket.display());
        let mut server = start(&database, &listen);
        let printed_first = server.printed();
        let key = secret_in(&printed_first).expect("a key");

        assert!(printed_first.contains("curl -sS --unix-socket"), "{printed_first}");
        let reply = get(&socket, "/api/v1/conversations", &key);
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        let health = bare(&["healthcheck", "--listen", &listen]).output();
        assert_eq!(printed(&health.expect("the binary runs")), "ready\n");

        // Killed, it leaves its file behind, and the next one replaces it.
        server.child.kill().expect("it can be killed");
        server.child.wait().expect("its end");
        assert!(socket.exists());
        let mut server = start(&database, &listen);
        assert!(get(&socket, "/health/ready", "none").starts_with("HTTP/1.1 200 OK\r\n"));
        let second =
            bare(&["serve", "--listen", &listen]).env("DATABASE_URL", database.url()).output();
        let second = second.expect("the binary runs");
        assert_eq!(second.status.code(), Some(2), "{second:?}");

        let id = server.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        assert!(server.child.wait().expect("its end").success());
        assert!(!socket.exists());
    }
}
