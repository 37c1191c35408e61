//! The life of a key: its end, and its last use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestClock, TestServer};
use serde_json::json;

use super::{key, secret, without_secret};
use crate::support::id;

#[tokio::test(flavor = "multi_thread")]
async fn opens_until_its_end_and_again_when_that_is_moved() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let end = "2026-11-22T15:04:06.123Z";
        let new = json!({ "name": "Robot", "permissions": ["read:users"], "expiresAt": end });
        let made = client.create_key(&new).await.created();
        let robot = server.client_with_key(secret(&made));

        clock.advance(Duration::from_millis(999));
        let _let_in = robot.list_users("").await.listed();
        clock.advance(Duration::from_millis(1));
        let reply = robot.list_users("").await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        let _error = reply.refused(401, "API_KEY_EXPIRED");

        // It is there all the same.
        let (listed, _) = client.list_keys("").await.listed();
        assert_eq!(listed[0]["expiresAt"], end);
        let renamed = client.update_key(&id(&made), &json!({ "name": "Other" })).await.ok();
        assert_eq!(renamed["expiresAt"], end);
        let later = json!({ "expiresAt": "2026-11-22T15:04:06.124Z" });
        let _moved = client.update_key(&id(&made), &later).await.ok();
        let _let_in = robot.list_users("").await.listed();
        client.revoke_key(&id(&made)).await.deleted();
        clock.advance(Duration::from_secs(1));
        let _error = robot.list_users("").await.refused(401, "API_KEY_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_has_to_be_in_the_future() {
    for engine in Engine::ALL {
        let server = TestServer::start_with_clock(engine, Arc::new(TestClock::new())).await;
        let client = server.client();
        let made = key(&client, &["read:users"]).await;

        for past in [
            "2026-11-22T15:04:05.123Z",
            "2026-11-22T16:04:05.123+01:00",
            "2026-11-22T15:04:05.122Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
        ] {
            let new = json!({ "name": "a", "permissions": ["read:users"], "expiresAt": past });
            assert_eq!(client.create_key(&new).await.invalid_fields(), ["expiresAt"], "{past}");
            let changes = json!({ "name": "Other", "expiresAt": past });
            let updated = client.update_key(&id(&made), &changes).await;
            assert_eq!(updated.invalid_fields(), ["expiresAt"], "{past}");
        }

        let next = json!({ "expiresAt": "2026-11-22T15:04:05.124Z" });
        assert_eq!(client.get_key(&id(&made)).await.ok(), without_secret(&made));
        assert_eq!(client.list_keys("").await.listed().1["total"], 2);
        let changed = client.update_key(&id(&made), &next).await.ok();
        assert_eq!(changed["expiresAt"], "2026-11-22T15:04:05.124Z");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_last_use_is_known_soon() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with(engine, |settings| {
            settings.clock = clock.clone();
            settings.store_uses_every = Duration::from_millis(50);
        })
        .await;
        let client = server.client();
        let used = key(&client, &["read:users"]).await;
        let unused = key(&client, &["read:users"]).await;
        let robot = server.client_with_key(secret(&used));

        clock.advance(Duration::from_secs(60));
        // A refusal is a use as well: the key was sent.
        let _error = robot.list_keys("").await.refused(403, "INSUFFICIENT_PERMISSIONS");

        let started = Instant::now();
        let shown = loop {
            let shown = client.get_key(&id(&used)).await.ok();
            if !shown["lastUsedAt"].is_null() {
                break shown;
            }
            assert!(started.elapsed() < Duration::from_secs(10), "{shown}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(shown["lastUsedAt"], "2026-11-22T15:05:05.123Z");
        let (listed, _) = client.list_keys("").await.listed();
        assert_eq!(listed[..2], [without_secret(&unused), shown.clone()]);
        let renamed = client.update_key(&id(&used), &json!({ "name": "Other" })).await.ok();
        assert_eq!(renamed["lastUsedAt"], shown["lastUsedAt"]);
    }
}
