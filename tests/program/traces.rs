//! Traces, in builds with the feature `otel`: what arrives at a collector.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use conversations_testkit::TestDatabase;
use reqwest::Method;

use crate::process::{Program, command, printed, run, secret_in};

/// A collector that takes everything, and what is sent to it, as it comes.
fn collector() -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (send, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let send = send.clone();
            thread::spawn(move || while take(&stream, &send).is_some() {});
        }
    });
    (address, received)
}

/// Takes one request; `None` when it is gone.
fn take(mut stream: &TcpStream, send: &mpsc::Sender<Vec<u8>>) -> Option<()> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).ok().filter(|&count| count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    assert!(
        head.starts_with("post /v1/traces ") && head.contains("application/x-protobuf"),
        "{head}"
    );
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let length: usize = length.trim().parse().ok()?;
    let mut body = bytes.split_off(end);
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[have..]).ok()?;
    stream
        .write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n",
        )
        .ok()?;
    send.send(body).ok()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_requests_arrive_as_parts_of_their_callers_traces() {
    let (address, received) = collector();
    let database = TestDatabase::sqlite();
    let create = ["keys", "create", "--workspace", "acme", "--name", "robot"];
    let key = printed(&run(&database, &[&create[..], &["--permission", "read:users"]].concat()));
    let key = secret_in(&key).expect("a key");
    let mut serve = command(&database, &["serve", "--listen", "127.0.0.1:0"]);
    serve.env("OTEL_EXPORTER_OTLP_ENDPOINT", &address);
    let program = Program::from_command(serve);

    let client = program.client(&key);
    let get = client.request(Method::GET, "/api/v1/users?limit=7");
    let get = get.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let _listed = client.send(get).await.listed();
    let _missing = client.get("/canary7f3a9").await.refused(404, "NOT_FOUND");
    let (_, status) = program.stop();

    assert!(status.success());
    let mut all = Vec::new();
    while let Ok(body) = received.recv_timeout(Duration::from_secs(1)) {
        all.extend(body);
    }
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    let parent = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();
    for part in [
        &trace[..],
        &parent,
        b"conversations",
        b"GET /api/v1/users",
        b"GET none",
        b"http.response.status_code",
        b"http.route",
        b"key.id",
        b"request.id",
    ] {
        assert!(contains(&all, part), "missing {}", String::from_utf8_lossy(part));
    }
    for secret in [&b"canary7f3a9"[..], b"limit", key.as_bytes()] {
        assert!(!contains(&all, secret), "{}", String::from_utf8_lossy(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_costs_no_request_and_no_end() {
    let database = TestDatabase::sqlite();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", "http://127.0.0.1:9"];
    let program = Program::from_command(command(&database, &serve));

    let alive = reqwest::get(format!("{}/health/live", program.base_url())).await;

    assert_eq!(alive.expect("a reply").status(), 200);
    assert!(program.stop().1.success());
}

#[test]
fn what_is_no_address_is_refused() {
    let database = TestDatabase::sqlite();

    let output = run(&database, &["serve", "--otlp-endpoint", "nowhere at all"]);

    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
