//! Versions of lists: a list is sent again only after a change, and can be followed from where it ends.

use std::collections::BTreeMap;

use conversations_testkit::{ApiClient, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, user};

on_both_databases! {
    a_list_is_sent_again_only_after_a_change,
    every_change_of_the_workspace_changes_the_version,
    lists_without_events_have_no_version,
    a_list_of_what_is_gone_is_not_found,
    a_large_deletion_changes_the_version_at_once,
    a_list_and_its_events_add_up_beside_writers,
    a_write_of_another_server_changes_the_version,
}

fn tag(reply: &Reply) -> String {
    let tag = reply.headers.get("etag").unwrap_or_else(|| panic!("{reply:?} has no ETag"));
    tag.to_str().expect("visible ASCII").to_owned()
}

async fn get_unless(client: &ApiClient, path: &str, etag: &str) -> Reply {
    client.send(client.request(Method::GET, path).header("If-None-Match", etag)).await
}

async fn a_list_is_sent_again_only_after_a_change(server: &TestServer) {
    let client = server.client();
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let _done = client.create_message(&thread, &by_system("Hello")).await.created();
    let _grace = user(&client, "grace@example.org").await;
    let ada = customer(&client, "ada@example.org").await;
    let paths = [
        "/api/v1/conversations".to_owned(),
        "/api/v1/conversations?q=hello&sort=relevance".to_owned(),
        "/api/v1/customers".to_owned(),
        "/api/v1/users".to_owned(),
        "/api/v1/inboxes".to_owned(),
        format!("/api/v1/conversations/{thread}/messages"),
        format!("/api/v1/conversations/{thread}/history"),
    ];
    for (number, path) in paths.into_iter().enumerate() {
        // A reader of the feed numbers its events, which is a new version of the lists.
        let _done = client.list_events("").await.ok();
        let first = client.get(&path).await;
        let (etag, as_of) = (tag(&first), first.body["pagination"]["asOf"].clone());
        assert!(etag.starts_with('"'), "{path}: {etag} is strong");
        assert_eq!(first.headers["cache-control"], "private, no-cache", "{path}");
        let after = format!("after={}", as_of.as_str().expect("a cursor"));
        assert_eq!(client.list_events(&after).await.ok(), json!([]), "{path}");

        let again = get_unless(&client, &path, &etag).await;
        assert_eq!((again.status.as_u16(), &tag(&again)), (304, &etag), "{path}");
        let head = client.request(Method::HEAD, &path).header("If-None-Match", &etag);
        assert_eq!(client.send(head).await.status, 304, "{path}");
        let other = path.clone() + if path.contains('?') { "&limit=7" } else { "?limit=7" };
        assert_eq!(get_unless(&client, &other, &etag).await.status, 200, "{other}");

        // A change in another workspace is none here, and its ETags are worth nothing here.
        let stranger = server.client_of("another").await;
        let _theirs = user(&stranger, &format!("{number}@example.org")).await;
        assert_eq!(get_unless(&client, &path, &etag).await.status, 304, "{path}");
        assert_ne!(get_unless(&stranger, &path, &etag).await.status, 304, "{path}");

        let tags = json!({ "tags": { "add": [number.to_string()] } });
        let _done = client.update_customer(&ada, &tags).await.ok();
        let changed = get_unless(&client, &path, &etag).await;
        assert_eq!(changed.status, 200, "{path}");
        assert_ne!(tag(&changed), etag, "{path}");
    }
}

async fn every_change_of_the_workspace_changes_the_version(server: &TestServer) {
    const PATH: &str = "/api/v1/conversations";

    let client = server.client();
    let mut known = tag(&client.get(PATH).await);
    let mut is_new = async |what: &str| {
        let reply = get_unless(&client, PATH, &known).await;
        assert_eq!(reply.status, 200, "{what}");
        known = tag(&reply);
    };
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    is_new("a conversation").await;
    let _done = client.update_conversation(&thread, &json!({ "priority": "high" })).await.ok();
    is_new("an update").await;
    let message = id(&client.create_message(&thread, &by_system("Hello")).await.created());
    is_new("a message").await;
    client.delete_message(&thread, &message).await.deleted();
    is_new("a deleted message").await;
    let grace = user(&client, "grace@example.org").await;
    is_new("a user").await;
    let _done = client.claim_conversation(&thread, &json!({ "assignedTo": grace })).await.ok();
    is_new("a claim").await;
    client.delete_user(&grace).await.deleted();
    is_new("a deleted user").await;
    let ada = customer(&client, "ada@example.org").await;
    is_new("a customer").await;
    client.delete_customer(&ada).await.deleted();
    is_new("a deleted customer").await;
    client.delete_conversation(&thread).await.deleted();
    is_new("a deleted conversation").await;
}

async fn lists_without_events_have_no_version(server: &TestServer) {
    let client = server.client();
    for reply in [client.list_keys("").await, client.list_audit("").await] {
        assert!(!reply.headers.contains_key("etag"), "{reply:?}");
        assert!(reply.body["pagination"].get("asOf").is_none(), "{reply:?}");
    }
}

async fn a_list_of_what_is_gone_is_not_found(server: &TestServer) {
    let client = server.client();
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let path = format!("/api/v1/conversations/{thread}/messages");
    let etag = tag(&client.get(&path).await);

    client.delete_conversation(&thread).await.deleted();

    let _gone = get_unless(&client, &path, &etag).await.refused(404, "NOT_FOUND");
}

async fn a_large_deletion_changes_the_version_at_once(server: &TestServer) {
    const PATH: &str = "/api/v1/conversations?limit=1";

    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    for _ in 0..30 {
        conversation(&client, server.inbox(), json!({ "customerId": ada })).await;
    }
    let before = client.get(PATH).await;
    assert_eq!(before.body["pagination"]["total"], 30);

    let deleted = client.delete_customer(&format!("{ada}?erase=true")).await;
    assert!(deleted.status.is_success(), "{deleted:?}");

    let after = get_unless(&client, PATH, &tag(&before)).await;
    assert_eq!(after.status, 200);
    assert_eq!(after.body["pagination"]["total"], 0);
}

/// The subjects of all conversations: from a list, as events change it.
async fn a_list_and_its_events_add_up_beside_writers(server: &TestServer) {
    const WRITERS: usize = 4;
    const EACH: usize = 40;

    let client = server.client();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (client, inbox) = (server.client(), server.inbox().to_owned());
            tokio::spawn(async move {
                for number in 0..EACH {
                    let made = id(&conversation(&client, &inbox, json!({})).await);
                    let subject = json!({ "subject": format!("{writer} {number}") });
                    let _done = client.update_conversation(&made, &subject).await.ok();
                    if number % 4 == 0 {
                        client.delete_conversation(&made).await.deleted();
                    }
                }
            })
        })
        .collect();

    let mut copies = Vec::new();
    while writers.iter().any(|writer| !writer.is_finished()) {
        let reply = client.list_conversations("limit=100").await;
        let as_of = reply.body["pagination"]["asOf"].clone();
        let (listed, pagination) = reply.listed();
        if pagination["totalPages"].as_u64().is_some_and(|pages| pages <= 1) {
            let subjects = listed.iter().map(|listed| (id(listed), listed["subject"].clone()));
            copies.push((as_of, subjects.collect::<BTreeMap<_, _>>()));
        }
    }
    for writer in writers {
        writer.await.expect("a writer");
    }

    let mut expected = BTreeMap::new();
    for page in 1..=2 {
        let (listed, _) =
            client.list_conversations(&format!("limit=100&page={page}")).await.listed();
        expected.extend(listed.iter().map(|listed| (id(listed), listed["subject"].clone())));
    }
    assert_eq!(expected.len(), WRITERS * EACH * 3 / 4);
    assert!(!copies.is_empty(), "a list was read beside the writers");
    for (as_of, mut copy) in copies {
        follow(&client, as_of.as_str().expect("a cursor"), &mut copy).await;
        assert_eq!(copy, expected, "from {as_of}");
    }
}

/// Applies all events after this cursor.
async fn follow(client: &ApiClient, as_of: &str, copy: &mut BTreeMap<String, Value>) {
    let mut cursor = as_of.to_owned();
    loop {
        let reply =
            client.list_events(&format!("after={cursor}&types=conversation.*&limit=500")).await;
        let pagination = reply.body["pagination"].clone();
        let Value::Array(events) = reply.ok() else { panic!("no list") };
        for event in events {
            let subject = id(&event["subject"]);
            match &event["data"] {
                Value::Null => copy.remove(&subject),
                data => copy.insert(subject, data["subject"].clone()),
            };
        }
        pagination["cursor"].as_str().expect("a cursor").clone_into(&mut cursor);
        if pagination["remaining"] == 0 {
            return;
        }
    }
}

async fn a_write_of_another_server_changes_the_version(server: &TestServer) {
    let other = server.start_beside().await;
    let (here, there) = (server.client(), other.client());
    for _ in 0..50 {
        let etag = tag(&here.get("/api/v1/conversations").await);
        conversation(&there, server.inbox(), json!({})).await;
        assert_eq!(get_unless(&here, "/api/v1/conversations", &etag).await.status, 200);
    }
}
