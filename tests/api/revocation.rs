//! A revoked key is refused within a second, on every node.

use std::time::{Duration, Instant};

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::id;

on_both_databases! { a_revoked_key_is_refused_on_every_node_within_a_second }

async fn a_revoked_key_is_refused_on_every_node_within_a_second(server: &TestServer) {
    let other = server.start_beside().await;
    let order = json!({ "name": "robot", "permissions": ["read:conversations"] });
    let made = server.client().post("/api/v1/keys", &order).await.created();
    let secret = made["key"].as_str().expect("the secret");
    let nodes = [server.client_with_key(secret), other.client_with_key(secret)];
    for node in &nodes {
        let _let_in = node.list_conversations("").await.listed();
    }

    let revoked = server.client().delete(&format!("/api/v1/keys/{}", id(&made))).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");

    // Where it was revoked, at once.
    let _refused = nodes[0].list_conversations("").await.refused(401, "API_KEY_INVALID");
    let started = Instant::now();
    loop {
        let reply = nodes[1].list_conversations("").await;
        if reply.status == 401 {
            let _refused = reply.refused(401, "API_KEY_INVALID");
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(1), "{reply:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
