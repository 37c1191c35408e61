//! DELETE /conversations/{id}

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, id};

on_both_databases! {
    takes_everything_along,
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

async fn is_not_found_the_second_time(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    assert_eq!(client.delete_conversation(&made).await.status, 200);

    let _error = client.delete_conversation(&made).await.refused(404, "NOT_FOUND");
    let _error = client.delete_conversation(UNKNOWN).await.refused(404, "NOT_FOUND");
}
