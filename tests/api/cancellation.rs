//! Requests that are cut off in the middle: the next ones are answered as if nothing had been.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{conversation, id};

on_both_databases! {
    cut_requests_leave_nothing_behind,
    a_write_that_is_cut_off_is_whole_or_absent,
}

/// Sends a request and resets the connection after a moment, without reading the reply.
fn cut_off(address: SocketAddr, request: &str, after: Duration) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request is sent");
    std::thread::sleep(after);
    let no_farewell = Some(Duration::ZERO);
    socket2::SockRef::from(&stream).set_linger(no_farewell).expect("a socket that can linger");
    drop(stream);
}

fn head(method: &str, path: &str, key: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

async fn cut_requests_leave_nothing_behind(server: &TestServer) {
    let client = server.client();
    for _ in 0..100 {
        let _made = conversation(&client, server.inbox(), json!({})).await;
    }
    let key = client.key().expect("a key").to_owned();
    let list = head("GET", "/api/v1/conversations?limit=100", &key, 0);
    let address = server.address();

    tokio::task::spawn_blocking(move || {
        for round in 0..200_u64 {
            cut_off(address, &list, Duration::from_micros(round * 20));
        }
    })
    .await
    .expect("requests are cut off");

    // No connection is poisoned, and no abandoned work delays an honest request.
    let started = Instant::now();
    for _ in 0..16 {
        let (_, pagination) = client.list_conversations("limit=1").await.listed();
        assert_eq!(pagination["total"], 100);
    }
    assert!(started.elapsed() < Duration::from_secs(10), "took {:?}", started.elapsed());
}

async fn a_write_that_is_cut_off_is_whole_or_absent(server: &TestServer) {
    let client = server.client();
    let key = client.key().expect("a key").to_owned();
    let body = json!({
        "subject": "Cut off",
        "inboxId": server.inbox(),
        "customer": { "profile": { "firstName": "Ada" } },
        "message": { "body": "Hello" },
    })
    .to_string();
    let request = head("POST", "/api/v1/conversations", &key, body.len()) + &body;
    let address = server.address();

    tokio::task::spawn_blocking(move || {
        for round in 0..100_u64 {
            cut_off(address, &request, Duration::from_micros(round * 50));
        }
    })
    .await
    .expect("requests are cut off");
    let last = id(&conversation(&client, server.inbox(), json!({})).await);
    assert_eq!(client.delete_conversation(&last).await.status, 200);

    // What was cut off may still be under way: each write is whole or absent when it is over.
    let started = Instant::now();
    loop {
        let (made, pagination) = client.list_conversations("limit=100").await.listed();
        for each in &made {
            assert_eq!(each["messageCount"], 1);
            let (messages, _) = client.list_messages(&id(each), "").await.listed();
            assert_eq!(messages.len(), 1);
        }
        let (_, customers) = client.list_customers("").await.listed();
        if customers["total"] == pagination["total"] && !made.is_empty() {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{customers} for {pagination}");
    }
}
