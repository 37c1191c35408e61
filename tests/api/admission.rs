//! What is too much is refused at once, and does not harm what is not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use conversations_domain::Permissions;
use conversations_testkit::{ApiClient, Engine, LockedTable, Reply, TestServer, new_api_key};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// How soon signs of life have to come, on a machine that is busy with other tests.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How soon a refusal has to come: after a second of waiting for a place.
const SOON: Duration = Duration::from_secs(3);

/// What hangs in the database hangs for long.
const PATIENCE: Duration = Duration::from_secs(20);

fn body(server: &TestServer) -> Value {
    json!({ "subject": "Refund", "inboxId": server.inbox() })
}

/// Sends a create, and answers its reply and how long it took.
fn create(client: &ApiClient, body: &Value) -> JoinHandle<(Reply, Duration)> {
    let (client, body) = (client.clone(), body.clone());
    tokio::spawn(async move {
        let began = Instant::now();
        let reply = client.create_conversation(&body).await;
        (reply, began.elapsed())
    })
}

/// Asks for signs of life until the answer is dropped, and fails when one is late.
fn watch(server: &TestServer) -> JoinHandle<()> {
    let client = server.anonymous();
    tokio::spawn(async move {
        loop {
            let began = Instant::now();
            let reply = client.get("/health/live").await;
            assert_eq!(reply.status, 200, "{reply:?}");
            assert!(began.elapsed() < AT_ONCE, "it took {:?}", began.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn excess_requests_are_refused_soon_and_the_rest_is_answered() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.request = PATIENCE;
            settings.request_concurrency = 4;
        })
        .await;
        let (client, body) = (server.client(), body(&server));
        let watch = watch(&server);
        let held = LockedTable::take(server.database(), "conversations").await;

        let sent: Vec<_> = (0..64).map(|_| create(&client, &body)).collect();
        tokio::time::sleep(SOON).await;
        held.release().await;

        let mut made = 0;
        for each in sent {
            let (reply, took) = each.await.expect("a reply");
            if reply.status == 201 {
                made += 1;
                continue;
            }
            assert!(took < SOON, "{engine:?}: it took {took:?}");
            assert_eq!(reply.headers["retry-after"], "1");
            let _refused = reply.refused(503, "SERVICE_UNAVAILABLE");
        }
        assert_eq!(made, 4, "{engine:?}");
        assert!(!watch.is_finished(), "{engine:?}: signs of life");
        watch.abort();
        let (_, pagination) = client.list_conversations("").await.listed();
        assert_eq!(pagination["total"], 4, "{engine:?}: what was refused was not done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_at_its_limit_blocks_no_other_key() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.request = PATIENCE;
            settings.key_concurrency = 2;
        })
        .await;
        let (client, body) = (server.client(), body(&server));
        let other = server.client_with_key(&server.key(new_api_key(Permissions::all())).await);
        let held = LockedTable::take(server.database(), "conversations").await;

        let sent = [create(&client, &body), create(&client, &body)];
        tokio::time::sleep(AT_ONCE).await;
        let refused = client.get("/api/v1/inboxes").await;
        assert_eq!(refused.headers["retry-after"], "1", "{engine:?}");
        let _refused = refused.refused(503, "SERVICE_UNAVAILABLE");
        let (inboxes, _) = other.get("/api/v1/inboxes").await.listed();
        assert_eq!(inboxes.len(), 1, "{engine:?}");
        held.release().await;

        for each in sent {
            let (reply, _) = each.await.expect("a reply");
            let _made = reply.created();
        }
        let (inboxes, _) = client.get("/api/v1/inboxes").await.listed();
        assert_eq!(inboxes.len(), 1, "{engine:?}: its places are back");
    }
}

/// Sends the beginning of a request.
fn begin(address: SocketAddr, key: &str, body: &str, sent: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(
        stream,
        "POST /api/v1/conversations HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.len(),
        &body[..sent],
    )
    .expect("a beginning");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_take_no_permits() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.request = PATIENCE;
            settings.request_concurrency = 2;
            settings.key_concurrency = 2;
        })
        .await;
        let (client, body) = (server.client(), body(&server));
        let (key, text) = (client.key().expect("a key").to_owned(), body.to_string());

        // One after the other: each needs a place until its body is waited for.
        let slow = (0..100).map(|_| {
            let stream = begin(server.address(), &key, &text, 10);
            std::thread::sleep(Duration::from_millis(2));
            stream
        });
        let slow: Vec<_> = slow.collect();

        for _ in 0..10 {
            let _made = client.create_conversation(&body).await.created();
        }
        drop(slow);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn permits_are_released_when_requests_are_cancelled() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.request = PATIENCE;
            settings.request_concurrency = 4;
            settings.key_concurrency = 2;
        })
        .await;
        let (client, text) = (server.client(), body(&server).to_string());
        let key = client.key().expect("a key").to_owned();
        let held = LockedTable::take(server.database(), "conversations").await;

        let hanging = [0, 1].map(|_| begin(server.address(), &key, &text, text.len()));
        tokio::time::sleep(AT_ONCE).await;
        let full = client.get("/api/v1/inboxes").await;
        let _refused = full.refused(503, "SERVICE_UNAVAILABLE");
        for stream in hanging {
            let no_farewell = Some(Duration::ZERO);
            socket2::SockRef::from(&stream).set_linger(no_farewell).expect("a lingering socket");
        }
        tokio::time::sleep(AT_ONCE).await;

        let (inboxes, _) = client.get("/api/v1/inboxes").await.listed();
        assert_eq!(inboxes.len(), 1, "{engine:?}");
        held.release().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_at_its_limit_blocks_no_other_workspace() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.request = PATIENCE;
            settings.workspace_concurrency = 2;
        })
        .await;
        let (client, body) = (server.client(), body(&server));
        let same = server.client_with_key(&server.key(new_api_key(Permissions::all())).await);
        let other = server.client_of("another").await;
        let held = LockedTable::take(server.database(), "conversations").await;

        let sent = [create(&client, &body), create(&same, &body)];
        tokio::time::sleep(AT_ONCE).await;
        let refused = same.get("/api/v1/inboxes").await;
        assert_eq!(refused.headers["retry-after"], "1", "{engine:?}");
        let message = refused.refused(503, "SERVICE_UNAVAILABLE")["message"].to_string();
        assert!(message.contains("this workspace"), "{engine:?}: {message}");
        let _listed = other.get("/api/v1/inboxes").await.listed();
        held.release().await;

        for each in sent {
            let (reply, _) = each.await.expect("a reply");
            let _made = reply.created();
        }
        let _listed = same.get("/api/v1/inboxes").await.listed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_briefly_for_a_permit() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.request = PATIENCE;
            settings.request_concurrency = 1;
        })
        .await;
        let (client, body) = (server.client(), body(&server));
        let held = LockedTable::take(server.database(), "conversations").await;

        let sent: Vec<_> = (0..4).map(|_| create(&client, &body)).collect();
        tokio::time::sleep(AT_ONCE / 4).await;
        held.release().await;

        for each in sent {
            let (reply, _) = each.await.expect("a reply");
            let _made = reply.created();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_which_little_has_arrived_leave_room_for_others() {
    for engine in Engine::ALL {
        let server = TestServer::start(engine).await;
        let mut idle = Vec::new();
        for _ in 0..4 {
            let key = server.key(new_api_key(Permissions::all())).await;
            for number in 0..64 {
                let mut stream = TcpStream::connect(server.address()).expect("a connection");
                let length = if number % 2 == 0 {
                    "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"nam\r\n".to_owned()
                } else {
                    format!("Content-Length: {}\r\n\r\n{{\"nam", 1 << 20)
                };
                let head = "POST /api/v1/inboxes HTTP/1.1\r\nHost: localhost\r\n\
                            Content-Type: application/json";
                write!(stream, "{head}\r\nX-API-Key: {key}\r\n{length}").expect("a beginning");
                idle.push(stream);
            }
        }
        tokio::time::sleep(AT_ONCE).await;

        let other = server.client_of("another").await;
        let key = other.key().expect("a key").to_owned();
        let body = json!({ "name": "Sales" }).to_string();
        for _ in 0..5 {
            // In two pieces, so that it is waited for.
            let mut stream = TcpStream::connect(server.address()).expect("a connection");
            let head = "POST /api/v1/inboxes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                        Content-Type: application/json";
            let length = body.len();
            write!(stream, "{head}\r\nX-API-Key: {key}\r\nContent-Length: {length}\r\n\r\n")
                .expect("a head");
            tokio::time::sleep(AT_ONCE / 10).await;
            stream.write_all(body.as_bytes()).expect("a body");
            let mut reply = String::new();
            stream.read_to_string(&mut reply).expect("a reply");
            assert!(reply.starts_with("HTTP/1.1 201 "), "{engine:?}: {reply}");
        }
        drop(idle);
    }
}
