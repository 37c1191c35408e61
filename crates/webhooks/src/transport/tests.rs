//! Every way a receiver can behave.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;
use crate::connector::{Resolver, SystemResolver};
use crate::guard::AddressGuard;
use crate::tls::Tls;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// A receiver that sends this text as the answer to each request.
async fn receiver(answer: impl Into<String>) -> SocketAddr {
    let answer = answer.into();
    serving(move |mut stream: TcpStream| {
        let answer = answer.clone();
        async move {
            while read_request(&mut stream).await {
                stream.write_all(answer.as_bytes()).await.expect("written");
            }
        }
    })
    .await
}

/// A receiver that does this with each connection.
async fn serving<F, R>(each: F) -> SocketAddr
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(each(stream));
        }
    });
    address
}

/// Reads a request with the body `{}`; `false` at the end of the connection.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    while !request.ends_with(b"{}") {
        let mut bytes = [0; 1_024];
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => return false,
            Ok(read) => request.extend_from_slice(&bytes[..read]),
        }
    }
    true
}

fn local() -> AddressGuard {
    AddressGuard::allowing(&["127.0.0.0/8".parse().expect("a network")])
}

fn transport_to(resolver: impl Resolver + 'static, guard: AddressGuard) -> Transport {
    let connector = GuardedConnector::new(guard, Box::new(resolver), Tls::default());
    Transport::new(connector, Duration::from_millis(600))
}

fn transport() -> Transport {
    transport_to(SystemResolver, local())
}

async fn post_with(transport: &Transport, url: &str) -> Result<Answer, NoAnswer> {
    let uri = url.parse().expect("a URL");
    transport.post(uri, HeaderMap::new(), Bytes::from_static(b"{}")).await
}

async fn post(address: SocketAddr) -> Result<u16, NoAnswer> {
    let answer = post_with(&transport(), &format!("http://{address}/hook")).await;
    answer.map(|answer| answer.status.as_u16())
}

#[tokio::test]
async fn the_status_is_the_outcome() {
    for (line, status) in
        [("200 OK", 200), ("204 No Content", 204), ("410 Gone", 410), ("500 Oops", 500)]
    {
        let address = receiver(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n")).await;

        assert_eq!(post(address).await, Ok(status));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = receiver(OK).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n");

    assert_eq!(post(receiver(redirect).await).await, Ok(302));
}

#[tokio::test]
async fn tells_when_to_try_again() {
    let address =
        receiver("HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n").await;

    let answer = post_with(&transport(), &format!("http://{address}/")).await.expect("an answer");

    assert_eq!(answer.retry_after.as_deref(), Some("120"));
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let address = serving(move |mut stream| {
        let sent = Arc::clone(&counter);
        async move {
            read_request(&mut stream).await;
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head).await.expect("written");
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {
                sent.fetch_add(0x1000, Ordering::SeqCst);
            }
            sent.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;

    assert_eq!(post(address).await, Ok(200));
    // The sender hangs up: nothing more can be written.
    let end = Instant::now() + Duration::from_secs(5);
    while sent.load(Ordering::SeqCst) & 1 == 0 {
        assert!(Instant::now() < end, "the connection is still open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_slow_body_does_not_change_the_outcome() {
    let address = serving(|mut stream| async move {
        read_request(&mut stream).await;
        let head = b"HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\nx";
        stream.write_all(head).await.expect("written");
        std::future::pending::<()>().await;
    })
    .await;

    assert_eq!(post(address).await, Ok(202));
}

#[tokio::test]
async fn a_slow_head_is_a_timeout() {
    let silent = serving(|mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let trickling = serving(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;

    assert_eq!(post(silent).await, Err(NoAnswer::Timeout));
    assert_eq!(post(trickling).await, Err(NoAnswer::Timeout));
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(4 * HEAD_BYTES));
    for answer in ["SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1 99\r\n\r\n", &long] {
        let answer = answer.to_owned();
        let address = serving(move |mut stream| {
            let answer = answer.clone();
            async move {
                read_request(&mut stream).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        })
        .await;

        assert_eq!(post(address).await, Err(NoAnswer::Protocol));
    }
}

#[tokio::test]
async fn a_closed_port_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);

    assert_eq!(post(address).await, Err(NoAnswer::Connection(ConnectError::Connect)));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let address = serving(move |mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            while read_request(&mut stream).await {
                stream.write_all(OK.as_bytes()).await.expect("written");
            }
        }
    })
    .await;
    let (transport, url) = (transport(), format!("http://{address}/"));

    for _ in 0..3 {
        post_with(&transport, &url).await.expect("an answer");
    }

    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_spelling_of_a_forbidden_address_is_blocked() {
    let port = receiver(OK).await.port();
    let transport = transport_to(SystemResolver, AddressGuard::default());

    for host in [
        "127.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "localhost",
    ] {
        for url in [
            format!("http://{host}:{port}/"),
            format!("https://{host}:{port}/"),
            // As the URL is written in requests.
            url::Url::parse(&format!("http://{host}:{port}/")).expect("a URL").to_string(),
        ] {
            let outcome = post_with(&transport, &url).await;
            assert_eq!(outcome, Err(NoAnswer::Connection(ConnectError::Blocked)), "{url}");
        }
    }
}

/// Answers differently each time.
#[derive(Clone, Default)]
struct Changing {
    answers: Arc<Mutex<Vec<Vec<SocketAddr>>>>,
    asked: Arc<AtomicUsize>,
}

impl Changing {
    fn new(answers: &[&[SocketAddr]]) -> Self {
        let answers = answers.iter().rev().map(|answer| answer.to_vec()).collect();
        Self { answers: Arc::new(Mutex::new(answers)), asked: Arc::default() }
    }
}

#[async_trait]
impl Resolver for Changing {
    async fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().expect("a lock").pop();
        answer.ok_or_else(|| std::io::Error::other("no such name"))
    }
}

#[tokio::test]
async fn what_was_resolved_is_dialled() {
    let good = receiver(OK).await;
    let bad = SocketAddr::from(([127, 9, 9, 9], good.port()));
    let only_good = AddressGuard::allowing(&["127.0.0.1/32".parse().expect("a network")]);
    let names = Changing::new(&[&[good], &[bad], &[good, bad], &[]]);
    let transport = transport_to(names.clone(), only_good);
    // A name per request, so that no connection is used again.
    let ask = async |name: &str| {
        let answer = post_with(&transport, &format!("http://{name}.example/")).await;
        answer.map(|answer| answer.status.as_u16())
    };

    // It was resolved once, and the answer to a second question cannot matter.
    assert_eq!(ask("one").await, Ok(200));
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    assert_eq!(ask("two").await, Err(NoAnswer::Connection(ConnectError::Blocked)));
    // One forbidden address is enough.
    assert_eq!(ask("three").await, Err(NoAnswer::Connection(ConnectError::Blocked)));
    assert_eq!(ask("four").await, Err(NoAnswer::Connection(ConnectError::Dns)));
    assert_eq!(ask("five").await, Err(NoAnswer::Connection(ConnectError::Dns)));
}

#[tokio::test]
async fn another_address_of_the_name_is_tried() {
    let good = receiver(OK).await;
    let closed = SocketAddr::from(([127, 0, 0, 9], good.port()));
    let transport = transport_to(Changing::new(&[&[closed, good]]), local());

    let answer = post_with(&transport, "http://two.example/").await.expect("an answer");

    assert_eq!(answer.status, StatusCode::OK);
}
