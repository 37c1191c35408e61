//! What an open stream may send follows its key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, TestClock, TestServer};
use serde_json::{Value, json};

use super::opened;
use crate::support::{conversation, customer, id, user};

on_both_databases! {
    a_stream_sends_what_its_key_may_read,
    a_revoked_key_gets_no_event,
    a_stream_of_another_server_ends_within_a_second_of_the_revocation,
    narrowed_permissions_apply_at_once,
}

async fn made_key(admin: &ApiClient, permissions: &[&str]) -> (String, String) {
    let order = json!({ "name": "robot", "permissions": permissions });
    let made = admin.post("/api/v1/keys", &order).await.created();
    (id(&made), made["key"].as_str().expect("the secret").to_owned())
}

async fn a_stream_sends_what_its_key_may_read(server: &TestServer) {
    let admin = server.client();
    let reader = server.client_allowed(&[Permission::ReadConversations]).await;
    let (mut all, _) = opened(&admin, "").await;
    let (mut some, _) = opened(&reader, "").await;

    let ada = customer(&admin, "ada@example.org").await;
    let fields = json!({ "customerId": ada });
    let made = id(&conversation(&admin, server.inbox(), fields).await);

    assert_eq!(all.event().await.event, "customer.created");
    let event = all.event().await;
    assert_eq!(event.data["data"]["customerId"]["profile"]["email"], "ada@example.org");
    let event = some.event().await;
    assert_eq!(event.data["subject"]["_id"], made.as_str());
    assert_eq!(event.data["data"]["customerId"], json!({ "_id": ada }));

    let stranger = server.client_allowed(&[Permission::WriteConversations]).await;
    let error = stranger.get("/api/v1/events/stream").await;
    let error = error.refused(403, "INSUFFICIENT_PERMISSIONS");
    let any_of = ["read:conversations", "read:customers", "read:inboxes", "read:users"];
    assert_eq!(error["details"]["required"], json!(any_of));
    let _refused =
        server.anonymous().get("/api/v1/events/stream").await.refused(401, "AUTH_REQUIRED");
}

async fn a_revoked_key_gets_no_event(server: &TestServer) {
    let admin = server.client();
    let (key, secret) = made_key(&admin, &["read:conversations"]).await;
    let (mut stream, _) = opened(&server.client_with_key(&secret), "").await;
    let _seen = conversation(&admin, server.inbox(), json!({})).await;
    assert_eq!(stream.event().await.event, "conversation.created");

    admin.delete(&format!("/api/v1/keys/{key}")).await.deleted();
    let _unseen = conversation(&admin, server.inbox(), json!({})).await;

    let close = stream.event().await;
    assert_eq!((close.event.as_str(), close.data), ("feed.close", json!({ "reason": "key" })));
    assert_eq!(stream.next().await, None);
}

async fn a_stream_of_another_server_ends_within_a_second_of_the_revocation(server: &TestServer) {
    let other = server.start_beside().await;
    let admin = server.client();
    let (key, secret) = made_key(&admin, &["read:users"]).await;
    let (mut stream, _) = opened(&other.client_with_key(&secret), "").await;
    let _seen = user(&admin, "first@example.org").await;
    assert_eq!(stream.event().await.event, "user.created");

    admin.delete(&format!("/api/v1/keys/{key}")).await.deleted();
    let revoked = Instant::now();
    let writer = tokio::spawn(async move {
        for number in 0.. {
            let _unseen = user(&admin, &format!("u{number}@example.org")).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });

    loop {
        let frame = stream.event().await;
        if frame.event == "feed.close" {
            assert_eq!(frame.data["reason"], "key");
            break;
        }
        // The frame was sent somewhat before it is seen here.
        assert!(revoked.elapsed() < Duration::from_millis(1_500), "{frame:?}");
    }
    writer.abort();
}

async fn narrowed_permissions_apply_at_once(server: &TestServer) {
    let admin = server.client();
    let all = ["read:conversations", "read:customers", "read:users"];
    let (key, secret) = made_key(&admin, &all).await;
    let (mut stream, _) = opened(&server.client_with_key(&secret), "").await;
    let ada = customer(&admin, "ada@example.org").await;
    assert_eq!(stream.event().await.event, "customer.created");
    let key = format!("/api/v1/keys/{key}");
    let allow = async |permissions: Value| {
        let _changed = admin.patch(&key, &json!({ "permissions": permissions })).await.ok();
    };

    allow(json!(["read:conversations"])).await;
    let _unseen = customer(&admin, "bob@example.org").await;
    let with_ada = json!({ "customerId": ada });
    let _made = conversation(&admin, server.inbox(), with_ada).await;
    let event = stream.event().await;
    assert_eq!(event.event, "conversation.created");
    assert_eq!(event.data["data"]["customerId"], json!({ "_id": ada }));

    allow(json!(["read:users"])).await;
    let _unseen = conversation(&admin, server.inbox(), json!({})).await;
    let grace = user(&admin, "grace@example.org").await;
    assert_eq!(stream.event().await.data["subject"]["_id"], grace.as_str());

    allow(json!(["write:users"])).await;
    let _unseen = user(&admin, "alan@example.org").await;
    let close = stream.event().await;
    assert_eq!((close.event.as_str(), &close.data["reason"]), ("feed.close", &json!("key")));
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_gets_no_event() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let admin = server.client();
        let end = "2026-11-22T15:04:06.123Z";
        let order = json!({ "name": "robot", "permissions": ["read:users"], "expiresAt": end });
        let made = admin.create_key(&order).await.created();
        let secret = made["key"].as_str().expect("the secret");
        let (mut stream, _) = opened(&server.client_with_key(secret), "").await;
        let _seen = user(&admin, "first@example.org").await;
        assert_eq!(stream.event().await.event, "user.created", "{engine:?}");

        clock.advance(Duration::from_secs(1));
        let _unseen = user(&admin, "second@example.org").await;

        let close = stream.event().await;
        assert_eq!(close.data, json!({ "reason": "key" }), "{engine:?}");
    }
}
