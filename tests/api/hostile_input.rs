//! Text that breaks other services: the same answers on both databases, nothing stored that was
//! refused, and the server goes on.

mod control_characters;

use conversations_testkit::{ApiClient, TestServer};
use reqwest::Method;
use serde_json::json;

use crate::support::{conversation, id, ids, inbox, user};

on_both_databases! {
    any_text_survives_a_round_trip,
    any_text_can_be_a_label_and_found_as_one,
    any_text_can_be_looked_for,
    a_subject_counts_characters,
    labels_and_tags_count_characters,
    an_id_in_a_path_is_written_in_one_way,
}

/// Text with a special meaning: in SQL, in a browser, in a terminal, in Unicode.
const TEXTS: [&str; 20] = [
    "%",
    "_",
    "\\",
    "'",
    "\"",
    "--",
    ";",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "\u{202e}right to left",
    "👩‍👩‍👧‍👦",
    "e\u{301}",
    "é",
    "\u{ffff}",
    "a\u{feff}b",
    "\u{7f}",
    "\u{85}x\u{85}y",
    "tab\tline\nreturn\rend",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "İıſK",
];

async fn any_text_survives_a_round_trip(server: &TestServer) {
    let client = server.client();

    for text in TEXTS {
        let made = conversation(&client, server.inbox(), json!({ "subject": text })).await;
        assert_eq!(made["subject"], text.trim());
        assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
    }
}

/// The ids of what a list finds with a parameter like this.
async fn find(client: &ApiClient, list: &str, name: &str, value: &str) -> Vec<String> {
    let request = client.request(Method::GET, &format!("/api/v1/{list}")).query(&[(name, value)]);
    ids(&client.send(request).await.listed().0)
}

async fn any_text_can_be_a_label_and_found_as_one(server: &TestServer) {
    let client = server.client();

    for text in TEXTS {
        let made = conversation(&client, server.inbox(), json!({ "labels": [text, "all"] })).await;
        assert_eq!(made["labels"], json!([text.trim(), "all"]));
        assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
        assert_eq!(find(&client, "conversations", "label", text).await, [id(&made)], "{text:?}");
        let both = format!("all,{text}");
        assert_eq!(find(&client, "conversations", "label", &both).await, [id(&made)], "{text:?}");
        let changed = client.update_conversation(&id(&made), &json!({ "labels": ["all"] })).await;
        assert_eq!(changed.ok()["labels"], json!(["all"]));
        let (history, _) = client.list_history(&id(&made), "").await.listed();
        assert_eq!(history[0]["from"], json!([text.trim(), "all"]));
    }
}

async fn any_text_can_be_looked_for(server: &TestServer) {
    let client = server.client();

    for text in TEXTS {
        let profile = json!({ "firstName": format!("<{text}>"), "company": text });
        let body = json!({ "profile": profile, "tags": [text], "customFields": { text: text } });
        let made = client.create_customer(&body).await.created();
        assert_eq!(made["profile"]["company"], text.trim());
        assert_eq!(made["customFields"][text], text);
        assert_eq!(find(&client, "customers", "tags", text).await, [id(&made)], "{text:?}");
        let found = find(&client, "customers", "search", &format!("<{text}>")).await;
        // The newest first. Composed or not, a letter is the same.
        assert_eq!(found.first(), Some(&id(&made)), "{text:?}");
        assert_eq!(found.len(), if text == "é" { 2 } else { 1 }, "{text:?}");
        assert!(find(&client, "customers", "search", text).await.contains(&id(&made)), "{text:?}");
    }
}

async fn a_subject_counts_characters(server: &TestServer) {
    let client = server.client();

    let longest = "👍".repeat(255);
    let made = conversation(&client, server.inbox(), json!({ "subject": longest })).await;
    assert_eq!(made["subject"], longest);
    let longer = json!({ "subject": "👍".repeat(256), "inboxId": server.inbox() });
    assert_eq!(client.create_conversation(&longer).await.invalid_fields(), ["subject"]);
}

async fn labels_and_tags_count_characters(server: &TestServer) {
    let client = server.client();
    let longest = "👍".repeat(50);
    let longer = "👍".repeat(51);

    let made = conversation(&client, server.inbox(), json!({ "labels": [longest] })).await;
    assert_eq!(find(&client, "conversations", "label", &longest).await, [id(&made)]);
    let fields = json!({ "customer": { "profile": { "phone": "1" }, "tags": [longest] } });
    let made = conversation(&client, server.inbox(), fields).await;
    assert_eq!(find(&client, "customers", "tags", &longest).await, [id(&made["customerId"])]);

    let changed = client.update_conversation(&id(&made), &json!({ "labels": [longer] })).await;
    assert_eq!(changed.invalid_fields(), ["labels[0]"]);
    let changes = json!({ "tags": ["a", longer] });
    let changed = client.update_customer(&id(&made["customerId"]), &changes).await;
    assert_eq!(changed.invalid_fields(), ["tags[1]"]);
}

async fn an_id_in_a_path_is_written_in_one_way(server: &TestServer) {
    let client = server.client();
    let fields = json!({ "customer": { "profile": { "phone": "1" } }, "message": { "body": "a" } });
    let made = conversation(&client, server.inbox(), fields).await;
    let (messages, _) = client.list_messages(&id(&made), "").await.listed();
    let thread = id(&made);

    for (path, its_id) in [
        (format!("conversations/{thread}/messages/ID"), id(&messages[0])),
        ("conversations/ID/messages".to_owned(), thread.clone()),
        ("conversations/ID/history".to_owned(), thread),
        ("customers/ID".to_owned(), id(&made["customerId"])),
        ("users/ID".to_owned(), user(&client, "grace@example.org").await),
        ("inboxes/ID".to_owned(), inbox(&client, "Sales").await),
        ("keys/ID".to_owned(), id(&client.list_keys("").await.listed().0[0])),
    ] {
        let path = format!("/api/v1/{path}");
        for other in [
            its_id.to_uppercase(),
            its_id.replace('-', ""),
            format!("{{{its_id}}}"),
            format!("urn:uuid:{its_id}"),
            format!("{its_id}%00"),
            format!("%20{its_id}"),
            format!("x%2F{its_id}"),
        ] {
            let path = path.replace("ID", &other);
            for method in [Method::GET, Method::DELETE] {
                let reply = client.send(client.request(method, &path)).await;
                let no_such_method = reply.status == 405 && !path.ends_with(&other);
                assert!(reply.status == 404 || no_such_method, "{reply:?}");
            }
        }
        let there = client.get(&path.replace("ID", &its_id)).await;
        assert_eq!(there.status, 200, "{there:?}");
    }
}
