//! Who a key lets in.

use conversations_application::keys::KeySecret;
use conversations_testkit::{ApiClient, TestServer};
use reqwest::Method;
use serde_json::json;

on_both_databases! {
    both_headers_for_a_key_work_alike,
    every_operation_without_a_key_gets_a_401,
    every_invalid_key_gets_the_same_401,
    health_needs_no_key,
}

const PATH: &str = "/api/v1/conversations";

async fn ask(client: &ApiClient, headers: &[(&str, &str)]) -> conversations_testkit::Reply {
    let mut request = client.request(Method::GET, PATH);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

async fn both_headers_for_a_key_work_alike(server: &TestServer) {
    let client = server.client();
    let key = client.key().expect("a key");
    let stranger = server.anonymous();

    for headers in [
        vec![("authorization", format!("Bearer {key}"))],
        vec![("authorization", format!("bEARER   {key}  "))],
        vec![("x-api-key", key.to_owned())],
        vec![("x-api-key", key.to_owned()), ("authorization", format!("Bearer {key}"))],
        vec![("x-api-key", key.to_owned()), ("authorization", "Basic dXNlcjpwYXNz".to_owned())],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (listed, _) = ask(&stranger, &headers).await.listed();
        assert!(listed.is_empty());
    }
}

async fn every_operation_without_a_key_gets_a_401(server: &TestServer) {
    let stranger = server.anonymous();

    for (method, path) in [
        (Method::GET, PATH),
        (Method::DELETE, PATH),
        (Method::GET, "/api/v1/nothing"),
        (Method::GET, "/api/v1/"),
        (Method::POST, "/api/v1/conversations/x/messages"),
    ] {
        let reply = stranger.send(stranger.request(method, path)).await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        let _error = reply.refused(401, "AUTH_REQUIRED");
    }
    for no_key in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer "] {
        let reply = ask(&stranger, &[("authorization", no_key)]).await;
        let _error = reply.refused(401, "AUTH_REQUIRED");
    }
    let reply = stranger.get(&format!("{PATH}?key=sk_live_x")).await;
    let _error = reply.refused(401, "AUTH_REQUIRED");
}

async fn every_invalid_key_gets_the_same_401(server: &TestServer) {
    let client = server.client();
    let key = client.key().expect("a key");
    let unknown = KeySecret::generate().expect("random bits");
    let bearer = format!("Bearer {key}");
    let long = format!("Bearer {}", "x".repeat(10_000));
    let stranger = server.anonymous();

    let mut messages = Vec::new();
    for headers in [
        vec![("authorization", "Bearer nonsense")],
        vec![("authorization", long.as_str())],
        vec![("x-api-key", unknown.expose_secret())],
        vec![("x-api-key", unknown.expose_secret()), ("authorization", bearer.as_str())],
        vec![("authorization", bearer.as_str()), ("authorization", bearer.as_str())],
    ] {
        let reply = ask(&stranger, &headers).await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        messages.push(reply.refused(401, "API_KEY_INVALID")["message"].clone());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "one answer for all: {messages:?}");
}

async fn health_needs_no_key(server: &TestServer) {
    let stranger = server.anonymous();

    for path in ["/health/live", "/health/ready", "/api/v1/health"] {
        let reply = stranger.get(path).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!(stranger.get("/api/v1/health").await.body, json!({ "status": "ok" }));
}
