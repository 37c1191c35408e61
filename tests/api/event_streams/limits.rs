//! How many streams there may be, how long they last, and what they cost others.

use std::time::{Duration, Instant};

use conversations_domain::Permissions;
use conversations_testkit::{Engine, TestServer, new_api_key};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::opened;
use crate::support::{by_system, conversation, id, user};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_stream_sends_its_position() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.streams.heartbeat = SHORT;
        })
        .await;
        let client = server.client();
        let (stream, open) = client.stream_events("types=inbox.*").await.opened().await;
        let mut stream = stream;
        assert_eq!(open.data["heartbeat"], 0.2);

        let frame = stream.next().await.expect("a frame");
        assert_eq!((frame.event.as_str(), &frame.id), ("feed.bookmark", &open.id), "{engine:?}");
        assert_eq!(frame.data, json!({ "cursor": open.id }));

        // It also moves past events that are left out.
        let _user = user(&client, "grace@example.org").await;
        let (_, latest) = opened(&client, "").await;
        let began = Instant::now();
        loop {
            let frame = stream.next().await.expect("a frame");
            assert_eq!(frame.event, "feed.bookmark", "{engine:?}");
            if frame.id == latest {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{engine:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_stream_ends_after_its_key_is_revoked() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.streams.heartbeat = SHORT;
        })
        .await;
        let admin = server.client();
        let order = json!({ "name": "robot", "permissions": ["read:users"] });
        let made = admin.post("/api/v1/keys", &order).await.created();
        let secret = made["key"].as_str().expect("the secret");
        let (mut stream, _) = opened(&server.client_with_key(secret), "").await;

        admin.delete(&format!("/api/v1/keys/{}", id(&made))).await.deleted();

        let close = stream.event().await;
        assert_eq!(close.data, json!({ "reason": "key" }), "{engine:?}");
        assert_eq!(stream.next().await, None, "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_after_its_lifetime() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.streams.lifetime = Duration::from_secs(1);
        })
        .await;
        let client = server.client();
        let (mut stream, at) = opened(&client, "").await;

        let close = stream.event().await;

        assert_eq!(close.event, "feed.close", "{engine:?}");
        assert_eq!((close.data, close.id), (json!({ "reason": "lifetime" }), at), "{engine:?}");
        assert_eq!(stream.next().await, None, "{engine:?}");
    }
}

/// HTTP/1.0, which some proxies speak, has no chunks.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_over_http_1_0_ends_with_its_connection() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.streams.lifetime = Duration::from_secs(1);
        })
        .await;
        let secret = server.key(new_api_key(Permissions::all())).await;
        let mut connection = TcpStream::connect(server.address()).await.expect("a connection");
        let request = format!(
            "GET /api/v1/events/stream HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\
             X-API-Key: {secret}\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await.expect("sent");

        let mut reply = String::new();
        connection.read_to_string(&mut reply).await.expect("the end of the connection");

        let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.0 200 OK"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(!head.contains("transfer-encoding") && !head.contains("content-length"), "{head}");
        assert!(!head.contains("keep-alive"), "{head}");
        assert!(body.starts_with("event: feed.open\nretry: "), "{body}");
        let last = body.trim_end().split("\n\n").last().expect("a frame");
        assert!(last.starts_with("event: feed.close\ndata: {\"reason\":\"lifetime\"}\n"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_limited_per_key() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.streams.key_streams = 2;
        })
        .await;
        let client = server.client();
        let (one, at) = opened(&client, "").await;
        let waiting = {
            let client = client.clone();
            tokio::spawn(async move { client.list_events("after=latest&wait=30").await })
        };
        tokio::time::sleep(Duration::from_millis(500)).await;

        let refused = client.get("/api/v1/events/stream").await;
        assert!(refused.headers.contains_key("retry-after"), "{engine:?}");
        let _refused = refused.refused(429, "TOO_MANY_STREAMS");
        let refused = client.list_events("after=latest&wait=5").await;
        let _refused = refused.refused(429, "TOO_MANY_STREAMS");
        let _page = client.list_events("").await.ok();
        // A client that comes back is told in the stream, because many do not survive a refusal.
        let mut full = client.stream_events_after("", Some(&at)).await;
        let close = full.event().await;
        assert_eq!(close.data, json!({ "reason": "overloaded" }), "{engine:?}");
        assert!(close.retry.is_some_and(|retry| retry >= 10_000), "{close:?}");
        assert_eq!(close.id, at, "{engine:?}");
        assert_eq!(full.next().await, None, "{engine:?}");
        let (_other, _) = opened(&server.client_of("elsewhere").await, "").await;

        drop(one);
        let began = Instant::now();
        loop {
            let request = client.request(Method::GET, "/api/v1/events/stream");
            if request.send().await.expect("a reply").status() == 200 {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{engine:?}: the place is not free");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        waiting.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_limited_per_process() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.streams.streams = 16;
        })
        .await;
        let client = server.client();
        let mut streams = Vec::new();
        for _ in 0..16 {
            streams.push(opened(&client, "").await);
        }

        let refused = client.get("/api/v1/events/stream").await;
        let _refused = refused.refused(503, "SERVICE_UNAVAILABLE");
        let back = client.stream_events_after("", Some(&streams[0].1)).await;
        let (_back, open) = back.opened().await;
        assert_eq!(open.id, streams[0].1, "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_take_no_place_from_other_requests() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.request_concurrency = 2;
            settings.limits.request = Duration::from_secs(1);
            settings.limits.connections = 5;
        })
        .await;
        let client = server.client();
        let mut streams = Vec::new();
        for _ in 0..30 {
            streams.push(opened(&client, "").await.0);
        }
        // Longer than a request may take.
        tokio::time::sleep(Duration::from_secs(2)).await;

        let began = Instant::now();
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        assert!(began.elapsed() < Duration::from_secs(2), "{engine:?}");
        for stream in &mut streams {
            assert_eq!(stream.event().await.data["subject"]["_id"], made.as_str(), "{engine:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_closes_its_streams() {
    for engine in Engine::ALL {
        let server = TestServer::start(engine).await;
        let client = server.client();
        let (mut stream, at) = opened(&client, "").await;

        let began = Instant::now();
        let stopped = tokio::task::spawn_blocking(move || drop(server.stop()));

        let close = stream.event().await;
        assert_eq!((close.event.as_str(), close.id), ("feed.close", at), "{engine:?}");
        assert_eq!(close.data, json!({ "reason": "shutdown" }), "{engine:?}");
        assert_eq!(stream.next().await, None, "{engine:?}");
        stopped.await.expect("an end");
        assert!(began.elapsed() < Duration::from_secs(5), "{engine:?}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_cursors_reset_a_stream() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.events_keep = Duration::from_secs(2);
        })
        .await;
        let client = server.client();
        let (_, first) = opened(&client, "").await;
        let _old = conversation(&client, server.inbox(), json!({})).await;
        let began = Instant::now();
        while client.list_events("").await.ok() != Value::Array(Vec::new()) {
            assert!(began.elapsed() < Duration::from_secs(30), "{engine:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }

        let (mut stream, open) = client.stream_events_after("", Some(&first)).await.opened().await;
        assert_eq!(open.id, first, "{engine:?}");
        let reset = stream.event().await;
        assert_eq!(reset.event, "feed.reset", "{engine:?}");
        assert_eq!(reset.data["reason"], "expired", "{engine:?}");
    }
}

/// Many events that are longer than what the system keeps for a connection.
async fn write_much(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let long = "a ".repeat(32_000);
    for _ in 0..150 {
        let _sent = client.create_message(&made, &by_system(&long)).await.created();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_delays_neither_others_nor_the_end() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| settings.workers = Some(1)).await;
        let client = server.client();
        let (_, at) = opened(&client, "").await;
        write_much(&server).await;
        let mut silent = Vec::new();
        for _ in 0..5 {
            silent.push(client.stream_events(&format!("after={at}")).await);
        }
        let (mut stream, _) = opened(&client, "").await;
        tokio::time::sleep(Duration::from_secs(1)).await;

        let began = Instant::now();
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        assert_eq!(stream.event().await.data["subject"]["_id"], made.as_str(), "{engine:?}");
        assert!(began.elapsed() < Duration::from_secs(3), "{engine:?}: {:?}", began.elapsed());
        drop(stream);
        let began = Instant::now();
        tokio::task::spawn_blocking(move || drop(server.stop())).await.expect("an end");
        assert!(began.elapsed() < Duration::from_secs(5), "{engine:?}: {:?}", began.elapsed());
        drop(silent);
    }
}
