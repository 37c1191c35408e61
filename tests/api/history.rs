//! GET /conversations/{id}/history

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestClock, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, by_system, conversation, customer, id, inbox, user};

on_both_databases! {
    tells_every_change_of_an_update,
    tells_what_was_cleared,
    tells_who_it_was_and_what_they_were_called,
    tells_of_a_customers_message_that_reopens,
    is_empty_where_nothing_changed,
    is_of_one_conversation_alone,
    lists_page_by_page,
    names_every_invalid_parameter,
    is_not_found_for_an_unknown_id,
}

async fn history(client: &ApiClient, conversation: &str) -> Vec<Value> {
    let (entries, pagination) = client.list_history(conversation, "limit=100").await.listed();
    assert_eq!(pagination["total"], entries.len());
    entries
}

/// Which field changed, from what, to what.
fn change(entry: &Value) -> Value {
    json!([entry["field"], entry["from"], entry["to"]])
}

fn changes(entries: &[Value]) -> Vec<Value> {
    entries.iter().map(change).collect()
}

async fn tells_every_change_of_an_update(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let sales = inbox(&client, "Sales").await;
    let made = id(&conversation(&client, server.inbox(), json!({ "labels": ["a"] })).await);

    let update = json!({
        "subject": " Lamp ", "status": "closed", "priority": "urgent", "assignedTo": grace,
        "inboxId": sales, "labels": ["b", "a"], "customerId": ada,
    });
    let _updated = client.update_conversation(&made, &update).await.ok();

    let mut entries = history(&client, &made).await;
    entries.sort_unstable_by_key(|entry| entry["field"].as_str().map(str::to_owned));
    assert_eq!(
        changes(&entries),
        [
            json!(["assignedTo", null, grace]),
            json!(["customerId", null, ada]),
            json!(["inboxId", server.inbox(), sales]),
            json!(["labels", ["a"], ["b", "a"]]),
            json!(["priority", "medium", "urgent"]),
            json!(["status", "open", "closed"]),
            json!(["subject", "Refund", "Lamp"]),
        ]
    );
}

async fn tells_what_was_cleared(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({ "labels": ["a"] })).await);
    let _assigned = client.update_conversation(&made, &json!({ "assignedTo": grace })).await.ok();

    let _cleared = client.update_conversation(&made, &json!({ "assignedTo": null })).await.ok();
    let _cleared = client.update_conversation(&made, &json!({ "labels": null })).await.ok();

    let entries = history(&client, &made).await;
    assert_eq!(
        changes(&entries),
        [
            json!(["assignedTo", null, grace]),
            json!(["assignedTo", grace, null]),
            json!(["labels", ["a"], []]),
        ]
    );
}

async fn tells_who_it_was_and_what_they_were_called(server: &TestServer) {
    let admin = server.client();
    let made = id(&conversation(&admin, server.inbox(), json!({})).await);
    let new = json!({ "name": "Robot", "permissions": ["write:conversations"] });
    let key = admin.create_key(&new).await.created();
    let robot = server.client_with_key(key["key"].as_str().expect("a secret"));

    let _closed = robot.update_conversation(&made, &json!({ "status": "closed" })).await.ok();
    let _renamed = admin.update_key(&id(&key), &json!({ "name": "Other" })).await.ok();
    admin.revoke_key(&id(&key)).await.deleted();

    let [entry] = &history(&admin, &made).await[..] else { panic!("one change") };
    let (entry_id, at) = (entry["_id"].clone(), entry["createdAt"].clone());
    assert_eq!(
        *entry,
        json!({
            "_id": entry_id,
            "conversationId": made,
            "field": "status",
            "from": "open",
            "to": "closed",
            "by": { "keyId": key["_id"], "name": "Robot" },
            "createdAt": at,
        })
    );
}

async fn tells_of_a_customers_message_that_reopens(server: &TestServer) {
    let client = server.client();
    let made =
        id(&conversation(&client, server.inbox(), json!({ "message": { "body": "a" } })).await);
    let by_customer = json!({ "body": "b", "author": { "type": "customer" } });

    let _open = client.create_message(&made, &by_customer).await.created();
    assert_eq!(history(&client, &made).await, Vec::<Value>::new());
    for status in ["pending", "closed"] {
        let _set = client.update_conversation(&made, &json!({ "status": status })).await.ok();
        let _note = client.create_message(&made, &by_system("c")).await.created();
        let message = client.create_message(&made, &by_customer).await.created();

        let entries = history(&client, &made).await;
        let [.., set, reopened] = &entries[..] else { panic!("two changes at least") };
        assert_eq!(change(set), json!(["status", "open", status]));
        assert_eq!(change(reopened), json!(["status", status, "open"]));
        assert_eq!(reopened["createdAt"], message["createdAt"]);
        assert_eq!(reopened["by"], set["by"]);
    }
    assert_eq!(history(&client, &made).await.len(), 4);
}

async fn is_empty_where_nothing_changed(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let fields = json!({ "labels": ["a"], "message": { "body": "a" } });
    let made = id(&conversation(&client, server.inbox(), fields).await);
    let refused = json!({ "status": "closed", "assignedTo": UNKNOWN });

    let same = json!({ "subject": "Refund ", "status": "open", "labels": [" a "] });
    let _same = client.update_conversation(&made, &same).await.ok();
    let _refused = client.update_conversation(&made, &refused).await.invalid_fields();
    client.delete_user(&grace).await.deleted();

    let (entries, pagination) = client.list_history(&made, "").await.listed();
    assert_eq!(entries, Vec::<Value>::new());
    assert_eq!(pagination, json!({ "total": 0, "page": 1, "limit": 50, "totalPages": 0 }));
}

async fn is_of_one_conversation_alone(server: &TestServer) {
    let client = server.client();
    let one = id(&conversation(&client, server.inbox(), json!({})).await);
    let other = id(&conversation(&client, server.inbox(), json!({})).await);

    let _changed = client.update_conversation(&one, &json!({ "priority": "low" })).await.ok();
    let _changed = client.update_conversation(&other, &json!({ "status": "closed" })).await.ok();

    let entries = history(&client, &one).await;
    assert_eq!(changes(&entries), [json!(["priority", "medium", "low"])]);
    client.delete_conversation(&one).await.deleted();
    let _gone = client.list_history(&one, "").await.refused(404, "NOT_FOUND");
    let entries = history(&client, &other).await;
    assert_eq!(changes(&entries), [json!(["status", "open", "closed"])]);
}

async fn lists_page_by_page(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({ "subject": "0" })).await);
    for number in 1..=5 {
        let subject = json!({ "subject": number.to_string() });
        let _changed = client.update_conversation(&made, &subject).await.ok();
    }

    let (page, pagination) = client.list_history(&made, "limit=2&page=2").await.listed();
    assert_eq!(changes(&page), [json!(["subject", "2", "3"]), json!(["subject", "3", "4"])]);
    assert_eq!(pagination, json!({ "total": 5, "page": 2, "limit": 2, "totalPages": 3 }));
    let (past, pagination) = client.list_history(&made, "limit=2&page=4").await.listed();
    assert_eq!(past, Vec::<Value>::new());
    assert_eq!(pagination["total"], 5);
}

async fn names_every_invalid_parameter(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    for (query, wrong) in [
        ("page=0&limit=101", vec!["limit", "page"]),
        ("field=status", vec!["field"]),
        ("page=1&page=1", vec!["page"]),
    ] {
        assert_eq!(client.list_history(&made, query).await.invalid_fields(), wrong);
    }
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let _error = client.list_history(UNKNOWN, "").await.refused(404, "NOT_FOUND");
    let _error = client.list_history(&made.to_uppercase(), "").await.refused(404, "NOT_FOUND");
    let post = client.request(Method::POST, &format!("/api/v1/conversations/{made}/history"));
    let reply = client.send(post).await;
    assert_eq!(reply.headers["allow"], "GET, HEAD");
    let _error = reply.refused(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_oldest_first_for_every_kind_of_change() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let grace = user(&client, "grace@example.org").await;
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        let update = async |changes: Value| {
            clock.advance(Duration::from_secs(1));
            client.update_conversation(&made, &changes).await.ok()
        };

        let assigned = update(json!({ "assignedTo": grace })).await;
        let closed = update(json!({ "status": "closed" })).await;
        clock.advance(Duration::from_secs(1));
        client.delete_user(&grace).await.deleted();
        let unassigned = client.get_conversation(&made).await.ok();
        let pending = update(json!({ "status": "pending" })).await;

        let entries = history(&client, &made).await;
        for (entry, changed) in entries.iter().zip([assigned, closed, unassigned, pending]) {
            assert_eq!(entry["createdAt"], changed["updatedAt"]);
        }
        let told: Vec<_> =
            entries.iter().map(|entry| json!([entry["createdAt"], entry["field"]])).collect();
        assert_eq!(
            told,
            [
                json!(["2026-11-22T15:04:06.123Z", "assignedTo"]),
                json!(["2026-11-22T15:04:07.123Z", "status"]),
                json!(["2026-11-22T15:04:08.123Z", "assignedTo"]),
                json!(["2026-11-22T15:04:09.123Z", "status"]),
            ]
        );
    }
}
