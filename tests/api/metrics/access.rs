//! Where metrics are, and what they tell of those who were refused.

use std::collections::BTreeMap;

use conversations_domain::RateLimit;
use conversations_testkit::{Engine, TestServer};
use reqwest::Method;
use serde_json::json;

use super::{anywhere, counted, metrics, start};
use crate::support::{by_system, conversation, id};

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_answered_when_nothing_else_is() {
    let server = TestServer::start_with(Engine::Sqlite, |settings| {
        settings.metrics_listen = Some(anywhere());
        settings.request_concurrency = 0;
    })
    .await;
    for _ in 0..5 {
        let _refused =
            server.client().list_conversations("").await.refused(503, "SERVICE_UNAVAILABLE");
    }

    let full = metrics(&server).await;

    let refused = full.by("conversations_http_requests_refused_total", ["reason"]);
    let expected =
        [("bodies", 0.0), ("key", 0.0), ("process", 5.0), ("replies", 0.0), ("workspace", 0.0)];
    assert_eq!(
        refused,
        BTreeMap::from(expected.map(|(reason, count)| ([reason.to_owned()], count)))
    );
    assert_eq!(counted(&full), BTreeMap::from([("GET /api/v1/conversations 503".to_owned(), 5.0)]));
    assert_eq!(full.sum("conversations_http_places"), 0.0);
    assert_eq!(full.sum("conversations_http_requests_in_flight"), 0.0);

    let limited = TestServer::start_with(Engine::Sqlite, |settings| {
        settings.metrics_listen = Some(anywhere());
        settings.key_concurrency = 0;
    })
    .await;
    let _refused =
        limited.client().list_conversations("").await.refused(503, "SERVICE_UNAVAILABLE");
    let limited = metrics(&limited).await;
    let by_key = limited.by("conversations_http_requests_refused_total", ["reason"]);
    assert_eq!(by_key[&["key".to_owned()]], 1.0);
    assert_eq!(
        counted(&limited),
        BTreeMap::from([("GET /api/v1/conversations 503".to_owned(), 1.0)])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_for_a_rate_is_counted() {
    let limit: RateLimit = "1/h".parse().expect("a limit");
    let server = TestServer::start_with(Engine::Sqlite, |settings| {
        settings.metrics_listen = Some(anywhere());
        settings.rate_limits.per_key = Some(limit);
        settings.rate_limits.auth_failures = Some(limit);
    })
    .await;

    let (client, stranger) = (server.client(), server.anonymous());
    let _listed = client.list_users("").await.listed();
    let _refused = stranger.list_users("").await.refused(401, "AUTH_REQUIRED");
    for _ in 0..2 {
        let _refused = client.list_users("").await.refused(429, "RATE_LIMIT_EXCEEDED");
    }
    let _refused = stranger.list_users("").await.refused(429, "RATE_LIMIT_EXCEEDED");

    let by = metrics(&server).await.by("conversations_http_rate_limited_total", ["by"]);
    let expected = [("address", 1.0), ("key", 2.0)];
    assert_eq!(by, BTreeMap::from(expected.map(|(by, count)| ([by.to_owned()], count))));
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_nowhere_unless_somebody_says_where() {
    let silent = TestServer::start(Engine::Sqlite).await;
    assert_eq!(silent.metrics_address(), None);
    let server = start(Engine::Sqlite).await;
    for server in [&silent, &server] {
        let _refused = server.client().get("/metrics").await.refused(404, "NOT_FOUND");
    }

    // No metric contains a message or its author.
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "subject": "canary" })).await;
    let _made = client.create_message(&id(&made), &by_system("canary")).await.created();
    let base = format!("http://{}", server.metrics_address().expect("an address"));
    let text = reqwest::get(format!("{base}/metrics")).await.expect("a reply");
    let text = text.text().await.expect("a text");
    for secret in ["canary", "default", client.key().expect("a key"), &id(&made)] {
        assert!(!text.contains(secret), "{secret}");
    }

    let http = reqwest::Client::new();
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/api/v1/conversations", 404),
        (Method::HEAD, "/metrics", 200),
        (Method::POST, "/metrics", 405),
    ] {
        let reply = http.request(method, format!("{base}{path}")).send().await.expect("a reply");
        assert_eq!(reply.status(), status, "{path}");
    }
}
