//! PUT and PATCH /conversations/{id}

use std::time::Duration;

use conversations_testkit::{Engine, TestClock, TestServer};
use serde_json::json;

use crate::support::{UNKNOWN, conversation, customer, id, inbox, user};

on_both_databases! {
    put_and_patch_change_what_is_there_and_keep_the_rest,
    null_clears_the_assignee,
    closing_and_reopening_move_the_time_of_closing,
    an_unchanged_update_changes_nothing,
    a_customer_is_set_once,
    names_every_invalid_field,
    names_every_invalid_reference,
    refuses_null_for_required_fields,
    refuses_a_body_without_a_field,
    is_not_found_for_an_unknown_id,
}

async fn put_and_patch_change_what_is_there_and_keep_the_rest(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let sales = inbox(&client, "Sales").await;
    let made = conversation(&client, server.inbox(), json!({ "channel": "chat" })).await;
    let path = format!("/api/v1/conversations/{}", id(&made));

    let put = client.put(&path, &json!({ "priority": "urgent", "assignedTo": grace })).await.ok();
    let patched = client.patch(&path, &json!({ "subject": " Lamp ", "inboxId": sales })).await.ok();

    assert_eq!(put["subject"], "Refund");
    assert_eq!(put["priority"], "urgent");
    assert_eq!(put["assignedTo"]["_id"], grace.as_str());
    assert_eq!(patched["subject"], "Lamp");
    assert_eq!(patched["inboxId"], sales.as_str());
    assert_eq!(patched["priority"], "urgent");
    assert_eq!(patched["channel"], "chat");
    assert_eq!(patched["assignedTo"]["_id"], grace.as_str());
    assert_eq!(client.get(&path).await.ok(), patched);
}

async fn null_clears_the_assignee(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let _assigned = client.update_conversation(&made, &json!({ "assignedTo": grace })).await.ok();

    let cleared = client.update_conversation(&made, &json!({ "assignedTo": null })).await.ok();

    assert_eq!(cleared["assignedTo"], json!(null));
    assert_eq!(client.get_conversation(&made).await.ok(), cleared);
    let (listed, _) = client.list_conversations("assignedTo=none").await.listed();
    assert_eq!(listed, [cleared]);
}

async fn closing_and_reopening_move_the_time_of_closing(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let closed = client.update_conversation(&made, &json!({ "status": "closed" })).await.ok();
    let renamed = client.update_conversation(&made, &json!({ "subject": "Lamp" })).await.ok();
    let pending = client.update_conversation(&made, &json!({ "status": "pending" })).await.ok();

    assert_eq!(closed["closedAt"], closed["updatedAt"]);
    assert_eq!(renamed["closedAt"], closed["closedAt"]);
    assert_eq!(pending["closedAt"], json!(null));
    assert_eq!(client.get_conversation(&made).await.ok(), pending);
}

async fn an_unchanged_update_changes_nothing(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({})).await;
    let same = json!({
        "subject": " Refund ", "status": "open", "priority": "medium", "assignedTo": null,
        "inboxId": server.inbox(), "labels": [],
    });

    let updated = client.update_conversation(&id(&made), &same).await.ok();

    assert_eq!(updated, made);
}

async fn a_customer_is_set_once(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let eve = customer(&client, "eve@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let set = client.update_conversation(&made, &json!({ "customerId": ada })).await.ok();
    let again = client.update_conversation(&made, &json!({ "customerId": ada })).await.ok();
    let other = client.update_conversation(&made, &json!({ "customerId": eve })).await;

    assert_eq!(set["customerId"]["_id"], ada.as_str());
    assert_eq!(again, set);
    let error = other.refused(409, "CONFLICT");
    assert!(error["details"]["customerId"].is_array(), "{error}");
    assert_eq!(client.get_conversation(&made).await.ok(), set);
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({})).await;
    let wrong = json!({
        "subject": "x".repeat(256), "status": "asleep", "priority": "5", "assignedTo": "me",
        "inboxId": "", "customerId": "1", "labels": ["a", "b,c"],
    });

    let mut fields = client.update_conversation(&id(&made), &wrong).await.invalid_fields();

    fields.sort_unstable();
    assert_eq!(
        fields,
        ["assignedTo", "customerId", "inboxId", "labels[1]", "priority", "status", "subject"]
    );
    assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
}

async fn names_every_invalid_reference(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({})).await;
    let wrong = json!({ "assignedTo": UNKNOWN, "inboxId": UNKNOWN, "customerId": UNKNOWN });

    let mut fields = client.update_conversation(&id(&made), &wrong).await.invalid_fields();

    fields.sort_unstable();
    assert_eq!(fields, ["assignedTo", "customerId", "inboxId"]);
    assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
}

async fn refuses_null_for_required_fields(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    for field in ["subject", "status", "priority", "inboxId", "customerId"] {
        let reply = client.update_conversation(&made, &json!({ field: null })).await;
        assert_eq!(reply.invalid_fields(), [field]);
    }
}

async fn refuses_a_body_without_a_field(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let reply = client.update_conversation(&made, &json!({})).await;

    assert_eq!(reply.invalid_fields().len(), 1);
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    let client = server.client();

    // The fields come first, then the conversation, then what the fields refer to.
    let _error =
        client.update_conversation(UNKNOWN, &json!({ "status": "asleep" })).await.invalid_fields();
    let _error = client
        .update_conversation(UNKNOWN, &json!({ "inboxId": UNKNOWN }))
        .await
        .refused(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_moves_the_time_and_the_making_does_not() {
    for engine in Engine::ALL {
        let clock = std::sync::Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let made = conversation(&client, server.inbox(), json!({})).await;
        clock.advance(Duration::from_millis(1_500));

        let changed =
            client.update_conversation(&id(&made), &json!({ "status": "pending" })).await.ok();

        assert_eq!(made["createdAt"], "2026-11-22T15:04:05.123Z");
        assert_eq!(changed["createdAt"], made["createdAt"]);
        assert_eq!(changed["updatedAt"], "2026-11-22T15:04:06.623Z");
    }
}
