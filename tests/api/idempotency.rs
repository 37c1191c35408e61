//! `Idempotency-Key`: a POST that is sent again is told the same and done once.

use std::sync::Arc;
use std::time::Duration;

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, Reply, TestClock, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, by_system, conversation, customer, id, inbox, location, user};

on_both_databases! {
    a_repeated_request_is_replayed_and_executed_once,
    another_request_with_the_same_key_is_refused,
    a_key_belongs_to_a_workspace_and_a_path,
    an_invalid_idempotency_key_is_refused,
    refusals_are_not_stored,
    concurrent_duplicates_are_executed_once_across_nodes,
    the_stored_response_of_a_new_key_holds_no_secret,
    erasing_a_subject_deletes_the_stored_response,
    permissions_are_checked_first,
    a_claim_without_a_change_stores_no_response_about_deleted_content,
    a_path_is_one_however_it_is_encoded,
}

async fn post(client: &ApiClient, path: &str, key: &str, body: &Value) -> Reply {
    let request = client.request(Method::POST, path).header("idempotency-key", key);
    client.send(request.json(body)).await
}

/// Every operation that makes something, with a body.
async fn operations(server: &TestServer) -> Vec<(String, Value)> {
    let client = server.client();
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let grace = user(&client, "grace@example.org").await;
    let webhook = json!({
        "name": "Warehouse", "url": "https://receiver.invalid", "events": ["*"], "isActive": false,
    });
    let warehouse = id(&client.create_webhook(&webhook).await.created());
    let new = json!({
        "subject": "Refund", "inboxId": server.inbox(), "labels": ["a"],
        "customer": { "profile": { "email": "new@example.org" }, "customFields": { "b": 1, "a": 2 } },
        "message": { "body": "Hello" },
    });
    vec![
        ("/api/v1/conversations".to_owned(), new),
        (format!("/api/v1/conversations/{thread}/messages"), by_system("Hello")),
        (format!("/api/v1/conversations/{thread}/claim"), json!({ "assignedTo": grace })),
        ("/api/v1/customers".to_owned(), json!({ "profile": { "email": "ada@example.org" } })),
        ("/api/v1/users".to_owned(), json!({ "name": "Alan", "email": "alan@example.org" })),
        ("/api/v1/inboxes".to_owned(), json!({ "name": "Sales" })),
        ("/api/v1/keys".to_owned(), json!({ "name": "robot", "permissions": ["read:audit"] })),
        ("/api/v1/webhooks".to_owned(), webhook),
        (format!("/api/v1/webhooks/{warehouse}/secret"), json!({})),
        (format!("/api/v1/webhooks/{warehouse}/replay"), json!({ "after": "earliest" })),
        (format!("/api/v1/webhooks/{warehouse}/test"), json!({})),
    ]
}

/// How much there is of everything.
async fn totals(client: &ApiClient) -> Vec<Value> {
    let mut totals = Vec::new();
    for list in ["conversations", "customers", "users", "inboxes", "keys", "webhooks", "audit"] {
        let (_, pagination) = client.get(&format!("/api/v1/{list}")).await.listed();
        totals.push(pagination["total"].clone());
    }
    let (threads, _) = client.list_conversations("limit=100").await.listed();
    totals.extend(threads.iter().map(|thread| thread["messageCount"].clone()));
    totals
}

/// Makes sure that a reply is the first one again. The secret of a key is shown once.
#[track_caller]
fn assert_replayed(again: &Reply, first: &Reply) {
    assert_eq!(again.headers["idempotent-replayed"], "true", "{again:?}");
    assert!(!first.headers.contains_key("idempotent-replayed"), "{first:?}");
    assert_eq!(again.status, first.status, "{again:?}");
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.headers.get(name), first.headers.get(name), "{again:?}");
    }
    let mut expected = first.body.clone();
    if let Some(data) = expected["data"].as_object_mut() {
        data.remove("key");
        data.remove("secret");
    }
    assert_eq!(again.body, expected);
}

async fn a_repeated_request_is_replayed_and_executed_once(server: &TestServer) {
    let (client, other_node) = (server.client(), server.start_beside().await);
    for (number, (path, body)) in operations(server).await.into_iter().enumerate() {
        let key = format!("key-{number}");

        let first = post(&client, &path, &key, &body).await;
        assert!(first.status.is_success(), "{first:?}");
        let done = totals(&client).await;
        for client in [&client, &other_node.client()] {
            assert_replayed(&post(client, &path, &key, &body).await, &first);
        }

        assert_eq!(totals(&client).await, done, "{path}");
    }
}

async fn another_request_with_the_same_key_is_refused(server: &TestServer) {
    let client = server.client();
    let sales = json!({ "name": "Sales" });
    let first = post(&client, "/api/v1/inboxes", "a", &sales).await;

    let other = post(&client, "/api/v1/inboxes", "a", &json!({ "name": "Support" })).await;

    let _error = other.refused(422, "IDEMPOTENCY_KEY_REUSED");
    let spaced = client.request(Method::POST, "/api/v1/inboxes").header("idempotency-key", "a");
    let spaced = spaced.header("content-type", "application/json").body(r#"{ "name":"Sales"}"#);
    let _error = client.send(spaced).await.refused(422, "IDEMPOTENCY_KEY_REUSED");
    assert_replayed(&post(&client, "/api/v1/inboxes", "a", &sales).await, &first);
}

async fn a_key_belongs_to_a_workspace_and_a_path(server: &TestServer) {
    let (client, theirs) = (server.client(), server.client_of("acme").await);
    let new = json!({ "name": "Sales" });
    let ours = post(&client, "/api/v1/inboxes", "a", &new).await.created();

    let elsewhere = post(&theirs, "/api/v1/inboxes", "a", &new).await;
    assert!(!elsewhere.headers.contains_key("idempotent-replayed"));
    assert_ne!(id(&elsewhere.created()), id(&ours));
    let (one, two) = (
        id(&conversation(&client, server.inbox(), json!({})).await),
        id(&conversation(&client, server.inbox(), json!({})).await),
    );
    for thread in [one, two] {
        let path = format!("/api/v1/conversations/{thread}/messages");
        let written = post(&client, &path, "a", &by_system("Hello")).await.created();
        assert_eq!(written["conversationId"], thread.as_str());
    }
}

async fn an_invalid_idempotency_key_is_refused(server: &TestServer) {
    let client = server.client();
    let before = totals(&client).await;
    for key in ["", "a b", "\u{e4}", &"a".repeat(256)] {
        let refused = post(&client, "/api/v1/inboxes", key, &json!({ "name": "Sales" })).await;
        let error = refused.refused(400, "BAD_REQUEST");
        assert!(error["message"].as_str().is_some_and(|it| it.contains("Idempotency-Key")));
    }
    assert_eq!(totals(&client).await, before);
    let longest = "a".repeat(255);
    let _made =
        post(&client, "/api/v1/inboxes", &longest, &json!({ "name": "Sales" })).await.created();
}

async fn refusals_are_not_stored(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let new = json!({ "name": "Grace", "email": "grace@example.org" });
    let _error = post(&client, "/api/v1/users", "a", &new).await.refused(409, "CONFLICT");
    let invalid = json!({ "name": "", "email": "grace@example.org" });
    assert_eq!(post(&client, "/api/v1/users", "a", &invalid).await.invalid_fields(), ["name"]);
    let nowhere = format!("/api/v1/conversations/{UNKNOWN}/messages");
    for _ in 0..2 {
        let _error = post(&client, &nowhere, "a", &by_system("a")).await.refused(404, "NOT_FOUND");
    }
    client.delete(&format!("/api/v1/users/{grace}")).await.deleted();

    let made = post(&client, "/api/v1/users", "a", &new).await;

    assert!(!made.headers.contains_key("idempotent-replayed"));
    assert_replayed(&post(&client, "/api/v1/users", "a", &new).await, &made);
}

async fn concurrent_duplicates_are_executed_once_across_nodes(server: &TestServer) {
    let other_node = server.start_beside().await;
    let client = server.client();
    for (number, (path, body)) in operations(server).await.into_iter().enumerate() {
        let before = totals(&client).await;
        let key = format!("key-{number}");
        let sent: Vec<_> = (0..16)
            .map(|turn| {
                let node = if turn % 2 == 0 { server.client() } else { other_node.client() };
                let (path, key, body) = (path.clone(), key.clone(), body.clone());
                tokio::spawn(async move { post(&node, &path, &key, &body).await })
            })
            .collect();
        let mut replies = Vec::new();
        for each in sent {
            replies.push(each.await.expect("a reply"));
        }

        let (first, others): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| {
            reply.status.is_success() && !reply.headers.contains_key("idempotent-replayed")
        });
        let [first] = first.as_slice() else { panic!("done {} times: {path}", first.len()) };
        for other in &others {
            if other.status == 409 {
                let _error = other.clone().refused(409, "IDEMPOTENCY_IN_PROGRESS");
            } else {
                assert_replayed(other, first);
            }
        }
        let after = totals(&client).await;
        assert_replayed(&post(&client, &path, &key, &body).await, first);
        assert_eq!(totals(&client).await, after);
        // A claim, a replay and a test make nothing that could be counted.
        let counts = !["/claim", "/replay", "/test"].iter().any(|end| path.ends_with(end));
        assert!(after != before || !counts, "{path}");
    }
}

async fn the_stored_response_of_a_new_key_holds_no_secret(server: &TestServer) {
    let client = server.client();
    let order = json!({ "name": "robot", "permissions": ["read:audit"] });
    let first = post(&client, "/api/v1/keys", "a", &order).await;
    let secret = first.body["data"]["key"].as_str().expect("the secret").to_owned();

    let again = post(&client, "/api/v1/keys", "a", &order).await;

    assert_eq!(again.body["data"].get("key"), None);
    assert_replayed(&again, &first);
    assert_eq!(server.database().places_of(&secret).await, [""; 0]);
}

async fn erasing_a_subject_deletes_the_stored_response(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let with_ada = json!({ "subject": "a", "inboxId": server.inbox(), "customerId": ada });
    let grace = user(&client, "grace@example.org").await;
    let free = id(&conversation(&client, server.inbox(), json!({})).await);
    let busy = id(&conversation(&client, server.inbox(), json!({})).await);
    let claim = format!("/api/v1/conversations/{free}/claim");
    let messages = format!("/api/v1/conversations/{busy}/messages");
    let grace_path = format!("/api/v1/users/{grace}");
    let person = format!("/api/v1/customers/{ada}?erase=true");
    let new = json!({ "subject": "a", "inboxId": server.inbox() });
    let eve = json!({ "profile": { "email": "eve@example.org" } });
    let alan = json!({ "name": "Alan", "email": "alan@example.org" });
    let robot = json!({ "name": "robot", "permissions": ["read:audit"] });
    let own = "";
    for (number, (path, body, doomed)) in [
        ("/api/v1/conversations", new, own),
        ("/api/v1/conversations", with_ada, &person),
        (&claim, json!({ "assignedTo": grace }), &grace_path),
        (&messages, by_system("Hello"), own),
        ("/api/v1/customers", eve, own),
        ("/api/v1/users", alan, own),
        ("/api/v1/inboxes", json!({ "name": "Sales" }), own),
        ("/api/v1/keys", robot, own),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{number}");
        let first = post(&client, path, &key, &body).await;
        let doomed = if doomed == own { location(&first) } else { doomed.to_owned() };
        assert_replayed(&post(&client, path, &key, &body).await, &first);
        let before = totals(&client).await.len();

        client.delete(&doomed).await.deleted();

        let again = post(&client, path, &key, &body).await;
        let _error = again.refused(404, "NOT_FOUND");
        assert!(totals(&client).await.len() <= before, "{path} is not done again");
        let mut other = body.clone();
        other["subject"] = json!("another");
        let reused = post(&client, path, &key, &other).await;
        assert_eq!(reused.status, 422, "{reused:?}");
    }
}

async fn permissions_are_checked_first(server: &TestServer) {
    let new = json!({
        "subject": "a", "inboxId": server.inbox(),
        "customer": { "profile": { "email": "ada@example.org" } },
    });
    let order = json!({ "name": "robot", "permissions": ["read:audit"] });
    let admin = server.client();
    let _made = post(&admin, "/api/v1/conversations", "a", &new).await.created();
    let _made = post(&admin, "/api/v1/keys", "a", &order).await.created();
    let reader = server.client_allowed(&[Permission::ReadConversations]).await;
    let writer =
        server.client_allowed(&[Permission::WriteConversations, Permission::WriteKeys]).await;

    for (client, path, body, required) in [
        (&reader, "/api/v1/conversations", &new, json!("write:conversations")),
        (&writer, "/api/v1/conversations", &new, json!("write:customers")),
        (&writer, "/api/v1/keys", &order, json!(["read:audit"])),
    ] {
        let refused = post(client, path, "a", body).await;
        let error = refused.refused(403, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(error["details"]["required"], required);
    }
}

async fn a_claim_without_a_change_stores_no_response_about_deleted_content(server: &TestServer) {
    let client = server.client();
    for round in 0..16 {
        let grace = user(&client, &format!("grace-{round}@example.org")).await;
        let ada = customer(&client, &format!("ada-{round}@example.org")).await;
        let fields = json!({ "customerId": ada });
        let thread = id(&conversation(&client, server.inbox(), fields).await);
        let path = format!("/api/v1/conversations/{thread}/claim");
        let claim = json!({ "assignedTo": grace });
        let _claimed = post(&client, &path, "first", &claim).await.ok();
        let doomed = match round % 3 {
            0 => format!("/api/v1/conversations/{thread}"),
            1 => format!("/api/v1/customers/{ada}?erase=true"),
            _ => format!("/api/v1/users/{grace}"),
        };

        let again: Vec<_> = (0..6)
            .map(|turn| {
                let (client, path, claim) = (client.clone(), path.clone(), claim.clone());
                let key = format!("again-{turn}");
                tokio::spawn(async move { post(&client, &path, &key, &claim).await.status })
            })
            .collect();
        client.delete(&doomed).await.deleted();
        for each in again {
            let status = each.await.expect("a reply");
            assert!([200, 404, 422].contains(&status.as_u16()), "{status}");
        }

        for turn in 0..6 {
            let late = post(&client, &path, &format!("again-{turn}"), &claim).await;
            assert!([404, 422].contains(&late.status.as_u16()), "{doomed}: {late:?}");
        }
    }
}

async fn a_path_is_one_however_it_is_encoded(server: &TestServer) {
    let client = server.client();
    let sales = json!({ "name": "Sales" });
    let first = post(&client, "/api/v1/inboxes", "a", &sales).await;

    assert_replayed(&post(&client, "/api/v1/%69nboxes", "a", &sales).await, &first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_stored_for_a_day() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::default());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let new = json!({ "name": "Sales" });
        let first = post(&client, "/api/v1/inboxes", "a", &new).await;

        clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
        assert_replayed(&post(&client, "/api/v1/inboxes", "a", &new).await, &first);
        clock.advance(Duration::from_secs(2));
        let second = post(&client, "/api/v1/inboxes", "a", &new).await;

        assert_ne!(location(&second), location(&first));
        assert_replayed(&post(&client, "/api/v1/inboxes", "a", &new).await, &second);
        let _sales = inbox(&client, "Sales").await;
    }
}
