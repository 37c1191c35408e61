//! Callers that take no reply, do not end a head, or say nothing at all: their connections are
//! ended in time, and the honest are answered meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use conversations_testkit::TestDatabase;
use serde_json::json;
use socket2::{Domain, Socket, Type};

use crate::client::Call;
use crate::load::{Load, MARGIN};
use crate::process::{Program, bare};
use crate::serial_stories::{sized, story};
use crate::server::{Server, eventually};

/// How long a peer may take nothing of a reply.
const REPLY: Duration = Duration::from_secs(10);

/// How long a head may take.
const HEAD: Duration = Duration::from_secs(5);

/// How long a connection may be idle: much longer than a head may take, so that its end, which is
/// silent, never comes first.
const KEEP_ALIVE: Duration = Duration::from_secs(8);

/// How many files may be open more than before, for connections of the honest.
const OTHERS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_are_ended() {
    let mut story = story("slow_readers").await;
    let database = TestDatabase::sqlite();
    let server = Server::start(database.url(), &mut story.random).await;
    let request = large_list(&server).await;
    let load = Load::start(&server, &mut story.random);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();

    let count = sized(16, 100);
    let readers: Vec<_> = (0..count).map(|_| ask_for_much(&server, &request)).collect();
    let mut trickling: Vec<_> = readers.iter().step_by(2).collect();
    let mut most = 0;
    let gone = async || {
        // Every second one takes a byte now and then, until it is told of the end.
        trickling.retain_mut(|reader| match reader.read(&mut [0; 16]) {
            Ok(count) => count > 0,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        });
        // The others are told nothing: their systems have no room for it.
        let open = server.open_files();
        most = most.max(open);
        trickling.is_empty() && open <= most - count + OTHERS / 10
    };
    let took = eventually("slow readers are gone", REPLY + 4 * MARGIN, gone).await;

    println!("{count} were gone after {took:?}, {} KiB", server.memory());
    assert!(took > REPLY / 2, "slow readers are not cut off at once: {took:?}");
    load.stop().await.assert_only_success_since(began);
    server.assert_alive();
}

/// Makes a conversation with a long message; the requests for it, often enough that the system
/// cannot buffer all replies. One reply is small enough that all readers have room for theirs.
async fn large_list(server: &Server) -> String {
    let client = server.client();
    let customer = json!({ "profile": { "firstName": "Ada" } });
    let body = json!({ "subject": "Long", "inboxId": server.inbox(), "customer": customer });
    let id = client.data(Call::post("/api/v1/conversations", body)).await;
    let id = id["_id"].as_str().expect("an id").to_owned();
    let message = json!({ "body": "😀".repeat(60_000), "author": { "type": "system" } });
    let path = format!("/api/v1/conversations/{id}/messages");
    let _message = client.data(Call::post(path, message)).await;
    format!(
        "GET /api/v1/conversations/{id}/messages HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {}\r\n\r\n",
        server.key()
    )
    .repeat(64)
}

/// A connection that has little room, and asks for much.
fn ask_for_much(server: &Server, request: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address: SocketAddr = server.listens_on().parse().expect("an address");
    socket.connect(&address.into()).expect("a connection");
    let mut stream = TcpStream::from(socket);
    stream.write_all(request.as_bytes()).expect("requests are sent");
    stream.set_nonblocking(true).expect("a socket");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn every_head_of_a_connection_has_its_time() {
    let mut story = story("half_heads").await;
    let database = TestDatabase::sqlite();
    let keep_alive = KEEP_ALIVE.as_secs().to_string();
    let arguments = ["--keep-alive", &keep_alive];
    let server = Server::start_with(database.url(), &mut story.random, &arguments).await;
    let whole = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let half = format!("GET /health/live HTTP/1.1\r\nX-Long: {}", "x".repeat(20_000));
    let files = server.open_files();

    let count = sized(40, 1_000);
    let began = Instant::now();
    let mut streams: Vec<_> = (0..count)
        .map(|number| {
            let mut stream = TcpStream::connect(server.listens_on()).expect("a connection");
            // Half of them begin the second head after the first reply, the others with the request.
            if number % 2 == 0 {
                stream.write_all(whole.as_bytes()).expect("a request is sent");
                let _reply = stream.read(&mut [0; 4096]).expect("a reply");
                stream.write_all(half.as_bytes()).expect("a half head is sent");
            } else {
                let both = format!("{whole}{half}");
                stream.write_all(both.as_bytes()).expect("both are sent");
            }
            stream.set_nonblocking(true).expect("a socket");
            stream
        })
        .collect();
    let mut told = 0;
    let mut soon = None;
    let mut look = || {
        for (number, stream) in streams.iter_mut().enumerate() {
            let mut reply = [0; 4096];
            let read = stream.read(&mut reply).unwrap_or_default();
            told += usize::from(reply[..read].windows(4).any(|part| part == b" 408"));
            // One byte more changes nothing.
            if number % 4 == 0 {
                let _sent = stream.write(b"x");
            }
        }
        if told >= count / 2 && soon.is_none() {
            soon = Some(began.elapsed());
        }
    };
    let gone = async || {
        look();
        server.open_files() <= files + OTHERS / 4
    };
    let took = eventually("half heads are gone", KEEP_ALIVE + HEAD + 3 * MARGIN, gone).await;
    // What the last ones were told lies in their buffers still.
    look();

    println!("half of {count} were gone after {soon:?}, all after {took:?}; {told} were told");
    assert!(soon.is_some_and(|soon| soon < HEAD + 3 * MARGIN), "{soon:?}");
    // The others may be taken for idle.
    assert!(told >= count / 2, "{told} of {count} were told why");
    // A client that was merely idle, and then asks, is answered.
    let mut stream = TcpStream::connect(server.listens_on()).expect("a connection");
    for _ in 0..3 {
        stream.write_all(whole.as_bytes()).expect("a request is sent");
        let mut reply = [0; 4096];
        let read = stream.read(&mut reply).expect("a reply");
        assert!(reply[..read].starts_with(b"HTTP/1.1 200"));
        tokio::time::sleep(HEAD / 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_handshakes_hold_up_nobody() {
    let _story = story("silent_handshakes").await;
    let database = TestDatabase::sqlite();
    let directory = tempfile::tempdir().expect("a directory");
    certify(directory.path());
    let mut serve = bare(&["serve", "--listen", "127.0.0.1:0", "--connections-per-address", "0"]);
    serve.env("DATABASE_URL", database.url());
    serve.env("CONVERSATIONS_TLS_CERT", directory.path().join("localhost.pem"));
    serve.env("CONVERSATIONS_TLS_KEY", directory.path().join("localhost.key"));
    let program = Program::from_command(serve);
    let port = program.address().rsplit(':').next().expect("a port").to_owned();
    assert!(live(directory.path(), &port) < Duration::from_secs(2));

    // More than the framework would make handshakes at once, on each of several workers.
    let each = 300 * std::thread::available_parallelism().map_or(1, usize::from);
    let mut silent = Vec::new();
    let mut longest = Duration::ZERO;
    for _ in 0..sized(2, 6) {
        let more = (0..each).map(|_| TcpStream::connect(program.address()).expect("a connection"));
        silent.extend(more);
        for _ in 0..3 {
            longest = longest.max(live(directory.path(), &port));
        }
    }

    println!("beside {} silent connections the longest answer took {longest:?}", silent.len());
    assert!(longest < MARGIN, "{longest:?}");
    let ended = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(HEAD)).expect("a socket");
        matches!(stream.read(&mut [0; 16]), Ok(0))
    };
    assert!(silent.last_mut().is_some_and(ended), "a silent handshake is ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections_and_leaves_room_for_others() {
    let mut story = story("connections_per_address").await;
    let database = TestDatabase::sqlite();
    let few = ["--connections-per-address", "20"];
    let server = Server::start_with(database.url(), &mut story.random, &few).await;
    let connect = |from: [u8; 4]| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((from, 0)).into()).expect("an address of this machine");
        let address: SocketAddr = server.listens_on().parse().expect("an address");
        socket.connect(&address.into()).expect("a connection");
        TcpStream::from(socket)
    };

    let many: Vec<_> = (0..60).map(|_| connect([127, 0, 0, 2])).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let closed = many.iter().filter(|stream| is_closed(stream)).count();
    assert_eq!(closed, 40, "of 60 connections 20 are kept");
    for stream in many.iter().filter(|stream| !is_closed(stream)) {
        assert!(is_answered(stream), "connected clients are answered");
    }
    // Another address has places of its own.
    assert!(is_answered(&connect([127, 0, 0, 3])));
    drop(many);
    let again = async || is_answered(&connect([127, 0, 0, 2]));
    eventually("places are given back", HEAD, again).await;
}

fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let read = stream.read(&mut [0; 16]);
    stream.set_nonblocking(false).expect("a socket");
    read.is_ok() || read.is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
}

fn is_answered(mut stream: &TcpStream) -> bool {
    let request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut reply = [0; 4096];
    stream.write_all(request).is_ok()
        && stream.read(&mut reply).is_ok()
        && reply.starts_with(b"HTTP/1.1 200")
}

/// Makes a certificate for `localhost` that vouches for itself.
fn certify(directory: &Path) {
    let made = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '))
        .args(["-keyout", "localhost.key", "-out", "localhost.pem"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .current_dir(directory)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
}

/// How long it takes to be told that the server lives, over TLS.
fn live(directory: &Path, port: &str) -> Duration {
    let began = Instant::now();
    let asked = Command::new("curl")
        .args(["-sS", "--max-time", "20", "--cacert", "localhost.pem"])
        .arg(format!("https://localhost:{port}/health/live"))
        .current_dir(directory)
        .output()
        .expect("curl runs");
    assert!(asked.status.success(), "{asked:?}");
    began.elapsed()
}
