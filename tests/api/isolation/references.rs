//! In filters and in bodies.

use conversations_testkit::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{answer, foreign};
use crate::support::{UNKNOWN, conversation, id, ids, merge};

on_both_databases! {
    in_a_filter_a_foreign_id_finds_nothing,
    in_a_filter_a_foreign_word_finds_nothing,
    in_a_filter_a_shared_word_finds_ones_own,
    in_a_body_a_foreign_id_does_not_exist,
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

async fn in_a_filter_a_foreign_word_finds_nothing(server: &TestServer) {
    let client = server.client();
    let (owner, _) = foreign(server).await;
    let _ours =
        conversation(&client, server.inbox(), json!({ "subject": "Ours", "labels": ["ours"] }))
            .await;

    for (list, field, word) in [
        ("conversations", "label", "theirs"),
        ("conversations", "q", "secret"),
        ("conversations", "q", "-ours"),
        ("customers", "tags", "theirs"),
        ("customers", "search", "elsewhere"),
        ("customers", "tier", "bronze"),
        ("customers", "status", "active"),
    ] {
        let path = format!("/api/v1/{list}?{field}={word}");
        let (found, _) = owner.get(&path).await.listed();
        assert_eq!(found.len(), 1, "{path}");
        let reply = client.get(&path).await;
        assert_eq!(reply.body["pagination"]["total"], 0, "{path}");
        let nothing = client.get(&format!("/api/v1/customers?search={UNKNOWN}")).await;
        assert_eq!(answer(reply), answer(nothing), "{path}");
    }
}

async fn in_a_filter_a_shared_word_finds_ones_own(server: &TestServer) {
    let client = server.client();
    let (_, _theirs) = foreign(server).await;
    let fields = json!({
        "labels": ["shared"],
        "customer": { "profile": { "firstName": "Ada" }, "tags": ["shared"] },
    });
    let ours = conversation(&client, server.inbox(), fields).await;

    let (labelled, pagination) = client.list_conversations("label=shared").await.listed();
    assert_eq!((labelled, &pagination["total"]), (vec![ours.clone()], &json!(1)));
    for query in ["tags=shared", "search=ada", "tier=bronze", "status=active"] {
        let (found, pagination) = client.list_customers(query).await.listed();
        assert_eq!(ids(&found), [id(&ours["customerId"])], "{query}");
        assert_eq!(pagination["total"], 1, "{query}");
    }
}

async fn in_a_body_a_foreign_id_does_not_exist(server: &TestServer) {
    let client = server.client();
    let (_, theirs) = foreign(server).await;
    let ours = conversation(&client, server.inbox(), json!({})).await;
    let ours_id = id(&ours);
    let update = format!("/api/v1/conversations/{ours_id}");
    let (messages, claim) = (format!("{update}/messages"), format!("{update}/claim"));
    let create = "/api/v1/conversations";
    let new = |fields: Value| {
        let mut body = json!({ "subject": "a", "inboxId": server.inbox() });
        merge(&mut body, fields);
        body
    };
    let by = |kind: &str, id: &str| json!({ "body": "a", "author": { "type": kind, "_id": id } });

    let key = |user: &str| json!({ "name": "a", "permissions": ["read:users"], "userId": user });

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
        (Method::POST, &claim, json!({ "assignedTo": UNKNOWN }), &theirs.user),
        (Method::POST, &messages, by("agent", UNKNOWN), &theirs.user),
        (Method::POST, &messages, by("customer", UNKNOWN), &theirs.customer),
        (Method::POST, "/api/v1/keys", key(UNKNOWN), &theirs.user),
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
