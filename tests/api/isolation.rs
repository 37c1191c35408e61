//! What another workspace has: the same answers as for what never was, in paths, in lists, in
//! filters and in bodies, and whatever is tried, it stays as it is.

mod references;

use conversations_http::operations;
use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, by_system, conversation, id, inbox, user};

on_both_databases! {
    in_a_path_a_foreign_id_is_not_found,
    ones_own_conversation_leads_to_no_foreign_message,
    lists_show_ones_own_alone,
}

/// What another workspace has, by its ids.
struct Foreign {
    conversation: String,
    message: String,
    customer: String,
    user: String,
    inbox: String,
    key: String,
    webhook: String,
}

/// Fills another workspace with something of each kind, with history and audit.
async fn foreign(server: &TestServer) -> (ApiClient, Foreign) {
    let client = server.client_of("elsewhere").await;
    let inbox = inbox(&client, "Elsewhere").await;
    let ada = json!({
        "profile": { "firstName": "Ada Elsewhere", "email": "ada@elsewhere.example" },
        "tags": ["theirs", "shared"],
    });
    let customer = id(&client.create_customer(&ada).await.created());
    let user = user(&client, "grace@elsewhere.example").await;
    let fields = json!({
        "customerId": customer,
        "labels": ["theirs", "shared"],
        "message": { "body": "a secret" },
    });
    let made = id(&conversation(&client, &inbox, fields).await);
    let changes = json!({ "assignedTo": user, "priority": "high" });
    let _changed = client.update_conversation(&made, &changes).await.ok();
    let (messages, _) = client.list_messages(&made, "").await.listed();
    let message = id(&messages[0]);
    let gone = id(&client.create_message(&made, &by_system("gone")).await.created());
    client.delete_message(&made, &gone).await.deleted();
    let key = json!({ "name": "Theirs", "permissions": ["read:conversations"] });
    let key = id(&client.create_key(&key).await.created());
    let webhook = json!({
        "name": "Theirs", "url": "https://receiver.invalid", "events": ["*"], "isActive": false,
    });
    let webhook = id(&client.create_webhook(&webhook).await.created());
    (client, Foreign { conversation: made, message, customer, user, inbox, key, webhook })
}

/// Everything in a workspace, as its own client sees it.
async fn everything(client: &ApiClient) -> Vec<Value> {
    let mut lists: Vec<_> =
        ["customers", "users", "inboxes", "keys", "webhooks", "audit"].map(str::to_owned).into();
    let (conversations, _) = client.list_conversations("").await.listed();
    for each in &conversations {
        let path = format!("conversations/{}", id(each));
        lists.extend([format!("{path}/messages"), format!("{path}/history")]);
    }
    let mut all = conversations;
    for list in lists {
        let (mut items, _) = client.get(&format!("/api/v1/{list}?limit=100")).await.listed();
        for item in &mut items {
            // A key is used by looking, too.
            let _last_use = item.as_object_mut().and_then(|fields| fields.remove("lastUsedAt"));
        }
        all.extend(items);
    }
    all.push(client.list_events("limit=500").await.ok());
    all
}

/// What a reply says, without what is of this request alone.
fn answer(reply: Reply) -> (u16, HeaderMap, Value) {
    let Reply { status, mut headers, mut body, .. } = reply;
    // The links repeat what was asked for.
    for of_this_request in ["x-request-id", "date", "link"] {
        headers.remove(of_this_request);
    }
    // So does the end of the ETag of a list; its beginning is the position of the feed.
    if !body["pagination"].is_null()
        && let Some(etag) = headers.remove("etag")
    {
        let (position, _) = etag.to_str().expect("ASCII").rsplit_once('-').expect("an end");
        headers.insert("etag", position.parse().expect("ASCII"));
    }
    if let Some(error) = body["error"].as_object_mut() {
        error.remove("requestId");
        error.remove("timestamp");
    }
    (status.as_u16(), headers, body)
}

/// A body that reaches the point where the id in the path is looked for.
fn body(method: &Method, path: &str) -> Option<Value> {
    match *method {
        Method::POST if path.ends_with("/claim") => Some(json!({ "assignedTo": UNKNOWN })),
        Method::POST if path.ends_with("/replay") => Some(json!({ "after": "latest" })),
        Method::POST if path.contains("/webhooks/") => Some(json!({})),
        Method::POST => Some(by_system("a")),
        Method::PUT | Method::PATCH => Some(match path {
            path if path.contains("/conversations/") => json!({ "status": "closed" }),
            path if path.contains("/customers/") => json!({ "tier": "gold" }),
            path if path.contains("/users/") => json!({ "role": "admin" }),
            path if path.contains("/inboxes/") => json!({ "channel": "chat" }),
            path if path.contains("/keys/") => json!({ "permissions": ["read:keys"] }),
            path if path.contains("/webhooks/") => json!({ "isActive": true }),
            path => panic!("{path} has no body here"),
        }),
        _ => None,
    }
}

async fn in_a_path_a_foreign_id_is_not_found(server: &TestServer) {
    let client = server.client();
    let _ours = conversation(&client, server.inbox(), json!({})).await;
    let (owner, theirs) = foreign(server).await;
    let before = (everything(&owner).await, everything(&client).await);

    for operation in operations() {
        let method = Method::from_bytes(operation.method.as_str().as_bytes()).expect("a method");
        let its_id = match &operation.path {
            path if !path.contains('{') => continue,
            // What another system calls theirs is free here: `customers/external_ids.rs`.
            path if path.contains("{externalId}") => continue,
            path if path.contains("/conversations/") => &theirs.conversation,
            path if path.contains("/customers/") => &theirs.customer,
            path if path.contains("/users/") => &theirs.user,
            path if path.contains("/inboxes/") => &theirs.inbox,
            path if path.contains("/keys/") => &theirs.key,
            path if path.contains("/webhooks/") => &theirs.webhook,
            path => panic!("{path} has no row here"),
        };
        let body = body(&method, &operation.path);

        for query in ["", "?erase=true"] {
            let erases = method == Method::DELETE && operation.path.contains("/customers/");
            if !query.is_empty() && !erases {
                continue;
            }
            let ask = async |id: &str, message: &str| {
                let path = operation.path.replace("{id}", id).replace("{messageId}", message);
                let path = path.replace("{deliveryId}", UNKNOWN);
                let mut request = client.request(method.clone(), &format!("{path}{query}"));
                if let Some(body) = &body {
                    request = request.json(body);
                }
                client.send(request).await
            };
            let foreign = ask(its_id, &theirs.message).await;
            let unknown = ask(UNKNOWN, UNKNOWN).await;
            assert_eq!(foreign.status, 404, "{foreign:?}");
            assert_eq!(answer(foreign), answer(unknown), "{method} {}", operation.path);
        }
    }
    assert_eq!((everything(&owner).await, everything(&client).await), before);
}

async fn ones_own_conversation_leads_to_no_foreign_message(server: &TestServer) {
    let client = server.client();
    let ours = id(&conversation(&client, server.inbox(), json!({})).await);
    let (owner, theirs) = foreign(server).await;
    let before = everything(&owner).await;

    let foreign = client.get_message(&ours, &theirs.message).await;
    let unknown = client.get_message(&ours, UNKNOWN).await;
    assert_eq!(foreign.status, 404, "{foreign:?}");
    assert_eq!(answer(foreign), answer(unknown));
    let foreign = client.delete_message(&ours, &theirs.message).await;
    let unknown = client.delete_message(&ours, UNKNOWN).await;
    assert_eq!(foreign.status, 404, "{foreign:?}");
    assert_eq!(answer(foreign), answer(unknown));

    assert_eq!(everything(&owner).await, before);
}

async fn lists_show_ones_own_alone(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let before = everything(&client).await;

    let (owner, _theirs) = foreign(server).await;

    assert_eq!(everything(&client).await, before);
    let (history, _) = client.list_history(&made, "").await.listed();
    assert_eq!(history, Vec::<Value>::new());
    for (list, expected) in [
        ("conversations", 1),
        ("customers", 0),
        ("users", 0),
        ("inboxes", 1),
        ("keys", 1),
        ("audit", 1),
    ] {
        let (_, pagination) = client.get(&format!("/api/v1/{list}")).await.listed();
        assert_eq!(pagination["total"], expected, "{list}");
        let (_, pagination) = owner.get(&format!("/api/v1/{list}")).await.listed();
        assert_ne!(pagination["total"], 0, "{list} of the other has nothing to show");
    }
}
