//! What only a real server shows: the protocol around the answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use crate::testing::{Storage, services};
use crate::{boundary, configure};

/// A server with one worker, and a route that panics.
fn serve() -> SocketAddr {
    let services = services(Storage::default());
    let application = move || {
        App::new()
            .wrap(from_fn(boundary))
            .configure(configure(services.clone()))
            .route("/panic", web::get().to(|| async { panics() }))
    };
    let server = HttpServer::new(application).workers(1).disable_signals();
    let server = server.bind("127.0.0.1:0").expect("a port");
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    address
}

fn panics() -> &'static str {
    panic!("on purpose")
}

/// Sends bytes and reads what comes back until the server closes.
async fn exchange(address: SocketAddr, request: String) -> String {
    let exchange = move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        // The server may close before it has read everything.
        let _ = stream.write_all(request.as_bytes());
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        String::from_utf8_lossy(&reply).into_owned()
    };
    web::block(exchange).await.expect("an exchange")
}

fn request(line: &str, rest: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{rest}")
}

#[actix_web::test]
async fn a_panic_is_answered_and_the_server_goes_on() {
    let address = serve();

    for _ in 0..2 {
        let reply = exchange(address, request("GET /panic", "X-Request-Id: mine\r\n\r\n")).await;

        assert!(reply.starts_with("HTTP/1.1 500 "), "{reply}");
        assert!(reply.contains("x-request-id: mine\r\n"), "{reply}");
        assert!(reply.contains("content-type: application/json\r\n"), "{reply}");
        assert!(reply.contains(r#""code":"INTERNAL_ERROR""#), "{reply}");
        assert!(!reply.contains("on purpose"), "{reply}");
    }
    let reply = exchange(address, request("GET /health/live", "\r\n")).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

#[actix_web::test]
async fn head_has_the_length_of_a_body_that_it_leaves_out() {
    let reply = exchange(serve(), request("HEAD /health/live", "\r\n")).await;

    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    assert!(reply.contains("content-length: 15\r\n"), "{reply}");
    assert!(reply.ends_with("\r\n\r\n"), "{reply}");
}

#[actix_web::test]
async fn a_body_that_is_announced_too_large_is_not_waited_for() {
    let head = "Content-Length: 1048577\r\n\r\n";

    let reply = exchange(serve(), request("POST /api/v1/users", head)).await;

    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
    assert!(reply.contains(r#""code":"PAYLOAD_TOO_LARGE""#), "{reply}");
}

#[actix_web::test]
async fn a_large_body_without_a_key_gets_a_401() {
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let body = format!("Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(32));

    let reply = exchange(serve(), request("POST /api/v1/users", &body)).await;

    assert!(reply.starts_with("HTTP/1.1 401 "), "{reply}");
}
