//! GET /audit

use conversations_testkit::{ApiClient, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, by_system, conversation, customer, id, ids, inbox, user};

on_both_databases! {
    starts_with_the_first_key,
    tells_who_did_what_and_why,
    tells_of_every_deletion_and_every_change_of_a_key,
    tells_nothing_of_what_did_not_happen,
    keeps_the_name_that_a_key_had,
    knows_nothing_of_the_content,
    lists_page_by_page,
    takes_nothing_but_get,
}

async fn newest(client: &ApiClient) -> Value {
    let (mut entries, _) = client.list_audit("limit=1").await.listed();
    entries.remove(0)
}

async fn starts_with_the_first_key(server: &TestServer) {
    let client = server.client();
    let (keys, _) = client.list_keys("").await.listed();

    let (entries, pagination) = client.list_audit("").await.listed();

    assert_eq!(pagination, json!({ "total": 1, "page": 1, "limit": 50, "totalPages": 1 }));
    let entry_id = entries[0]["_id"].clone();
    assert_eq!(
        entries,
        [json!({
            "_id": entry_id,
            "action": "key.created",
            "targetId": keys[0]["_id"],
            "reason": null,
            "messageCount": null,
            "by": { "keyId": null, "name": "cli" },
            "requestId": null,
            "createdAt": keys[0]["createdAt"],
        })]
    );
}

async fn tells_who_did_what_and_why(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    for _ in 0..2 {
        let _written = client.create_message(&made, &by_system("a")).await.created();
    }
    let (keys, _) = client.list_keys("").await.listed();

    let path = format!("/api/v1/conversations/{made}");
    let request = client.request(Method::DELETE, &path).header("x-request-id", "my-own");
    client.send(request.json(&json!({ "reason": "asked for\nit" }))).await.deleted();

    let entry = newest(&client).await;
    let (entry_id, at) = (entry["_id"].clone(), entry["createdAt"].clone());
    assert!(at.as_str().is_some_and(|time| time.len() == "2026-11-22T15:04:05.123Z".len()));
    assert_eq!(
        entry,
        json!({
            "_id": entry_id,
            "action": "conversation.deleted",
            "targetId": made,
            "reason": "asked for\nit",
            "messageCount": 2,
            "by": { "keyId": keys[0]["_id"], "name": "admin" },
            "requestId": "my-own",
            "createdAt": at,
        })
    );
}

async fn tells_of_every_deletion_and_every_change_of_a_key(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let message = id(&client.create_message(&made, &by_system("a")).await.created());
    let (ada, eve) =
        (customer(&client, "ada@example.org").await, customer(&client, "eve@example.org").await);
    let grace = user(&client, "grace@example.org").await;
    let sales = inbox(&client, "Sales").await;

    client.delete_message(&made, &message).await.deleted();
    client.delete_conversation(&made).await.deleted();
    client.delete_customer(&ada).await.deleted();
    client.delete_customer(&format!("{eve}?erase=true")).await.deleted();
    client.delete_user(&grace).await.deleted();
    client.delete_inbox(&sales).await.deleted();
    let new = json!({ "name": "Robot", "permissions": ["read:users"] });
    let key = id(&client.create_key(&new).await.created());
    let _renamed = client.update_key(&key, &json!({ "name": "Other" })).await.ok();
    client.revoke_key(&key).await.deleted();

    let (entries, _) = client.list_audit("limit=9").await.listed();
    let told: Vec<_> = entries
        .iter()
        .rev()
        .map(|entry| json!([entry["action"], entry["targetId"], entry["messageCount"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["message.deleted", message, 1]),
            json!(["conversation.deleted", made, 0]),
            json!(["customer.deleted", ada, null]),
            json!(["customer.erased", eve, null]),
            json!(["user.deleted", grace, null]),
            json!(["inbox.deleted", sales, null]),
            json!(["key.created", key, null]),
            json!(["key.updated", key, null]),
            json!(["key.revoked", key, null]),
        ]
    );
    let mut requests: Vec<_> = entries.iter().map(|entry| entry["requestId"].to_string()).collect();
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), 9, "each request has an id of its own: {requests:?}");
}

async fn tells_nothing_of_what_did_not_happen(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({ "customerId": ada })).await);
    let before = client.list_audit("").await.listed();

    let _error = client.delete_customer(&ada).await.refused(409, "CONFLICT");
    let _error = client.delete_inbox(server.inbox()).await.refused(409, "CONFLICT");
    let _error = client.delete_user(UNKNOWN).await.refused(404, "NOT_FOUND");
    let _error = client.delete_message(&made, UNKNOWN).await.refused(404, "NOT_FOUND");
    let _error = client.delete_conversation(UNKNOWN).await.refused(404, "NOT_FOUND");
    let erase = client.delete_customer(&format!("{UNKNOWN}?erase=true")).await;
    let _error = erase.refused(404, "NOT_FOUND");
    let _error = client.revoke_key(UNKNOWN).await.refused(404, "NOT_FOUND");
    let refused = client.delete_conversation(&format!("{made}?reason=%00")).await;
    assert_eq!(refused.invalid_fields(), ["reason"]);

    // Nor of changes of anything but keys, which have a history or none.
    let _changed = client.update_customer(&ada, &json!({ "tier": "gold" })).await.ok();
    let _changed = client.update_conversation(&made, &json!({ "status": "closed" })).await.ok();
    assert_eq!(client.list_audit("").await.listed(), before);
}

async fn keeps_the_name_that_a_key_had(server: &TestServer) {
    let admin = server.client();
    let permissions = ["write:users", "write:inboxes"];
    let new = json!({ "name": "Robot", "permissions": permissions });
    let key = admin.create_key(&new).await.created();
    let robot = server.client_with_key(key["key"].as_str().expect("a secret"));
    let grace = user(&robot, "grace@example.org").await;

    robot.delete_user(&grace).await.deleted();
    let _renamed = admin.update_key(&id(&key), &json!({ "name": "Other" })).await.ok();
    admin.revoke_key(&id(&key)).await.deleted();

    let (entries, _) = admin.list_audit("limit=3").await.listed();
    assert_eq!(entries[2]["action"], "user.deleted");
    assert_eq!(entries[2]["by"], json!({ "keyId": key["_id"], "name": "Robot" }));
    assert_eq!(entries[0]["by"]["name"], "admin");
}

async fn knows_nothing_of_the_content(server: &TestServer) {
    let client = server.client();
    let fields = json!({
        "subject": "needle", "labels": ["needle"],
        "customer": { "profile": { "firstName": "needle", "email": "needle@example.org" } },
        "message": { "body": "needle" },
    });
    let made = conversation(&client, server.inbox(), fields).await;
    let needle = inbox(&client, "needle").await;
    let user = user(&client, "needle@example.org").await;

    let (messages, _) = client.list_messages(&id(&made), "").await.listed();
    client.delete_message(&id(&made), &id(&messages[0])).await.deleted();
    let erased = format!("{}?erase=true", id(&made["customerId"]));
    client.delete_customer(&erased).await.deleted();
    client.delete_inbox(&needle).await.deleted();
    client.delete_user(&user).await.deleted();

    let (entries, _) = client.list_audit("").await.listed();
    assert_eq!(entries.len(), 6);
    assert!(!json!(entries).to_string().contains("needle"), "{entries:?}");
}

async fn lists_page_by_page(server: &TestServer) {
    let client = server.client();
    let mut targets = Vec::new();
    for number in 0..4 {
        let sales = inbox(&client, &number.to_string()).await;
        client.delete_inbox(&sales).await.deleted();
        targets.insert(0, sales);
    }
    let (all, _) = client.list_audit("").await.listed();

    let (page, pagination) = client.list_audit("limit=2&page=2").await.listed();

    assert_eq!(pagination, json!({ "total": 5, "page": 2, "limit": 2, "totalPages": 3 }));
    assert_eq!(ids(&page), ids(&all)[2..4]);
    assert_eq!(page[0]["targetId"], targets[2].as_str());
    let (past, pagination) = client.list_audit("limit=2&page=4").await.listed();
    assert_eq!((past, &pagination["total"]), (vec![], &json!(5)));
    for (query, wrong) in
        [("action=key.created", vec!["action"]), ("page=0&limit=101", vec!["limit", "page"])]
    {
        assert_eq!(client.list_audit(query).await.invalid_fields(), wrong);
    }
}

async fn takes_nothing_but_get(server: &TestServer) {
    let client = server.client();
    let entry = id(&newest(&client).await);

    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let reply = client.send(client.request(method, "/api/v1/audit")).await;
        assert_eq!(reply.headers["allow"], "GET, HEAD");
        let _error = reply.refused(405, "METHOD_NOT_ALLOWED");
    }
    for method in [Method::GET, Method::DELETE] {
        let request = client.request(method, &format!("/api/v1/audit/{entry}"));
        let _error = client.send(request).await.refused(404, "NOT_FOUND");
    }
}
