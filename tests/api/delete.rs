//! DELETE /conversations/{id}

use conversations_testkit::TestServer;
use reqwest::Method;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, id};

on_both_databases! {
    takes_everything_along,
    takes_a_reason_in_the_body_or_in_the_query,
    refuses_a_reason_that_is_wrong,
    refuses_a_body_that_is_no_json,
    is_not_found_the_second_time,
}

async fn takes_everything_along(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "message": { "body": "Hi" } })).await;
    let made = id(&made);
    let (messages, _) = client.list_messages(&made, "").await.listed();
    let message = id(&messages[0]);

    let reply = client.delete_conversation(&made).await;

    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, json!({ "success": true, "message": "The conversation was deleted." }));
    let _gone = client.get_conversation(&made).await.refused(404, "NOT_FOUND");
    let _gone = client.list_messages(&made, "").await.refused(404, "NOT_FOUND");
    let path = format!("/api/v1/conversations/{made}/messages/{message}");
    let _gone = client.get(&path).await.refused(404, "NOT_FOUND");
    let body = json!({ "body": "Hello?", "author": { "type": "system" } });
    let _gone = client.create_message(&made, &body).await.refused(404, "NOT_FOUND");
    let (_, pagination) = client.list_conversations("").await.listed();
    assert_eq!(pagination["total"], 0);
}

async fn takes_a_reason_in_the_body_or_in_the_query(server: &TestServer) {
    let client = server.client();
    let one = id(&conversation(&client, server.inbox(), json!({})).await);
    let other = id(&conversation(&client, server.inbox(), json!({})).await);
    let third = id(&conversation(&client, server.inbox(), json!({})).await);

    let path = format!("/api/v1/conversations/{one}");
    let request =
        client.request(Method::DELETE, &path).json(&json!({ "reason": "ü".repeat(1000) }));
    assert_eq!(client.send(request).await.status, 200);
    let reply = client.delete_conversation(&format!("{other}?reason=asked+for%20it")).await;
    assert_eq!(reply.status, 200);
    let path = format!("/api/v1/conversations/{third}");
    let request = client.request(Method::DELETE, &path).json(&json!({}));
    assert_eq!(client.send(request).await.status, 200);
}

async fn refuses_a_reason_that_is_wrong(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let path = format!("/api/v1/conversations/{made}");
    let delete = |query: &str| client.request(Method::DELETE, &format!("{path}{query}"));

    for (request, wrong) in [
        (delete("").json(&json!({ "reason": "x".repeat(1001) })), "reason"),
        (delete("").json(&json!({ "reason": 5 })), "reason"),
        (delete("").json(&json!({ "why": "because" })), "why"),
        (delete("?reason=a").json(&json!({ "reason": "b" })), "reason"),
        (delete("?reason=%00"), "reason"),
        (delete("?why=because"), "why"),
    ] {
        assert_eq!(client.send(request).await.invalid_fields(), [wrong]);
    }
    let _still_there = client.get_conversation(&made).await.ok();
}

async fn refuses_a_body_that_is_no_json(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let path = format!("/api/v1/conversations/{made}");
    let delete = || client.request(Method::DELETE, &path);

    let plain = client.send(delete().body("reason")).await;
    let broken = client.send(delete().header("content-type", "application/json").body("{")).await;

    let _error = plain.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    let _error = broken.refused(400, "BAD_REQUEST");
    let _still_there = client.get_conversation(&made).await.ok();
}

async fn is_not_found_the_second_time(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    assert_eq!(client.delete_conversation(&made).await.status, 200);

    let _error = client.delete_conversation(&made).await.refused(404, "NOT_FOUND");
    let _error = client.delete_conversation(UNKNOWN).await.refused(404, "NOT_FOUND");
}
