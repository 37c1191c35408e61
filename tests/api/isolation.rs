//! The ids of another workspace: the same answers as ids that never were, in paths, in filters and
//! in bodies.

use conversations_http::operations;
use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, customer, id, inbox, merge, user};

on_both_databases! {
    in_a_path_a_foreign_id_is_not_found,
    in_a_filter_a_foreign_id_finds_nothing,
    in_a_body_a_foreign_id_does_not_exist,
    lists_show_ones_own_alone,
}

/// What another workspace has.
struct Foreign {
    conversation: String,
    message: String,
    customer: String,
    user: String,
    inbox: String,
}

async fn foreign(server: &TestServer) -> (ApiClient, Foreign) {
    let client = server.client_of("elsewhere").await;
    let inbox = inbox(&client, "Elsewhere").await;
    let customer = customer(&client, "ada@elsewhere.example").await;
    let user = user(&client, "grace@elsewhere.example").await;
    let fields = json!({ "customerId": customer, "message": { "body": "a secret" } });
    let made = conversation(&client, &inbox, fields).await;
    let changes = json!({ "assignedTo": user });
    let made = id(&client.update_conversation(&id(&made), &changes).await.ok());
    let (messages, _) = client.list_messages(&made, "").await.listed();
    let message = id(&messages[0]);
    (client, Foreign { conversation: made, message, customer, user, inbox })
}

/// What a reply says, without what is of this request alone.
fn answer(reply: Reply) -> (u16, Value) {
    let mut body = reply.body;
    if let Some(error) = body["error"].as_object_mut() {
        error.remove("requestId");
        error.remove("timestamp");
    }
    (reply.status.as_u16(), body)
}

async fn in_a_path_a_foreign_id_is_not_found(server: &TestServer) {
    let client = server.client();
    let (owner, theirs) = foreign(server).await;
    let before = owner.get_conversation(&theirs.conversation).await.ok();

    for operation in operations() {
        if !operation.path.contains('{') {
            continue;
        }
        let method = Method::from_bytes(operation.method.as_str().as_bytes()).expect("a method");
        let body = match method.as_str() {
            "PUT" | "PATCH" => Some(json!({ "status": "closed" })),
            "POST" => Some(json!({ "body": "a", "author": { "type": "system" } })),
            _ => None,
        };
        let its_id = match &operation.path {
            path if path.contains("/conversations/") => &theirs.conversation,
            path if path.contains("/customers/") => &theirs.customer,
            path if path.contains("/users/") => &theirs.user,
            path if path.contains("/inboxes/") => &theirs.inbox,
            path => panic!("{path} has no row here"),
        };

        let ask = async |id: &str, message: &str| {
            let path = operation.path.replace("{id}", id).replace("{messageId}", message);
            let mut request = client.request(method.clone(), &path);
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
    assert_eq!(owner.get_conversation(&theirs.conversation).await.ok(), before);
}

async fn in_a_filter_a_foreign_id_finds_nothing(server: &TestServer) {
    let client = server.client();
    let (_, theirs) = foreign(server).await;
    let _ours = conversation(&client, server.inbox(), json!({})).await;

    for (field, foreign) in
        [("customerId", &theirs.customer), ("assignedTo", &theirs.user), ("inboxId", &theirs.inbox)]
    {
        let foreign = client.list_conversations(&format!("{field}={foreign}")).await;
        let unknown = client.list_conversations(&format!("{field}={UNKNOWN}")).await;
        assert_eq!(foreign.body["pagination"]["total"], 0);
        assert_eq!(answer(foreign), answer(unknown), "{field}");
    }
}

async fn in_a_body_a_foreign_id_does_not_exist(server: &TestServer) {
    let client = server.client();
    let (_, theirs) = foreign(server).await;
    let ours = conversation(&client, server.inbox(), json!({})).await;
    let ours_id = id(&ours);
    let update = format!("/api/v1/conversations/{ours_id}");
    let messages = format!("{update}/messages");
    let create = "/api/v1/conversations";
    let new = |fields: Value| {
        let mut body = json!({ "subject": "a", "inboxId": server.inbox() });
        merge(&mut body, fields);
        body
    };
    let by = |kind: &str, id: &str| json!({ "body": "a", "author": { "type": kind, "_id": id } });

    for (method, path, body, theirs) in [
        (Method::POST, create, new(json!({ "inboxId": UNKNOWN })), &theirs.inbox),
        (Method::POST, create, new(json!({ "customerId": UNKNOWN })), &theirs.customer),
        (Method::POST, create, new(json!({ "message": by("agent", UNKNOWN) })), &theirs.user),
        (
            Method::POST,
            create,
            new(json!({ "message": by("customer", UNKNOWN) })),
            &theirs.customer,
        ),
        (Method::PATCH, &update, json!({ "inboxId": UNKNOWN }), &theirs.inbox),
        (Method::PATCH, &update, json!({ "assignedTo": UNKNOWN }), &theirs.user),
        (Method::PATCH, &update, json!({ "customerId": UNKNOWN }), &theirs.customer),
        (Method::POST, &messages, by("agent", UNKNOWN), &theirs.user),
        (Method::POST, &messages, by("customer", UNKNOWN), &theirs.customer),
    ] {
        let foreign: Value =
            serde_json::from_str(&body.to_string().replace(UNKNOWN, theirs)).expect("JSON");
        let ask =
            async |body: &Value| client.send(client.request(method.clone(), path).json(body)).await;

        let foreign = ask(&foreign).await;
        let unknown = ask(&body).await;
        assert_eq!(foreign.status, 422, "{foreign:?}");
        assert_eq!(answer(foreign), answer(unknown), "{method} {path} {body}");
    }
    assert_eq!(client.get_conversation(&ours_id).await.ok(), ours);
}

async fn lists_show_ones_own_alone(server: &TestServer) {
    let client = server.client();
    let (_, _theirs) = foreign(server).await;

    for (path, expected) in [("conversations", 0), ("customers", 0), ("users", 0), ("inboxes", 1)] {
        let (_, pagination) = client.get(&format!("/api/v1/{path}")).await.listed();
        assert_eq!(pagination["total"], expected, "{path}");
    }
}
