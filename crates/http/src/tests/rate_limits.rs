//! Rate limits, with a time that stands still until a test moves it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::test::TestRequest;
use conversations_application::keys::KeySecret;
use conversations_domain::{ApiKey, KeyId, Permissions, RateLimit};
use serde_json::json;
use uuid::Uuid;

use crate::limits::{RateLimitSettings, RateLimits};
use crate::testing::{ID, NOW, Reply, Storage, key, send_to, services};
use crate::{Services, TrustedProxy};

const WHERE: &str = "198.51.100.7:4711";

/// Services that know two keys, and no users.
struct Limited {
    services: Services,
    secrets: [KeySecret; 2],
    millis: Arc<AtomicU64>,
}

/// The keys have these limits of their own.
fn limited(settings: RateLimitSettings, own: [Option<RateLimit>; 2]) -> Limited {
    let secrets = [(); 2].map(|()| KeySecret::generate().expect("random bits"));
    let hashes = secrets.each_ref().map(KeySecret::hash);
    let mut storage = Storage::default();
    storage.keys.expect_find_by_hash().returning(move |asked| {
        let place = hashes.iter().position(|hash| *hash == asked);
        Ok(place.map(|place| {
            let id = KeyId::from_uuid(Uuid::from_u128(place as u128));
            ApiKey { id, rate_limit: own[place], ..key(Permissions::all()) }
        }))
    });
    storage.users.expect_list().returning(|_, _, window| Ok(window.slice(Vec::new(), 0)));

    let millis = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&millis);
    let elapsed = move || Duration::from_millis(clock.load(Ordering::Relaxed));
    let limits = Arc::new(RateLimits::with_time(settings, Box::new(elapsed)));
    Limited { services: Services { limits, ..services(storage) }, secrets, millis }
}

/// Every key has this limit.
fn per_key(limit: &str) -> RateLimitSettings {
    RateLimitSettings { per_key: limit.parse().ok(), ..RateLimitSettings::default() }
}

/// Every address may fail this often; 10.0.0.0/8 are proxies.
fn failures(limit: &str) -> RateLimitSettings {
    let trusted_proxies = vec!["10.0.0.0/8".parse::<TrustedProxy>().expect("a network")];
    let auth_failures = limit.parse().ok();
    RateLimitSettings { auth_failures, trusted_proxies, ..RateLimitSettings::default() }
}

impl Limited {
    async fn send(&self, whose: usize, request: TestRequest) -> Reply {
        let secret = self.secrets[whose].expose_secret();
        self.stranger(request.insert_header(("x-api-key", secret)), WHERE).await
    }

    async fn list(&self, whose: usize) -> Reply {
        self.send(whose, list()).await
    }

    async fn stranger(&self, request: TestRequest, from: &str) -> Reply {
        let from: SocketAddr = from.parse().expect("an address");
        send_to(self.services.clone(), request.peer_addr(from)).await
    }

    fn pass(&self, millis: u64) {
        self.millis.fetch_add(millis, Ordering::Relaxed);
    }
}

fn list() -> TestRequest {
    TestRequest::get().uri("/api/v1/users")
}

/// What the headers say: the limit, what remains, and in how many seconds it is full again.
#[track_caller]
fn rate_limit_state(reply: &Reply) -> [i64; 3] {
    let number = |name| reply.header(name).parse::<i64>().expect("a number");
    let reset = number("x-ratelimit-reset") - NOW / 1000;
    [number("x-ratelimit-limit"), number("x-ratelimit-remaining"), reset]
}

fn is_silent(reply: &Reply) -> bool {
    reply.headers.keys().all(|name| !name.as_str().starts_with("x-ratelimit"))
}

#[actix_web::test]
async fn nothing_is_limited_unless_said() {
    let limited = limited(RateLimitSettings::default(), [None; 2]);

    for _ in 0..100 {
        let reply = limited.list(0).await;
        assert!(reply.status == 200 && is_silent(&reply), "{:?}", reply.headers);
        let reply = limited.stranger(list(), WHERE).await;
        reply.refused(401, "AUTH_REQUIRED");
        assert!(is_silent(&reply), "{:?}", reply.headers);
    }
}

#[actix_web::test]
async fn a_key_may_do_so_much_and_then_has_to_wait_as_long_as_it_is_told() {
    let limited = limited(per_key("2/min"), [None; 2]);

    assert_eq!(rate_limit_state(&limited.list(0).await), [2, 1, 31]);
    assert_eq!(rate_limit_state(&limited.list(0).await), [2, 0, 61]);
    limited.pass(1);
    for _ in 0..3 {
        let refused = limited.list(0).await;
        assert_eq!(*refused.refused(429, "RATE_LIMIT_EXCEEDED"), json!({}));
        assert_eq!(refused.header("retry-after"), "30");
        assert_eq!(rate_limit_state(&refused), [2, 0, 61]);
    }
    limited.pass(30_000 - 2);
    limited.list(0).await.refused(429, "RATE_LIMIT_EXCEEDED");
    limited.pass(1);
    assert_eq!(limited.list(0).await.status, 200);
}

#[actix_web::test]
async fn a_key_is_untouched_by_what_another_does() {
    let limited = limited(per_key("1/h"), [None; 2]);

    limited.list(0).await.data(200);
    limited.list(0).await.refused(429, "RATE_LIMIT_EXCEEDED");

    assert_eq!(rate_limit_state(&limited.list(1).await), [1, 0, 3601]);
}

#[actix_web::test]
async fn the_limit_of_a_key_goes_before_that_of_the_server() {
    let own = ["1/h", "100/s"].map(|text| text.parse().ok());
    for settings in [RateLimitSettings::default(), per_key("2/min")] {
        let limited = limited(settings, own);

        assert_eq!(rate_limit_state(&limited.list(0).await)[..2], [1, 0]);
        limited.list(0).await.refused(429, "RATE_LIMIT_EXCEEDED");
        for left in (90..100).rev() {
            assert_eq!(rate_limit_state(&limited.list(1).await)[..2], [100, left]);
        }
    }
}

#[actix_web::test]
async fn every_answer_to_a_limited_key_tells_of_the_limit() {
    let limited = limited(per_key("9/min"), [None; 2]);
    let mut left = 9;

    // A storage that was not told what to expect panics: that is a 500.
    for (request, status) in [
        (list(), 200),
        (TestRequest::get().uri("/api/v1/nothing"), 404),
        (TestRequest::get().uri("/api/v1/users/nobody"), 404),
        (TestRequest::delete().uri("/api/v1/users"), 405),
        (TestRequest::post().uri("/api/v1/users"), 415),
        (TestRequest::post().uri("/api/v1/users").set_json(json!([])), 400),
        (TestRequest::post().uri("/api/v1/users").set_json(json!({})), 422),
        (TestRequest::get().uri(&format!("/api/v1/users/{ID}")), 500),
        (TestRequest::default().method(actix_web::http::Method::HEAD).uri("/api/v1/users"), 200),
        (list(), 429),
        (TestRequest::get().uri("/api/v1/nothing"), 429),
        (TestRequest::delete().uri("/api/v1/users"), 429),
    ] {
        let reply = limited.send(0, request).await;

        left = (left - 1).max(0);
        assert_eq!(reply.status, status, "{}", reply.body);
        assert_eq!(rate_limit_state(&reply)[..2], [9, left], "{}", reply.body);
    }
}

#[actix_web::test]
async fn the_limit_comes_after_the_announced_size_and_the_key_and_before_the_route() {
    let limited = limited(per_key("1/h"), [None; 2]);
    let nowhere = || TestRequest::post().uri("/api/v1/nothing");
    limited.list(0).await.data(200);

    let large = nowhere().insert_header(("content-length", "1048577"));
    limited.send(0, large).await.refused(413, "PAYLOAD_TOO_LARGE");
    limited.stranger(nowhere(), WHERE).await.refused(401, "AUTH_REQUIRED");
    limited.send(0, nowhere()).await.refused(429, "RATE_LIMIT_EXCEEDED");
}

#[actix_web::test]
async fn what_needs_no_key_is_not_limited() {
    let limited = limited(per_key("1/h"), [None; 2]);

    for _ in 0..3 {
        for path in ["/health/live", "/health/ready", "/api/v1/health", "/nothing"] {
            let reply = limited.send(0, TestRequest::get().uri(path)).await;
            assert!(reply.status != 429 && is_silent(&reply), "{path}");
        }
    }
}

#[actix_web::test]
async fn an_address_that_fails_too_often_has_to_wait_and_a_key_opens_all_the_same() {
    let limited = limited(failures("2/min"), [None; 2]);
    let wrong = || list().insert_header(("x-api-key", "sk_live_wrong"));

    for left in [1, 0] {
        let reply = limited.stranger(wrong(), WHERE).await;
        reply.refused(401, "API_KEY_INVALID");
        assert_eq!(rate_limit_state(&reply)[..2], [2, left]);
    }
    for request in [wrong(), list(), TestRequest::get().uri("/api/v1/nothing")] {
        let reply = limited.stranger(request, WHERE).await;
        reply.refused(429, "RATE_LIMIT_EXCEEDED");
        assert_eq!(reply.header("retry-after"), "30");
        assert_eq!(rate_limit_state(&reply), [2, 0, 61]);
    }

    let reply = limited.list(0).await;
    assert!(reply.status == 200 && is_silent(&reply), "{:?}", reply.headers);
    limited.stranger(wrong(), "198.51.100.8:4711").await.refused(401, "API_KEY_INVALID");
    limited.pass(30_000);
    limited.stranger(wrong(), WHERE).await.refused(401, "API_KEY_INVALID");
}

#[actix_web::test]
async fn storage_that_cannot_say_whose_a_key_is_fails_nobody() {
    let mut storage = Storage::default();
    storage.keys.expect_find_by_hash().returning(|_| {
        Err(conversations_application::ports::RepositoryError::Unavailable("gone".into()))
    });
    let limits = Arc::new(RateLimits::new(failures("1/h")));
    let services = Services { limits, ..services(storage) };
    let secret = KeySecret::generate().expect("random bits");

    for _ in 0..3 {
        let request = list().insert_header(("x-api-key", secret.expose_secret()));
        send_to(services.clone(), request).await.refused(503, "SERVICE_UNAVAILABLE");
    }
}

#[actix_web::test]
async fn a_client_behind_a_proxy_counts_by_its_own_address() {
    let limited = limited(failures("1/h"), [None; 2]);
    let behind = |client: &str| list().insert_header(("x-forwarded-for", client));

    for client in ["203.0.113.1", "203.0.113.2", "2001:db8::1", "2001:db8:0:1::1"] {
        limited.stranger(behind(client), "10.0.0.1:80").await.refused(401, "AUTH_REQUIRED");
    }
    for client in ["203.0.113.1", "2001:db8::2"] {
        let reply = limited.stranger(behind(client), "10.0.0.2:80").await;
        reply.refused(429, "RATE_LIMIT_EXCEEDED");
    }
}

#[actix_web::test]
async fn nobody_but_a_proxy_is_believed() {
    let limited = limited(failures("1/h"), [None; 2]);
    let claiming = |client: &str| list().insert_header(("x-forwarded-for", client));

    limited.stranger(claiming("203.0.113.1"), WHERE).await.refused(401, "AUTH_REQUIRED");

    let again = limited.stranger(claiming("203.0.113.2"), WHERE).await;
    again.refused(429, "RATE_LIMIT_EXCEEDED");
    let other = limited.stranger(claiming("203.0.113.1"), "198.51.100.8:1").await;
    other.refused(401, "AUTH_REQUIRED");
}
