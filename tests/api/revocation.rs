//! A revoked key is refused within a second, on every node.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::id;

on_both_databases! {
    a_revoked_key_is_refused_on_every_node_within_a_second,
    a_request_that_is_held_open_does_not_outlive_its_key,
}

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

async fn a_request_that_is_held_open_does_not_outlive_its_key(server: &TestServer) {
    let admin = server.client();
    for change in ["revoked", "weakened"] {
        let order = json!({ "name": "robot", "permissions": ["write:keys", "read:audit"] });
        let made = admin.post("/api/v1/keys", &order).await.created();
        let path = format!("/api/v1/keys/{}", id(&made));
        let body = json!({ "name": "heir", "permissions": ["write:keys"] }).to_string();
        let (first, rest) = body.split_at(1);
        let mut held = TcpStream::connect(server.address()).expect("a connection");
        write!(
            held,
            "POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             X-API-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
            made["key"].as_str().expect("the secret"),
            body.len(),
        )
        .expect("a beginning");
        tokio::time::sleep(Duration::from_millis(300)).await;

        let reply = match change {
            "revoked" => admin.delete(&path).await,
            _ => admin.patch(&path, &json!({ "permissions": ["read:audit"] })).await,
        };
        assert_eq!(reply.status, 200, "{reply:?}");
        tokio::time::sleep(Duration::from_millis(400)).await;
        held.write_all(rest.as_bytes()).expect("the rest");

        let mut answer = String::new();
        held.read_to_string(&mut answer).expect("an answer");
        let refused = if change == "revoked" { "HTTP/1.1 401 " } else { "HTTP/1.1 503 " };
        assert!(answer.starts_with(refused), "{change}: {answer}");
        let (keys, _) = admin.get("/api/v1/keys").await.listed();
        assert!(keys.iter().all(|key| key["name"] != "heir"), "{change}: {keys:?}");
    }
}
