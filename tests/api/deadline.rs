//! Requests end in time, whatever the database does; what a client takes to send does not count.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, LockedTable, TestServer};
use serde_json::json;

const DEADLINE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_query_gets_a_503_and_a_slow_body_does_not() {
    for engine in Engine::ALL {
        let server =
            TestServer::start_with(engine, |settings| settings.limits.request = DEADLINE).await;
        let client = server.client();
        let body = json!({ "subject": "Slow", "inboxId": server.inbox() });
        let (mut slow, rest) = begin(&server, client.key().expect("a key"), &body.to_string());
        let began = Instant::now();
        let held = LockedTable::take(server.database(), "conversations").await;

        let reply = client.create_conversation(&body).await;

        let took = began.elapsed();
        assert!(took < DEADLINE + Duration::from_millis(500), "{engine:?}: it took {took:?}");
        assert_eq!(reply.headers["retry-after"], "1", "{engine:?}");
        let _refused = reply.refused(503, "SERVICE_UNAVAILABLE");
        held.release().await;
        let made = client.create_conversation(&body).await.created();
        assert_eq!(made["subject"], "Slow", "{engine:?}: the next request works");

        tokio::time::sleep((DEADLINE * 2).saturating_sub(began.elapsed())).await;
        slow.write_all(rest.as_bytes()).expect("the rest");
        let mut answer = String::new();
        slow.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201 "), "{engine:?}: {answer}");
    }
}

/// A request whose body is only begun, and the rest of it.
fn begin(server: &TestServer, key: &str, body: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    let (first, rest) = body.split_at(10);
    write!(
        stream,
        "POST /api/v1/conversations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         X-API-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
        body.len(),
    )
    .expect("a beginning");
    (stream, rest.to_owned())
}
