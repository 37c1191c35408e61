//! What browsers are told that ask on behalf of pages of other origins.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_domain::Permissions;

use crate::testing::{ID, Reply, Storage, allow, details, send};
use crate::{AdmissionLimits, Cors, Origin};

const DESK: &str = "https://desk.example.com";
const PATH: &str = "/api/v1/conversations";

/// An API that the desk may use, and a page at home.
fn open_to_the_desk() -> Storage {
    let origins = [DESK, "http://localhost:5173"].map(str::parse::<Origin>);
    let cors: Result<Cors, _> = origins.into_iter().collect();
    Storage { cors: cors.expect("origins"), ..Storage::default() }
}

/// What a browser asks before it sends anything.
fn preflight(path: &str, origin: &str) -> TestRequest {
    TestRequest::with_uri(path)
        .method(Method::OPTIONS)
        .append_header(("origin", origin))
        .append_header(("access-control-request-method", "PATCH"))
        .append_header(("access-control-request-headers", "authorization,if-match"))
}

/// All values of a header, as one.
fn every(reply: &Reply, name: &str) -> String {
    let values = reply.headers.get_all(name).map(|value| value.to_str().expect("ASCII"));
    values.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn has_no_cors_headers(reply: &Reply) {
    let told = reply.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(told, None, "{:?}", reply.headers);
}

#[actix_web::test]
async fn cors_is_off_without_origins() {
    let reply = send(Storage::default(), preflight(PATH, DESK)).await;
    reply.refused(401, "AUTH_REQUIRED");
    has_no_cors_headers(&reply);

    let request = TestRequest::get().uri("/health/live").append_header(("origin", DESK));
    let reply = send(Storage::default(), request).await;
    assert_eq!(reply.status, 200);
    has_no_cors_headers(&reply);
    assert!(!reply.headers.contains_key("vary"));
}

#[actix_web::test]
async fn a_preflight_needs_no_key() {
    for path in [PATH, "/api/v1/nothing", "/health/live"] {
        for origin in [DESK, "http://localhost:5173"] {
            let reply = send(open_to_the_desk(), preflight(path, origin)).await;

            assert_eq!(reply.status, 204, "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), origin);
            assert_eq!(
                reply.header("access-control-allow-methods"),
                "GET, HEAD, POST, PUT, PATCH, DELETE"
            );
            assert_eq!(
                reply.header("access-control-allow-headers"),
                "authorization, x-api-key, content-type, if-match, if-none-match, \
                 idempotency-key, last-event-id, x-request-id"
            );
            assert_eq!(reply.header("access-control-max-age"), "7200");
            assert_eq!(
                every(&reply, "vary"),
                "origin, access-control-request-method, access-control-request-headers"
            );
            assert!(!reply.headers.contains_key("access-control-allow-credentials"));
            assert!(!reply.header("x-request-id").is_empty());
        }
    }
}

#[actix_web::test]
async fn an_unlisted_origin_gets_no_cors_headers() {
    for origin in [
        "https://desk.example.com.evil.example",
        "https://evil-desk.example.com",
        "http://desk.example.com",
        "https://desk.example.com:8443",
        "https://DESK.example.com",
        "null",
        "*",
    ] {
        let reply = send(open_to_the_desk(), preflight(PATH, origin)).await;
        assert_eq!(reply.status, 204, "{origin}");
        has_no_cors_headers(&reply);

        let request = TestRequest::get().uri("/health/live").append_header(("origin", origin));
        let reply = send(open_to_the_desk(), request).await;
        has_no_cors_headers(&reply);
        assert_eq!(every(&reply, "vary"), "origin");
    }
    let twice = TestRequest::get().uri("/health/live");
    let twice = twice.append_header(("origin", DESK)).append_header(("origin", DESK));
    has_no_cors_headers(&send(open_to_the_desk(), twice).await);
}

#[actix_web::test]
async fn a_listed_origin_may_read_the_response_and_its_headers() {
    let mut storage = open_to_the_desk();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
    let secret = allow(&mut storage, Permissions::all());
    let request = TestRequest::get().uri(&format!("{PATH}/{ID}")).append_header(("origin", DESK));

    let reply = send(storage, request.append_header(("x-api-key", secret))).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), DESK);
    assert_eq!(
        reply.header("access-control-expose-headers"),
        "allow, etag, link, location, retry-after, www-authenticate, idempotent-replayed, \
         x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id"
    );
    assert_eq!(every(&reply, "vary"), "origin");
}

#[actix_web::test]
async fn a_listed_origin_may_read_every_error() {
    let full = || Storage {
        limits: AdmissionLimits { requests: 0, waiting: 0, ..AdmissionLimits::default() },
        ..open_to_the_desk()
    };
    for (storage, path, status, code) in [
        (open_to_the_desk(), PATH, 401, "AUTH_REQUIRED"),
        (open_to_the_desk(), "/nothing", 404, "NOT_FOUND"),
        (full(), PATH, 503, "SERVICE_UNAVAILABLE"),
    ] {
        let request = TestRequest::get().uri(path).append_header(("origin", DESK));
        let reply = send(storage, request).await;

        reply.refused(status, code);
        assert_eq!(reply.header("access-control-allow-origin"), DESK, "{path}");
    }
    // The storage expects nothing, so the mock panics.
    let mut storage = open_to_the_desk();
    let secret = allow(&mut storage, Permissions::all());
    let request = TestRequest::get().uri("/api/v1/inboxes").append_header(("origin", DESK));
    let reply = send(storage, request.append_header(("x-api-key", secret))).await;
    reply.refused(500, "INTERNAL_ERROR");
    assert_eq!(reply.header("access-control-allow-origin"), DESK);

    // What a browser asks first is answered however much there is to do.
    assert_eq!(send(full(), preflight(PATH, DESK)).await.status, 204);
}

#[actix_web::test]
async fn options_without_an_origin_is_unchanged() {
    for request in [
        TestRequest::with_uri(PATH).method(Method::OPTIONS),
        TestRequest::with_uri(PATH).method(Method::OPTIONS).append_header(("origin", DESK)),
        TestRequest::with_uri(PATH)
            .method(Method::OPTIONS)
            .append_header(("access-control-request-method", "GET")),
    ] {
        send(open_to_the_desk(), request).await.refused(401, "AUTH_REQUIRED");
    }
}
