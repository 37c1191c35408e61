//! The labels of conversations: at creation, in updates, in filters.

use conversations_testkit::{ApiClient, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{conversation, customer, id, ids};

on_both_databases! {
    are_trimmed_and_keep_their_order,
    are_changed_as_a_whole,
    an_unchanged_update_changes_nothing,
    names_every_invalid_label,
    a_filter_finds_what_has_all_of_them,
    a_filter_follows_every_change,
    a_filter_goes_with_the_others_page_by_page,
    a_filter_is_literal,
    names_every_invalid_filter,
}

/// The conversations that have these labels, and how many there are said to be.
async fn labelled(client: &ApiClient, labels: &str) -> (Vec<String>, Value) {
    let request = client.request(Method::GET, "/api/v1/conversations").query(&[("label", labels)]);
    let (found, pagination) = client.send(request).await.listed();
    (ids(&found), pagination["total"].clone())
}

async fn are_trimmed_and_keep_their_order(server: &TestServer) {
    let client = server.client();

    let fields = json!({ "labels": [" refund ", "a b", "Zürich", "refund!"] });
    let made = conversation(&client, server.inbox(), fields).await;

    assert_eq!(made["labels"], json!(["refund", "a b", "Zürich", "refund!"]));
    assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
    let (listed, _) = client.list_conversations("").await.listed();
    assert_eq!(listed, [made]);
    let without = conversation(&client, server.inbox(), json!({ "labels": [] })).await;
    assert_eq!(without["labels"], json!([]));
}

async fn are_changed_as_a_whole(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "labels": ["a", "b"] })).await;
    let made = id(&made);

    for (labels, expected) in [
        (json!(["c", "a"]), json!(["c", "a"])),
        (json!(["a", "c"]), json!(["a", "c"])),
        (json!(["A"]), json!(["A"])),
        (json!([]), json!([])),
        (json!(["x"]), json!(["x"])),
        (Value::Null, json!([])),
    ] {
        let updated = client.update_conversation(&made, &json!({ "labels": labels })).await.ok();
        assert_eq!(updated["labels"], expected);
        assert_eq!(client.get_conversation(&made).await.ok(), updated);
    }
    let _labelled = client.update_conversation(&made, &json!({ "labels": ["y"] })).await.ok();
    let renamed = client.update_conversation(&made, &json!({ "subject": "Lamp" })).await.ok();
    assert_eq!(renamed["labels"], json!(["y"]));
}

async fn an_unchanged_update_changes_nothing(server: &TestServer) {
    let client = server.client();

    for (labels, same) in
        [(json!(["a", "b"]), json!([" a", "b "])), (json!([]), json!([])), (json!([]), Value::Null)]
    {
        let made = conversation(&client, server.inbox(), json!({ "labels": labels })).await;
        let updated = client.update_conversation(&id(&made), &json!({ "labels": same })).await;
        assert_eq!(updated.ok(), made);
        let (history, _) = client.list_history(&id(&made), "").await.listed();
        assert_eq!(history, Vec::<Value>::new());
    }
}

async fn names_every_invalid_label(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "labels": ["kept"] })).await;
    let letters: Vec<_> = ('a'..='u').map(String::from).collect();

    for (labels, wrong) in [
        (json!(["a", "b", "c", ""]), vec!["labels[3]"]),
        (json!([" ", "a", "b,c"]), vec!["labels[0]", "labels[2]"]),
        (json!(["a", "b", " a\u{3000}"]), vec!["labels[2]"]),
        (json!(["x".repeat(51), "x".repeat(50)]), vec!["labels[0]"]),
        (json!(["a\u{1}", "a\u{0}b"]), vec!["labels[0]", "labels[1]"]),
        (json!(letters), vec!["labels"]),
        (json!("refund"), vec!["labels"]),
        (json!(7), vec!["labels"]),
        (json!(["a", 1]), vec!["labels[1]"]),
        (json!(["a", null]), vec!["labels[1]"]),
    ] {
        let new = json!({ "subject": "a", "inboxId": server.inbox(), "labels": labels });
        let created = client.create_conversation(&new).await;
        assert_eq!(created.invalid_fields(), wrong, "{labels}");
        let changes = json!({ "labels": labels });
        let updated = client.update_conversation(&id(&made), &changes).await;
        assert_eq!(updated.invalid_fields(), wrong, "{labels}");
    }
    assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
    let twenty = conversation(&client, server.inbox(), json!({ "labels": letters[..20] })).await;
    assert_eq!(twenty["labels"], json!(letters[..20]));
}

async fn a_filter_finds_what_has_all_of_them(server: &TestServer) {
    let client = server.client();
    let label = async |labels: &[&str]| {
        id(&conversation(&client, server.inbox(), json!({ "labels": labels })).await)
    };
    let _plain = label(&[]).await;
    let both = label(&["refund", "lamp"]).await;
    let lamp = label(&["lamp", "lamp shade"]).await;
    let three = label(&["vip", "lamp", "refund"]).await;

    for (labels, expected) in [
        ("lamp", vec![&three, &lamp, &both]),
        ("refund", vec![&three, &both]),
        ("refund,lamp", vec![&three, &both]),
        ("lamp,refund", vec![&three, &both]),
        (" lamp , refund", vec![&three, &both]),
        ("lamp,refund,vip", vec![&three]),
        ("lamp shade", vec![&lamp]),
        ("vip,lamp shade", vec![]),
        ("lam", vec![]),
        ("LAMP", vec![]),
    ] {
        let (found, total) = labelled(&client, labels).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{labels}");
        assert_eq!(total, expected.len(), "{labels}");
    }
}

async fn a_filter_follows_every_change(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({ "labels": ["a", "b"] })).await;
    let made = id(&made);

    let _changed = client.update_conversation(&made, &json!({ "labels": ["b", "c"] })).await.ok();
    assert_eq!(labelled(&client, "a").await, (vec![], json!(0)));
    assert_eq!(labelled(&client, "c,b").await, (vec![made.clone()], json!(1)));

    client.delete_conversation(&made).await.deleted();
    assert_eq!(labelled(&client, "b").await, (vec![], json!(0)));
}

async fn a_filter_goes_with_the_others_page_by_page(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let mut urgent = Vec::new();
    for number in 0..9 {
        let priority = if number % 2 == 0 { "urgent" } else { "low" };
        let label = if number % 3 == 0 { "odd" } else { "lamp" };
        let fields = json!({ "priority": priority, "labels": [label, "all"], "customerId": ada });
        let made = id(&conversation(&client, server.inbox(), fields).await);
        if priority == "urgent" && label == "lamp" {
            urgent.insert(0, made);
        }
    }
    let query = format!("label=all,lamp&priority=urgent&customerId={ada}&limit=2");

    for (page, expected) in [(1, &urgent[..2]), (2, &urgent[2..]), (3, &[])] {
        let reply = client.list_conversations(&format!("{query}&page={page}")).await;
        let (listed, pagination) = reply.listed();
        assert_eq!(ids(&listed), expected, "page {page}");
        assert_eq!(pagination, json!({ "total": 3, "page": page, "limit": 2, "totalPages": 2 }));
    }
}

async fn a_filter_is_literal(server: &TestServer) {
    let client = server.client();
    let label = async |label: &str| {
        id(&conversation(&client, server.inbox(), json!({ "labels": [label] })).await)
    };
    let _plain = label("refund").await;

    for text in ["%", "_", "\\", "\"", "'", "[\"refund\"]", "refun_", "ref%", "' OR 1=1 --", "*"] {
        assert_eq!(labelled(&client, text).await, (vec![], json!(0)), "{text}");
        let made = label(text).await;
        assert_eq!(labelled(&client, text).await, (vec![made], json!(1)), "{text}");
    }
}

async fn names_every_invalid_filter(server: &TestServer) {
    let client = server.client();
    let many = format!("label={}", vec!["a"; 21].join(","));
    let long = format!("label={}", "x".repeat(51));

    for (query, wrong) in [
        ("label=", vec!["label"]),
        ("label", vec!["label"]),
        ("label=%20", vec!["label"]),
        ("label=a,", vec!["label"]),
        ("label=,a", vec!["label"]),
        ("label=a,,b", vec!["label"]),
        ("label=a,a", vec!["label"]),
        ("label=a&label=b", vec!["label"]),
        ("label=%00", vec!["label"]),
        ("label=a%01", vec!["label"]),
        ("labels=a", vec!["labels"]),
        (&many, vec!["label"]),
        (&long, vec!["label"]),
        ("label=a,a&status=x&limit=0", vec!["label", "limit", "status"]),
    ] {
        let fields = client.list_conversations(query).await.invalid_fields();
        assert_eq!(fields, wrong, "{query}");
    }
}
