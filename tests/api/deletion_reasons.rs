//! Every DELETE takes a reason, in the body or in the query; the audit keeps it.

use std::collections::BTreeSet;

use conversations_http::operations;
use conversations_testkit::{ApiClient, TestServer};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, inbox, user};

on_both_databases! {
    a_reason_comes_in_the_body_or_in_the_query,
    a_reason_that_is_wrong_stops_the_deletion,
    a_body_that_is_no_json_stops_the_deletion,
    the_second_deletion_finds_nothing,
}

/// Every path that can be deleted.
const DELETIONS: [&str; 7] = [
    "/api/v1/conversations/{id}",
    "/api/v1/conversations/{id}/messages/{messageId}",
    "/api/v1/customers/{id}",
    "/api/v1/inboxes/{id}",
    "/api/v1/keys/{id}",
    "/api/v1/users/{id}",
    "/api/v1/webhooks/{id}",
];

#[test]
fn the_table_lists_every_deletion() {
    let routed: BTreeSet<_> = operations()
        .into_iter()
        .filter(|operation| operation.method.as_str() == "DELETE")
        .map(|operation| operation.path)
        .collect();

    assert_eq!(routed, DELETIONS.map(str::to_owned).into());
}

/// Makes what can be deleted at such a path: the path with its ids, and its own id.
async fn make(server: &TestServer, client: &ApiClient, pattern: &str) -> (String, String) {
    let thread = async || id(&conversation(client, server.inbox(), json!({})).await);
    let made = match pattern {
        "/api/v1/conversations/{id}" => thread().await,
        "/api/v1/conversations/{id}/messages/{messageId}" => {
            let thread = thread().await;
            let made = id(&client.create_message(&thread, &by_system("a")).await.created());
            return (pattern.replace("{id}", &thread).replace("{messageId}", &made), made);
        }
        "/api/v1/customers/{id}" => customer(client, "ada@example.org").await,
        "/api/v1/inboxes/{id}" => inbox(client, "Sales").await,
        "/api/v1/keys/{id}" => {
            let new = json!({ "name": "Robot", "permissions": ["read:users"] });
            id(&client.create_key(&new).await.created())
        }
        "/api/v1/users/{id}" => user(client, "grace@example.org").await,
        "/api/v1/webhooks/{id}" => {
            let new = json!({
                "name": "Robot", "url": "https://receiver.invalid/", "events": ["*"],
                "isActive": false,
            });
            id(&client.post("/api/v1/webhooks", &new).await.created())
        }
        pattern => panic!("{pattern} is unknown here"),
    };
    (pattern.replace("{id}", &made), made)
}

fn with_body(client: &ApiClient, path: &str, body: &Value) -> RequestBuilder {
    client.request(Method::DELETE, path).json(body)
}

async fn a_reason_comes_in_the_body_or_in_the_query(server: &TestServer) {
    let client = server.client();
    let longest = "ü".repeat(1000);
    let in_query = format!("?reason={}", "%C3%BC".repeat(1000));

    for pattern in DELETIONS {
        for (query, body, reason) in [
            ("", Some(json!({ "reason": longest })), json!(longest)),
            (in_query.as_str(), None, json!(longest)),
            ("", Some(json!({ "reason": " a\n👍 " })), json!(" a\n👍 ")),
            ("?reason=asked+for%20it%2B", None, json!("asked for it+")),
            ("?reason=asked", Some(json!({})), json!("asked")),
            ("", Some(json!({ "reason": null })), Value::Null),
            ("", None, Value::Null),
        ] {
            let (path, target) = make(server, &client, pattern).await;
            let mut request = client.request(Method::DELETE, &format!("{path}{query}"));
            if let Some(body) = &body {
                request = request.json(body);
            }
            client.send(request).await.deleted();

            let (entries, _) = client.list_audit("limit=1").await.listed();
            assert_eq!(entries[0]["targetId"], target.as_str(), "{pattern}");
            assert_eq!(entries[0]["reason"], reason, "{pattern}");
        }
    }
}

async fn a_reason_that_is_wrong_stops_the_deletion(server: &TestServer) {
    let client = server.client();
    let reason = |reason: Value| Some(json!({ "reason": reason }));
    let longer = format!("?reason={}", "%C3%BC".repeat(1001));

    for pattern in DELETIONS {
        let (path, _) = make(server, &client, pattern).await;
        let before = client.get(&path).await.ok();
        let (audit, _) = client.list_audit("").await.listed();

        for (query, body, wrong) in [
            ("", reason(json!("x".repeat(1001))), vec!["reason"]),
            ("", reason(json!(5)), vec!["reason"]),
            ("", reason(json!("a\u{0}b")), vec!["reason"]),
            ("", reason(json!("a\u{1b}b")), vec!["reason"]),
            ("", Some(json!({ "why": "because" })), vec!["why"]),
            ("?reason=a", reason(json!("b")), vec!["reason"]),
            ("?reason=a", reason(json!("a")), vec!["reason"]),
            ("?reason=%00", None, vec!["reason"]),
            ("?reason=", None, vec!["reason"]),
            ("?reason=a&reason=a", None, vec!["reason"]),
            ("?why=because", None, vec!["why"]),
            ("?force=true", Some(json!({ "why": 1 })), vec!["force", "why"]),
            (longer.as_str(), None, vec!["reason"]),
        ] {
            let mut request = client.request(Method::DELETE, &format!("{path}{query}"));
            if let Some(body) = &body {
                request = request.json(body);
            }
            let fields = client.send(request).await.invalid_fields();
            assert_eq!(fields, wrong, "{pattern}{query} {body:?}");
        }
        assert_eq!(client.get(&path).await.ok(), before);
        assert_eq!(client.list_audit("").await.listed().0, audit);
    }
}

async fn a_body_that_is_no_json_stops_the_deletion(server: &TestServer) {
    let client = server.client();

    for pattern in DELETIONS {
        let (path, _) = make(server, &client, pattern).await;
        let before = client.get(&path).await.ok();
        let delete = || client.request(Method::DELETE, &path);
        let json = ("content-type", "application/json");

        let plain = client.send(delete().body("reason")).await;
        let _error = plain.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        for body in ["{", "[]", "null", "\"reason\"", "{\"reason\": \"\\ud800\"}"] {
            let broken = client.send(delete().header(json.0, json.1).body(body)).await;
            let _error = broken.refused(400, "BAD_REQUEST");
        }
        let twice = delete().header(json.0, json.1).body(r#"{"reason": "a", "reason": "b"}"#);
        assert_eq!(client.send(twice).await.invalid_fields(), ["reason"]);
        let large = with_body(&client, &path, &json!({ "reason": "x".repeat(1_048_577) }));
        let _error = client.send(large).await.refused(413, "PAYLOAD_TOO_LARGE");
        assert_eq!(client.get(&path).await.ok(), before);
    }
}

async fn the_second_deletion_finds_nothing(server: &TestServer) {
    let client = server.client();

    for pattern in DELETIONS {
        let (path, target) = make(server, &client, pattern).await;
        client.send(with_body(&client, &path, &json!({ "reason": "a" }))).await.deleted();

        let again = client.send(with_body(&client, &path, &json!({ "reason": "b" }))).await;
        let error = again.refused(404, "NOT_FOUND");
        assert_eq!(error["details"], json!({}));
        let _gone = client.get(&path).await.refused(404, "NOT_FOUND");

        let (entries, _) = client.list_audit("").await.listed();
        let told = entries.iter().filter(|entry| entry["targetId"] == target.as_str());
        let told: Vec<_> =
            told.filter(|entry| !entry["action"].to_string().contains(".created")).collect();
        assert_eq!(told.len(), 1, "{pattern}");
        assert_eq!(told[0]["reason"], "a", "{pattern}");
    }
}
