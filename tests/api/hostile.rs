//! Text that breaks other services: the same answers on both databases, nothing stored that was
//! refused, and the server goes on.

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{conversation, id};

on_both_databases! {
    any_text_survives_a_round_trip,
    control_characters_are_refused_everywhere,
    a_subject_counts_characters,
}

async fn any_text_survives_a_round_trip(server: &TestServer) {
    let client = server.client();

    for text in [
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
    ] {
        let made = conversation(&client, server.inbox(), json!({ "subject": text })).await;
        assert_eq!(made["subject"], text.trim());
        assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
    }
}

async fn control_characters_are_refused_everywhere(server: &TestServer) {
    let client = server.client();
    let made = conversation(&client, server.inbox(), json!({})).await;

    for control in ["\u{0}", "\u{1}", "\u{8}", "\u{b}", "\u{1b}", "\u{1f}"] {
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

async fn a_subject_counts_characters(server: &TestServer) {
    let client = server.client();

    let longest = "👍".repeat(255);
    let made = conversation(&client, server.inbox(), json!({ "subject": longest })).await;
    assert_eq!(made["subject"], longest);
    let longer = json!({ "subject": "👍".repeat(256), "inboxId": server.inbox() });
    assert_eq!(client.create_conversation(&longer).await.invalid_fields(), ["subject"]);
}
