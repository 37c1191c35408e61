//! GET /conversations/counts

use conversations_testkit::{ApiClient, TestServer};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::support::{conversation, id, inbox, user};

on_both_databases! {
    counts_by_one_field_and_by_two,
    counts_what_the_filters_allow,
    follows_every_change,
    is_not_sent_again_while_nothing_changed,
    names_every_invalid_parameter,
    shows_nothing_of_other_workspaces,
}

async fn counts(client: &ApiClient, query: &str) -> Value {
    client.get(&format!("/api/v1/conversations/counts?{query}")).await.ok()
}

async fn counts_by_one_field_and_by_two(server: &TestServer) {
    let client = server.client();
    let (support, sales) = (server.inbox(), inbox(&client, "Sales").await);
    let grace = user(&client, "grace@example.org").await;
    for fields in [
        json!({ "labels": ["vip", "refund"], "priority": "high" }),
        json!({ "inboxId": sales, "channel": "chat" }),
    ] {
        let _made = conversation(&client, support, fields).await;
    }
    let graces = id(&conversation(&client, support, json!({ "labels": ["refund"] })).await);
    let _assigned = client.update_conversation(&graces, &json!({ "assignedTo": grace })).await.ok();

    let statuses = json!([
        { "status": "open", "count": 3 },
        { "status": "pending", "count": 0 },
        { "status": "closed", "count": 0 },
    ]);
    assert_eq!(counts(&client, "by=status").await, statuses);
    let labels = json!([{ "label": "refund", "count": 2 }, { "label": "vip", "count": 1 }]);
    assert_eq!(counts(&client, "by=label").await, labels);
    let channels = json!([
        { "channel": "email", "count": 2 },
        { "channel": "chat", "count": 1 },
        { "channel": "phone", "count": 0 },
        { "channel": "whatsapp", "count": 0 },
    ]);
    assert_eq!(counts(&client, "by=channel").await, channels);
    let people = json!([
        { "inboxId": support, "assignedTo": null, "count": 1 },
        { "inboxId": support, "assignedTo": grace, "count": 1 },
        { "inboxId": sales, "assignedTo": null, "count": 1 },
    ]);
    assert_eq!(counts(&client, "by=inboxId,assignedTo").await, people);
    let by_people = counts(&client, "by=assignedTo,inboxId").await;
    assert_eq!(by_people[2], people[1]);
}

async fn counts_what_the_filters_allow(server: &TestServer) {
    let client = server.client();
    for (subject, label, priority) in
        [("Refund for a lamp", "a", "high"), ("Refund", "a", "low"), ("Other", "b", "high")]
    {
        let fields = json!({ "subject": subject, "labels": [label], "priority": priority });
        let _made = conversation(&client, server.inbox(), fields).await;
    }

    let labels = |a: u64, b: u64| {
        let counts = [("a", a), ("b", b)].into_iter().filter(|&(_, count)| count > 0);
        counts.map(|(label, count)| json!({ "label": label, "count": count })).collect::<Value>()
    };
    assert_eq!(counts(&client, "by=label&priority=high").await, labels(1, 1));
    assert_eq!(counts(&client, "by=label&q=refund").await, labels(2, 0));
    assert_eq!(counts(&client, "by=label&label=b&status=open").await, labels(0, 1));
    assert_eq!(counts(&client, "by=label&status=closed").await, json!([]));
}

async fn follows_every_change(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({ "labels": ["a"] })).await);
    let assigned = json!({ "assignedTo": grace, "labels": ["b"], "status": "closed" });

    let _changed = client.update_conversation(&made, &assigned).await.ok();

    let closed = json!([{ "assignedTo": grace, "count": 1 }]);
    assert_eq!(counts(&client, "by=assignedTo&status=closed").await, closed);
    assert_eq!(counts(&client, "by=label").await, json!([{ "label": "b", "count": 1 }]));
    client.delete_user(&grace).await.deleted();
    let nobody = json!([{ "assignedTo": null, "count": 1 }]);
    assert_eq!(counts(&client, "by=assignedTo").await, nobody);
    client.delete_conversation(&made).await.deleted();
    assert_eq!(counts(&client, "by=assignedTo").await, json!([]));
    assert_eq!(counts(&client, "by=label").await, json!([]));
}

async fn is_not_sent_again_while_nothing_changed(server: &TestServer) {
    let client = server.client();
    let path = "/api/v1/conversations/counts?by=status";
    let first = client.get(path).await;
    let etag = first.headers[ETAG].clone();
    let again = || client.request(reqwest::Method::GET, path).header(IF_NONE_MATCH, etag.clone());

    assert_eq!(client.send(again()).await.status, 304);
    let _made = conversation(&client, server.inbox(), json!({})).await;
    let changed = client.send(again()).await;

    assert_ne!(changed.headers[ETAG], etag);
    assert_eq!(changed.ok()[0], json!({ "status": "open", "count": 1 }));
}

async fn names_every_invalid_parameter(server: &TestServer) {
    let client = server.client();
    for (query, wrong) in [
        ("", vec!["by"]),
        ("by=nothing&status=asleep", vec!["by", "status"]),
        ("by=status,label,channel&page=1", vec!["by", "page"]),
        ("by=status&inboxId=1&q=-", vec!["inboxId", "q"]),
    ] {
        let reply = client.get(&format!("/api/v1/conversations/counts?{query}")).await;
        assert_eq!(reply.invalid_fields(), wrong, "{query}");
    }
}

async fn shows_nothing_of_other_workspaces(server: &TestServer) {
    let (client, other) = (server.client(), server.client_of("other").await);
    let _made = conversation(&client, server.inbox(), json!({ "labels": ["a"] })).await;

    for by in ["inboxId", "assignedTo", "label"] {
        assert_eq!(counts(&other, &format!("by={by}")).await, json!([]), "{by}");
    }
    let ones_own = counts(&other, &format!("by=label&inboxId={}", server.inbox())).await;
    assert_eq!(ones_own, json!([]));
}
