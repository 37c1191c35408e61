//! Control characters but tab, line feed and carriage return, NUL above all.

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, user};

on_both_databases! {
    are_refused_everywhere,
    are_refused_in_changes,
    are_refused_in_queries,
    are_kept_in_messages_but_for_nul,
}

/// What no text may hold.
const CONTROLS: [&str; 6] = ["\u{0}", "\u{1}", "\u{8}", "\u{b}", "\u{1b}", "\u{1f}"];

async fn are_refused_everywhere(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({})).await;

    for control in CONTROLS {
        let text = format!("a{control}b");
        let new = json!({ "subject": text, "inboxId": server.inbox() });
        assert_eq!(client.create_conversation(&new).await.invalid_fields(), ["subject"]);
        let change = json!({ "subject": text });
        let changed = client.update_conversation(&id(&made), &change).await;
        assert_eq!(changed.invalid_fields(), ["subject"]);
        for (field, profile) in [
            ("profile.firstName", json!({ "firstName": text })),
            ("profile.phone", json!({ "firstName": "Ada", "phone": control })),
            ("profile.email", json!({ "email": format!("{text}@example.org") })),
        ] {
            let reply = client.post("/api/v1/customers", &json!({ "profile": profile })).await;
            assert_eq!(reply.invalid_fields(), [field]);
        }
        let fields = json!({ "profile": { "phone": "1" }, "customFields": { "x": text } });
        let reply = client.post("/api/v1/customers", &fields).await;
        assert_eq!(reply.invalid_fields(), ["customFields.x"]);
        let reply = client.post("/api/v1/inboxes", &json!({ "name": text })).await;
        assert_eq!(reply.invalid_fields(), ["name"]);
    }
    let (_, pagination) = client.list_conversations("").await.listed();
    assert_eq!(pagination["total"], 1);
    assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
}

async fn are_refused_in_changes(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({ "labels": ["a"] })).await);
    let ada = customer(&client, "ada@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let key = json!({ "name": "Robot", "permissions": ["read:users"] });
    let key = id(&client.create_key(&key).await.created());
    let inbox = server.inbox();

    for control in CONTROLS {
        let text = format!("a{control}b");
        for (path, changes, wrong) in [
            (format!("conversations/{made}"), json!({ "labels": [text] }), "labels[0]"),
            (format!("conversations/{made}"), json!({ "labels": ["a", control] }), "labels[1]"),
            (
                format!("customers/{ada}"),
                json!({ "profile": { "company": text } }),
                "profile.company",
            ),
            (
                format!("customers/{ada}"),
                json!({ "profile": { "firstName": control } }),
                "profile.firstName",
            ),
            (format!("customers/{ada}"), json!({ "tags": [text] }), "tags[0]"),
            (
                format!("customers/{ada}"),
                json!({ "customFields": { "x": text } }),
                "customFields.x",
            ),
            (format!("users/{grace}"), json!({ "name": text }), "name"),
            (format!("users/{grace}"), json!({ "email": format!("{text}@b") }), "email"),
            (format!("inboxes/{inbox}"), json!({ "name": text }), "name"),
            (format!("keys/{key}"), json!({ "name": text }), "name"),
        ] {
            let path = format!("/api/v1/{path}");
            let before = client.get(&path).await.ok();
            let reply = client.patch(&path, &changes).await;
            assert_eq!(reply.invalid_fields(), [wrong], "{changes}");
            assert_eq!(client.get(&path).await.ok(), before);
        }
    }
}

async fn are_kept_in_messages_but_for_nul(server: &TestServer) {
    let client = server.client();
    let body: String = (1..0x20_u8).map(char::from).chain("\u{7f}\u{85}zebra".chars()).collect();
    let first = json!({ "message": { "body": body, "author": { "type": "system" } } });
    let made = id(&conversation(&client, server.inbox(), first).await);

    let written = client.create_message(&made, &by_system(&body)).await.created();

    assert_eq!(written["body"], body);
    let (messages, _) = client.list_messages(&made, "").await.listed();
    assert_eq!(messages.iter().filter(|message| message["body"] == body.as_str()).count(), 2);
    let (found, _) = client.list_conversations("q=zebra").await.listed();
    assert_eq!(found.len(), 1, "words beside them are found");
    let refused = client.create_message(&made, &by_system("a\0b")).await;
    assert_eq!(refused.invalid_fields(), ["body"]);
}

async fn are_refused_in_queries(server: &TestServer) {
    let client = server.client();

    for control in ["%00", "%01", "%08", "%0B", "%1b", "%1F"] {
        for (list, name) in
            [("conversations", "label"), ("customers", "tags"), ("customers", "search")]
        {
            for value in [control.to_owned(), format!("a{control}b"), format!("a{control}")] {
                let reply = client.get(&format!("/api/v1/{list}?{name}={value}")).await;
                assert_eq!(reply.invalid_fields(), [name], "{value}");
            }
        }
    }
    // Tab, line feed and carriage return are text.
    for list in ["conversations?label=a%09b%0D%0Ac", "customers?search=a%09b%0D%0Ac"] {
        let (found, _) = client.get(&format!("/api/v1/{list}")).await.listed();
        assert_eq!(found, Vec::<Value>::new());
    }
    for malformed in ["%", "%4", "%GG", "%FF", "%ED%A0%80", "%C0%80"] {
        let reply = client.list_customers(&format!("search={malformed}")).await;
        let _error = reply.refused(400, "BAD_REQUEST");
    }
}
