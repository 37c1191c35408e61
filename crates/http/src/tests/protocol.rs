//! What holds for every request: paths, methods, headers, ids, sizes, panics.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;

use crate::testing::{ID, Storage, call, details, send};

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

/// A storage with one conversation and no inboxes.
fn storage() -> Storage {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
    storage.inboxes.expect_list().returning(|_, window| Ok(window.slice(Vec::new(), 0)));
    storage
}

#[actix_web::test]
async fn health_needs_no_key() {
    for path in ["/health/live", "/health/ready", "/api/v1/health"] {
        let reply = send(Storage::default(), get(path)).await;

        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.body, json!({ "status": "ok" }));
        assert_eq!(reply.header("content-type"), "application/json");
    }
}

#[actix_web::test]
async fn without_its_storage_the_service_lives_but_is_not_ready() {
    let storage = || Storage { unready: true, ..Storage::default() };

    assert_eq!(send(storage(), get("/health/live")).await.status, 200);
    let reply = send(storage(), get("/health/ready")).await;

    reply.refused(503, "SERVICE_UNAVAILABLE");
    assert_eq!(reply.header("retry-after"), "1");
}

#[actix_web::test]
async fn with_a_full_storage_the_service_is_ready_and_says_so() {
    let storage = || Storage { full: true, ..Storage::default() };

    let reply = send(storage(), get("/health/ready")).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["status"], "degraded");
    assert!(reply.body["reason"].as_str().is_some_and(|reason| reason.contains("full")));
    assert_eq!(send(storage(), get("/health/live")).await.body, json!({ "status": "ok" }));
}

#[actix_web::test]
async fn a_path_that_is_not_there_is_a_404_and_below_the_api_a_401_first() {
    for path in [
        "/nothing",
        "/docs/mod.rs",
        "/api",
        "/api/v1health",
        "//api/v1/users",
        "/API/v1/users",
        "/health/",
    ] {
        send(Storage::default(), get(path)).await.refused(404, "NOT_FOUND");
    }
    for path in ["/api/v1", "/api/v1/", "/api/v1/users/", "/api/v1/health/", "/api/v1/Users"] {
        send(Storage::default(), get(path)).await.refused(401, "AUTH_REQUIRED");
        call(Storage::default(), get(path)).await.refused(404, "NOT_FOUND");
    }
}

#[actix_web::test]
async fn a_wrong_method_names_the_right_ones() {
    let one = format!("/api/v1/conversations/{ID}");
    let messages = format!("{one}/messages");
    let message = format!("{messages}/{ID}");
    let history = format!("{one}/history");
    let key = format!("/api/v1/keys/{ID}");

    for (path, allow) in [
        ("/api/v1/conversations", "GET, HEAD, POST"),
        (one.as_str(), "GET, HEAD, PUT, PATCH, DELETE"),
        (messages.as_str(), "GET, HEAD, POST"),
        (message.as_str(), "GET, HEAD, DELETE"),
        (history.as_str(), "GET, HEAD"),
        (key.as_str(), "GET, HEAD, PATCH, DELETE"),
        ("/api/v1/audit", "GET, HEAD"),
        ("/api/v1/events", "GET, HEAD"),
        ("/api/v1/events/stream", "GET, HEAD"),
        ("/api/v1/health", "GET, HEAD"),
    ] {
        for method in [Method::TRACE, Method::OPTIONS, Method::from_bytes(b"PURGE").expect("one")] {
            let request = TestRequest::with_uri(path).method(method);
            let reply = call(Storage::default(), request).await;

            reply.refused(405, "METHOD_NOT_ALLOWED");
            assert_eq!(reply.header("allow"), allow, "{path}");
        }
    }
}

#[actix_web::test]
async fn head_is_answered_as_get_is() {
    for path in ["/api/v1/inboxes", "/health/live"] {
        let reply = call(storage(), TestRequest::with_uri(path).method(Method::HEAD)).await;

        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), "application/json");
    }
}

#[actix_web::test]
async fn every_response_has_its_headers() {
    for (path, cache_control) in [
        // A list has an ETag, so it may be kept as long as it is asked for again.
        ("/api/v1/inboxes", "private, no-cache"),
        ("/api/v1/nothing", "no-store"),
        ("/health/live", "no-store"),
        ("/nothing", "no-store"),
    ] {
        let reply = call(storage(), get(path).append_header(("x-request-id", "mine-1"))).await;

        assert_eq!(reply.header("x-request-id"), "mine-1");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("cache-control"), cache_control);
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("content-security-policy"), "default-src 'none'");
    }
}

#[actix_web::test]
async fn an_id_that_is_none_is_replaced() {
    let reply = call(storage(), get("/health/live").append_header(("x-request-id", "a b"))).await;

    assert_eq!(reply.header("x-request-id"), "01a203c9-2b03-0000-0000-000000000007");
}

#[actix_web::test]
async fn a_panic_is_an_error_like_any_other() {
    // The storage expects nothing, so the mock panics.
    let reply = call(Storage::default(), get("/api/v1/inboxes")).await;

    assert_eq!(*reply.refused(500, "INTERNAL_ERROR"), json!({}));
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn a_body_that_turns_out_too_large_is_refused_too() {
    let body = |length: usize| format!("{{\"name\": \"{}\"}}", "x".repeat(length - 12));
    let request = |length| {
        let request = TestRequest::post().uri("/api/v1/inboxes").set_payload(body(length));
        request.insert_header(("content-type", "application/json"))
    };

    call(Storage::default(), request((1 << 20) + 1)).await.refused(413, "PAYLOAD_TOO_LARGE");
    call(Storage::default(), request(1 << 20)).await.refused(422, "VALIDATION_ERROR");
}
