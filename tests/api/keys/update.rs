//! PATCH /keys/{id}

use conversations_testkit::TestServer;
use serde_json::json;

use super::{key, secret, without_secret};
use crate::support::id;

on_both_databases! {
    changes_what_is_there_and_keeps_the_rest,
    null_takes_the_end_and_the_limit_away,
    what_was_taken_away_is_gone_at_once,
    an_unchanged_update_changes_nothing,
    names_every_invalid_field,
    refuses_put,
}

async fn changes_what_is_there_and_keeps_the_rest(server: &TestServer) {
    let client = server.client();
    let new = json!({ "name": "Robot", "permissions": ["read:users"], "source": "widget" });
    let made = client.create_key(&new).await.created();
    let mut expected = without_secret(&made);

    let renamed = client.update_key(&id(&made), &json!({ "name": " Other " })).await.ok();
    expected["name"] = json!("Other");
    assert_eq!(renamed, expected);
    let changes = json!({
        "permissions": ["write:inboxes", "read:inboxes"], "expiresAt": "2999-01-01T00:00:00Z",
        "rateLimit": "600/min",
    });
    let changed = client.update_key(&id(&made), &changes).await.ok();
    expected["permissions"] = json!(["read:inboxes", "write:inboxes"]);
    expected["expiresAt"] = json!("2999-01-01T00:00:00.000Z");
    expected["rateLimit"] = json!("600/min");
    assert_eq!(changed, expected);
    assert_eq!(client.get_key(&id(&made)).await.ok(), expected);

    let robot = server.client_with_key(secret(&made));
    let _let_in = robot.list_inboxes("").await.listed();
}

async fn null_takes_the_end_and_the_limit_away(server: &TestServer) {
    let client = server.client();
    let end = "2999-01-01T00:00:00Z";
    let new = json!({
        "name": "Robot", "permissions": ["read:users"], "expiresAt": end, "rateLimit": "600/min",
    });
    let made = id(&client.create_key(&new).await.created());

    let changed = client.update_key(&made, &json!({ "expiresAt": null })).await.ok();
    assert_eq!((&changed["expiresAt"], &changed["rateLimit"]), (&json!(null), &json!("600/min")));
    let changed = client.update_key(&made, &json!({ "rateLimit": null })).await.ok();
    assert_eq!(changed["rateLimit"], json!(null));
    assert_eq!(client.get_key(&made).await.ok(), changed);
}

async fn what_was_taken_away_is_gone_at_once(server: &TestServer) {
    let client = server.client();
    let made = key(&client, &["read:users", "read:inboxes"]).await;
    let robot = server.client_with_key(secret(&made));
    let _let_in = robot.list_users("").await.listed();

    let changes = json!({ "permissions": ["read:inboxes"] });
    let _changed = client.update_key(&id(&made), &changes).await.ok();

    let error = robot.list_users("").await.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(error["details"]["required"], "read:users");
    let _let_in = robot.list_inboxes("").await.listed();
}

async fn an_unchanged_update_changes_nothing(server: &TestServer) {
    let client = server.client();
    let made = key(&client, &["read:users", "read:inboxes"]).await;
    let (before, _) = client.list_audit("").await.listed();

    let same = json!({
        "name": "Robot ", "permissions": ["read:inboxes", "read:users"], "expiresAt": null,
        "rateLimit": null,
    });
    let updated = client.update_key(&id(&made), &same).await.ok();

    assert_eq!(updated, without_secret(&made));
    assert_eq!(client.list_audit("").await.listed().0, before);
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();
    let made = key(&client, &["read:users"]).await;

    for (changes, wrong) in [
        (
            json!({ "name": " ", "permissions": ["read:users", "x"], "expiresAt": "soon",
                "rateLimit": "600/minute" }),
            vec!["expiresAt", "name", "permissions[1]", "rateLimit"],
        ),
        (json!({ "name": null, "permissions": null }), vec!["name", "permissions"]),
        (json!({ "permissions": [] }), vec!["permissions"]),
        (json!({ "permissions": ["read:users", "read:users"] }), vec!["permissions[1]"]),
        (json!({ "source": "widget" }), vec!["source"]),
        (json!({ "name": "a", "lastUsedAt": null }), vec!["lastUsedAt"]),
        (json!({ "key": "sk_live_a" }), vec!["key"]),
    ] {
        let fields = client.update_key(&id(&made), &changes).await.invalid_fields();
        assert_eq!(fields, wrong, "{changes}");
    }
    assert_eq!(client.update_key(&id(&made), &json!({})).await.invalid_fields().len(), 1);
    assert_eq!(client.get_key(&id(&made)).await.ok(), without_secret(&made));
}

async fn refuses_put(server: &TestServer) {
    let client = server.client();
    let made = key(&client, &["read:users"]).await;

    let path = format!("/api/v1/keys/{}", id(&made));
    let reply = client.put(&path, &json!({ "name": "Other" })).await;

    assert_eq!(reply.headers["allow"], "GET, HEAD, PATCH, DELETE");
    let _error = reply.refused(405, "METHOD_NOT_ALLOWED");
    assert_eq!(client.get_key(&id(&made)).await.ok(), without_secret(&made));
}
