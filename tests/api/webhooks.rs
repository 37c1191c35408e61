//! Webhooks: what callers make, see and change of them.

mod sending;

use conversations_domain::Permission;
use conversations_testkit::TestServer;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, id, inbox};

on_both_databases! {
    a_new_webhook_shows_its_secret_once_and_hides_headers,
    names_every_problem_of_a_webhook,
    a_url_is_shown_as_it_is_called,
    an_update_changes_what_it_names,
    a_webhook_needs_the_permissions_of_its_types,
    managing_webhooks_is_reading_and_writing_them,
    a_workspace_has_at_most_50_webhooks,
    at_most_three_secrets_sign_at_the_same_time,
    a_replay_moves_the_position,
    a_test_replies_with_the_attempt,
    deliveries_are_listed_by_webhook,
    the_audit_records_changes_of_webhooks,
}

/// A webhook that is switched off, so that its state does not change.
fn a_webhook() -> Value {
    json!({
        "name": "Warehouse", "url": "https://receiver.invalid/hooks",
        "events": ["conversation.*", "user.created"], "isActive": false,
    })
}

async fn a_new_webhook_shows_its_secret_once_and_hides_headers(server: &TestServer) {
    let client = server.client();
    let mut new = a_webhook();
    new["headers"] = json!({ "Authorization": "Bearer 42", "X-A": "1" });
    new["retryPolicy"] = json!({ "maxRetries": 3 });

    let made = client.create_webhook(&new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let mut made = made.created();

    let secret = made.as_object_mut().and_then(|fields| fields.remove("secret"));
    let secret = secret.expect("a secret");
    let secret = secret.as_str().expect("a text");
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{}", secret.len());
    let (position, behind) = (made["position"].clone(), made["behind"].clone());
    let expected = json!({
        "_id": made["_id"], "name": "Warehouse", "url": "https://receiver.invalid/hooks",
        "events": ["conversation.*", "user.created"],
        "headers": { "Authorization": "…", "X-A": "…" },
        "retryPolicy": { "maxRetries": 3 },
        "isActive": false, "status": "paused", "failingSince": null, "disabledReason": null,
        "position": position, "behind": behind,
        "createdAt": made["createdAt"], "updatedAt": made["createdAt"],
    });
    assert_eq!(made, expected);
    assert_eq!(behind, 0);
    assert_eq!(position, client.list_events("").await.body["pagination"]["latest"]);
    assert_eq!(client.get_webhook(&id(&made)).await.ok(), made);
    let (listed, _) = client.list_webhooks("").await.listed();
    assert_eq!(listed, [made]);
}

async fn names_every_problem_of_a_webhook(server: &TestServer) {
    let client = server.client();
    let wrong = json!({
        "name": "", "url": "http://user@receiver.invalid", "events": ["*", "calls.*", "*"],
        "headers": { "Host": "a" }, "retryPolicy": { "maxRetries": 11 }, "isActive": "yes",
    });

    let refused = client.create_webhook(&wrong).await;

    assert_eq!(
        refused.invalid_fields(),
        [
            "events[1]",
            "events[2]",
            "headers.Host",
            "isActive",
            "name",
            "retryPolicy.maxRetries",
            "url"
        ]
    );
    for (field, value) in [
        ("url", json!("http://receiver.invalid")),
        ("url", json!("https://receiver.invalid/#a")),
        ("url", json!("https:///receiver.invalid/")),
        ("url", json!("https:receiver.invalid")),
        ("url", json!("https:\\\\receiver.invalid")),
        ("url", json!("https://receiver.invalid\\a")),
        ("url", json!("https://receiver\t.invalid")),
        ("url", json!("HTTPS://receiver.invalid")),
        ("events", json!([])),
        ("headers.a", json!({ "a": 1 })),
        ("headers.a", json!({ "a": "…" })),
        ("headers.Webhook-Id", json!({ "Webhook-Id": "1", "User-Agent": "a" })),
        ("retryPolicy.maxRetries", json!({ "maxRetries": 1.5 })),
        ("retryPolicy.maxRetries", json!({})),
    ] {
        let mut new = a_webhook();
        new[field.split('.').next().expect("a field")] = value.clone();
        let refused = client.create_webhook(&new).await;
        assert_eq!(refused.invalid_fields(), [field], "{value}");
    }
    let (listed, _) = client.list_webhooks("").await.listed();
    assert_eq!(listed, Vec::<Value>::new());
}

async fn a_url_is_shown_as_it_is_called(server: &TestServer) {
    let client = server.client();
    let mut new = a_webhook();
    new["url"] = json!("https://BÜCHER.invalid:443/a/../b?c");

    let made = client.create_webhook(&new).await.created();

    assert_eq!(made["url"], "https://xn--bcher-kva.invalid/b?c");
    let same = client.update_webhook(&id(&made), &json!({ "url": new["url"] })).await.ok();
    assert_eq!((&same["url"], &same["updatedAt"]), (&made["url"], &made["updatedAt"]));
}

async fn an_update_changes_what_it_names(server: &TestServer) {
    let client = server.client();
    let mut made = client.create_webhook(&a_webhook()).await.created();
    let _secret = made.as_object_mut().and_then(|fields| fields.remove("secret"));
    let made_id = id(&made);

    let same = client.update_webhook(&made_id, &json!({ "name": "Warehouse" })).await.ok();
    assert_eq!(same, made);
    let changes = json!({
        "name": "Shop", "url": "https://shop.invalid/", "events": ["*"],
        "headers": { "X-A": "1" }, "retryPolicy": { "maxRetries": 0 },
    });
    let changed = client.update_webhook(&made_id, &changes).await.ok();

    for (field, value) in changes.as_object().expect("an object") {
        let expected = if field == "headers" { json!({ "X-A": "…" }) } else { value.clone() };
        assert_eq!(changed[field], expected, "{field}");
    }
    assert_eq!((&changed["status"], &changed["position"]), (&made["status"], &made["position"]));
    assert_eq!(client.get_webhook(&made_id).await.ok(), changed);
    let cleared = client.update_webhook(&made_id, &json!({ "headers": {} })).await.ok();
    assert_eq!(cleared["headers"], json!({}));
    client.delete_webhook(&made_id).await.deleted();
    assert_eq!(client.get_webhook(&made_id).await.status, 404);
}

async fn a_webhook_needs_the_permissions_of_its_types(server: &TestServer) {
    let admin = server.client();
    let writer = [Permission::WriteWebhooks, Permission::ReadConversations];
    let writer = server.client_allowed(&writer).await;
    let mut new = a_webhook();

    let refused = writer.create_webhook(&new).await.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(refused["details"]["required"], json!(["read:users"]));
    new["events"] = json!(["message.created"]);
    let made = id(&writer.create_webhook(&new).await.created());
    let more = json!({ "events": ["message.created", "inbox.*"] });
    let refused = writer.update_webhook(&made, &more).await;
    let refused = refused.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(refused["details"]["required"], json!(["read:inboxes"]));

    let theirs = id(&admin.create_webhook(&a_webhook()).await.created());
    let moved = json!({ "url": "https://elsewhere.invalid" });
    let refused = writer.update_webhook(&theirs, &moved).await;
    let refused = refused.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(refused["details"]["required"], json!(["read:users"]));
    let renamed = writer.update_webhook(&theirs, &json!({ "name": "Shop" })).await;
    assert_eq!(renamed.ok(), json!({ "_id": theirs }));
}

async fn managing_webhooks_is_reading_and_writing_them(server: &TestServer) {
    let manager = server.client_allowed(&[Permission::ManageWebhooks]).await;
    let mut new = a_webhook();
    new["events"] = json!(["webhook.disabled"]);

    let made = manager.create_webhook(&new).await.created();

    assert_eq!(made["name"], "Warehouse");
    let _read = manager.get_webhook(&id(&made)).await.ok();
    manager.delete_webhook(&id(&made)).await.deleted();
}

async fn a_workspace_has_at_most_50_webhooks(server: &TestServer) {
    let client = server.client();
    for _ in 0..50 {
        let _made = client.create_webhook(&a_webhook()).await.created();
    }

    let _error = client.create_webhook(&a_webhook()).await.refused(409, "CONFLICT");

    let (listed, pagination) = client.list_webhooks("limit=1").await.listed();
    assert_eq!((listed.len(), &pagination["total"]), (1, &json!(50)));
    client.delete_webhook(&id(&listed[0])).await.deleted();
    let _made = client.create_webhook(&a_webhook()).await.created();
}

async fn at_most_three_secrets_sign_at_the_same_time(server: &TestServer) {
    let client = server.client();
    let made = client.create_webhook(&a_webhook()).await.created();
    let made_id = id(&made);
    let mut secrets = vec![made["secret"].clone()];

    for _ in 0..2 {
        let rotated = client.rotate_webhook_secret(&made_id, &json!({})).await.ok();
        assert!(!secrets.contains(&rotated["secret"]));
        secrets.push(rotated["secret"].clone());
    }
    let _error = client.rotate_webhook_secret(&made_id, &json!({})).await.refused(409, "CONFLICT");
    let alone = client.rotate_webhook_secret(&made_id, &json!({ "expiresIn": 0 })).await.ok();

    assert!(!secrets.contains(&alone["secret"]));
    let _again =
        client.rotate_webhook_secret(&made_id, &json!({ "expiresIn": 604_800 })).await.ok();
    for seconds in [json!(-1), json!(604_801), json!("1"), json!(1.5)] {
        let refused =
            client.rotate_webhook_secret(&made_id, &json!({ "expiresIn": seconds })).await;
        assert_eq!(refused.invalid_fields(), ["expiresIn"], "{seconds}");
    }
}

async fn a_replay_moves_the_position(server: &TestServer) {
    let client = server.client();
    let made = id(&client.create_webhook(&a_webhook()).await.created());
    let _inbox = inbox(&client, "Sales").await;
    let events = client.list_events("").await.body;
    let pagination = &events["pagination"];
    let last = events["data"].as_array().and_then(|events| events.last()).expect("an event");

    for (after, position) in [
        (json!("earliest"), &pagination["earliest"]),
        (json!("latest"), &pagination["latest"]),
        (last["cursor"].clone(), &last["cursor"]),
    ] {
        let moved = client.replay_webhook(&made, &json!({ "after": after })).await.ok();
        assert_eq!(moved["position"], *position, "{after}");
        assert_eq!(client.get_webhook(&made).await.ok(), moved);
    }
    let gone = client.replay_webhook(&made, &json!({ "after": "99-00000000" })).await;
    let gone = gone.refused(410, "CURSOR_GONE");
    assert_eq!(gone["details"]["latest"], pagination["latest"]);
    for wrong in [json!("now"), json!(""), json!(1), Value::Null] {
        let refused = client.replay_webhook(&made, &json!({ "after": wrong })).await;
        assert_eq!(refused.invalid_fields(), ["after"], "{wrong}");
    }
}

async fn a_test_replies_with_the_attempt(server: &TestServer) {
    let client = server.client();
    let made = id(&client.create_webhook(&a_webhook()).await.created());

    let attempt = client.test_webhook(&made).await.ok();

    assert_eq!((&attempt["error"], &attempt["statusCode"]), (&json!("dns"), &Value::Null));
    assert!(attempt["at"].is_string() && attempt["duration"].is_u64(), "{attempt}");
    let unknown = client.test_webhook(UNKNOWN).await;
    let _error = unknown.refused(404, "NOT_FOUND");
}

async fn deliveries_are_listed_by_webhook(server: &TestServer) {
    let client = server.client();
    let made = id(&client.create_webhook(&a_webhook()).await.created());

    for query in ["", "status=failed", &format!("eventId={UNKNOWN}&status=pending")] {
        let (listed, pagination) = client.list_deliveries(&made, query).await.listed();
        assert_eq!((listed, &pagination["total"]), (vec![], &json!(0)), "{query}");
    }
    let refused = client.list_deliveries(&made, "status=lost&eventId=1").await;
    assert_eq!(refused.invalid_fields(), ["eventId", "status"]);
    let _error = client.list_deliveries(UNKNOWN, "").await.refused(404, "NOT_FOUND");
    let _error = client.redeliver(&made, UNKNOWN).await.refused(404, "NOT_FOUND");
}

async fn the_audit_records_changes_of_webhooks(server: &TestServer) {
    let client = server.client();
    let made = id(&client.create_webhook(&a_webhook()).await.created());
    let _changed = client.update_webhook(&made, &json!({ "name": "Shop" })).await.ok();
    let _same = client.update_webhook(&made, &json!({ "name": "Shop" })).await.ok();
    let _rotated = client.rotate_webhook_secret(&made, &json!({})).await.ok();
    client.delete_webhook(&made).await.deleted();

    let (entries, _) = client.get("/api/v1/audit").await.listed();

    let of_it = entries.iter().filter(|entry| entry["targetId"] == made);
    let actions: Vec<_> = of_it.map(|entry| entry["action"].as_str().expect("a word")).collect();
    let expected =
        ["webhook.deleted", "webhook.secret_rotated", "webhook.updated", "webhook.created"];
    assert_eq!(actions, expected);
}
