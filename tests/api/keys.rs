//! GET and POST /keys, GET, PATCH and DELETE /keys/{id}

mod expiry;
mod grants;
mod update;
mod users;

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, TestServer};
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, id, ids, location};

on_both_databases! {
    shows_the_secret_once,
    keeps_every_field,
    lets_in_at_once_to_what_it_may,
    its_source_is_that_of_its_conversations,
    lists_newest_first_with_totals,
    names_every_invalid_field,
    a_revoked_key_opens_nothing_and_is_gone,
    a_key_may_revoke_itself,
    is_not_found_for_an_unknown_id,
}

/// Makes a key with these permissions.
async fn key(client: &ApiClient, permissions: &[&str]) -> Value {
    let new = json!({ "name": "Robot", "permissions": permissions });
    client.create_key(&new).await.created()
}

#[track_caller]
fn secret(key: &Value) -> &str {
    key["key"].as_str().expect("a secret")
}

/// The key as it is shown from then on.
fn without_secret(key: &Value) -> Value {
    let mut shown = key.clone();
    let _secret = shown.as_object_mut().expect("an object").remove("key");
    shown
}

async fn shows_the_secret_once(server: &TestServer) {
    let client = server.client();

    let new = json!({ "name": " Robot ", "permissions": ["read:conversations"] });
    let reply = client.create_key(&new).await;
    let location = location(&reply);
    let made = reply.created();

    let secret = secret(&made);
    assert!(secret.starts_with("sk_live_") && secret.len() >= 51, "{secret}");
    let (made_id, at) = (id(&made), made["createdAt"].clone());
    let shown = json!({
        "_id": made_id,
        "name": "Robot",
        "permissions": ["read:conversations"],
        "source": "api",
        "expiresAt": null,
        "rateLimit": null,
        "userId": null,
        "lastUsedAt": null,
        "hint": secret[secret.len() - 4..],
        "createdAt": at,
    });
    assert_eq!(without_secret(&made), shown);
    assert_eq!(location, format!("/api/v1/keys/{made_id}"));
    assert_eq!(client.get(&location).await.ok(), shown);
    let (listed, _) = client.list_keys("").await.listed();
    assert_eq!(listed[0], shown);
    let renamed = client.update_key(&made_id, &json!({ "name": "Other" })).await;
    let audit = client.list_audit("").await;
    for reply in [renamed, audit, client.list_keys("").await] {
        assert!(!reply.body.to_string().contains(secret), "{reply:?}");
        assert!(!reply.body.to_string().contains("\"key\":"), "{reply:?}");
    }
}

async fn keeps_every_field(server: &TestServer) {
    let client = server.client();
    let all: Vec<_> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();

    for (end, shown, limit) in [
        ("2999-01-01T01:00:00.1239+01:00", "2999-01-01T00:00:00.123Z", "1/s"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z", "1000000/h"),
    ] {
        let new = json!({
            "name": "👍".repeat(100), "permissions": all, "source": "phone", "expiresAt": end,
            "rateLimit": limit,
        });
        let made = client.create_key(&new).await.created();

        assert_eq!(made["name"], new["name"]);
        assert_eq!(made["permissions"], json!(all));
        assert_eq!(made["source"], "phone");
        assert_eq!(made["expiresAt"], shown);
        assert_eq!(made["rateLimit"], limit);
        assert_eq!(client.get_key(&id(&made)).await.ok(), without_secret(&made));
    }
}

async fn lets_in_at_once_to_what_it_may(server: &TestServer) {
    let made = key(&server.client(), &["read:inboxes"]).await;
    let robot = server.client_with_key(secret(&made));

    let (inboxes, _) = robot.list_inboxes("").await.listed();
    assert_eq!(ids(&inboxes), [server.inbox()]);
    let error = robot.list_users("").await.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(error["details"]["required"], "read:users");
}

async fn its_source_is_that_of_its_conversations(server: &TestServer) {
    let client = server.client();

    for source in ["widget", "phone", "api", "email"] {
        let permissions = ["read:conversations", "write:conversations"];
        let new = json!({ "name": "Robot", "permissions": permissions, "source": source });
        let made = client.create_key(&new).await.created();
        let robot = server.client_with_key(secret(&made));
        let opened = conversation(&robot, server.inbox(), json!({})).await;
        assert_eq!(opened["source"], source);
    }
}

async fn lists_newest_first_with_totals(server: &TestServer) {
    let client = server.client();
    let one = id(&key(&client, &["read:users"]).await);
    let other = id(&key(&client, &["read:users"]).await);

    let (page, pagination) = client.list_keys("limit=2").await.listed();
    assert_eq!(ids(&page), [other, one]);
    assert_eq!(pagination, json!({ "total": 3, "page": 1, "limit": 2, "totalPages": 2 }));
    let (page, _) = client.list_keys("limit=2&page=2").await.listed();
    assert_eq!((page.len(), &page[0]["name"]), (1, &json!("admin")));
    let secret = client.key().expect("a key");
    assert_eq!(page[0]["hint"], secret[secret.len() - 4..]);
    assert_eq!(client.list_keys("name=admin&page=0").await.invalid_fields(), ["name", "page"]);
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();
    let with = |permissions: Value| json!({ "name": "Robot", "permissions": permissions });

    for (body, wrong) in [
        (json!({}), vec!["name", "permissions"]),
        (json!({ "name": null, "permissions": null }), vec!["name", "permissions"]),
        (
            json!({
                "name": "x".repeat(101), "permissions": ["read:users", "all", "write:all"],
                "source": "fax", "expiresAt": "tomorrow", "rateLimit": "600",
            }),
            vec!["expiresAt", "name", "permissions[1]", "permissions[2]", "rateLimit", "source"],
        ),
        (with(json!([])), vec!["permissions"]),
        (with(json!("read:users")), vec!["permissions"]),
        (with(json!(["read:users", "read:users"])), vec!["permissions[1]"]),
        (with(json!(["read:keys", "Read:users", ""])), vec!["permissions[1]", "permissions[2]"]),
        (with(json!(["read:users", 1])), vec!["permissions[1]"]),
        (json!({ "name": "a\u{0}", "permissions": ["read:users"] }), vec!["name"]),
        (
            json!({ "name": "a", "permissions": ["read:users"], "expiresAt": "2999-01-01" }),
            vec!["expiresAt"],
        ),
        (
            json!({ "name": "a", "permissions": ["read:users"], "expiresAt": 32_472_144_000_i64 }),
            vec!["expiresAt"],
        ),
        (
            json!({ "name": "a", "permissions": ["read:users"], "rateLimit": 600 }),
            vec!["rateLimit"],
        ),
        (json!({ "name": "a", "permissions": ["read:users"], "key": "sk_live_a" }), vec!["key"]),
        (json!({ "name": "a", "permissions": ["read:users"], "hint": "abcd" }), vec!["hint"]),
        (
            json!({ "name": "a", "permissions": ["read:users"], "workspaceId": UNKNOWN }),
            vec!["workspaceId"],
        ),
    ] {
        assert_eq!(client.create_key(&body).await.invalid_fields(), wrong, "{body}");
    }
    let (_, pagination) = client.list_keys("").await.listed();
    assert_eq!(pagination["total"], 1);
}

async fn a_revoked_key_opens_nothing_and_is_gone(server: &TestServer) {
    let client = server.client();
    let made = key(&client, &["read:conversations"]).await;
    let robot = server.client_with_key(secret(&made));
    let _let_in = robot.list_conversations("").await.listed();

    let reply = client.revoke_key(&id(&made)).await;

    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, json!({ "success": true, "message": "The key was revoked." }));
    for path in ["/api/v1/conversations", "/api/v1/users", "/api/v1/nothing"] {
        let _error = robot.get(path).await.refused(401, "API_KEY_INVALID");
    }
    let _gone = client.get_key(&id(&made)).await.refused(404, "NOT_FOUND");
    let update = client.update_key(&id(&made), &json!({ "name": "Other" })).await;
    let _gone = update.refused(404, "NOT_FOUND");
    let _gone = client.revoke_key(&id(&made)).await.refused(404, "NOT_FOUND");
    let (left, pagination) = client.list_keys("").await.listed();
    assert_eq!((&left[0]["name"], &pagination["total"]), (&json!("admin"), &json!(1)));
}

async fn a_key_may_revoke_itself(server: &TestServer) {
    let made = key(&server.client(), &["write:keys"]).await;
    let robot = server.client_with_key(secret(&made));

    robot.revoke_key(&id(&made)).await.deleted();

    let _error = robot.revoke_key(&id(&made)).await.refused(401, "API_KEY_INVALID");
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    let client = server.client();
    let made = key(&client, &["read:users"]).await;

    for other in [UNKNOWN, &id(&made).to_uppercase(), "0", secret(&made)] {
        let _error = client.get_key(other).await.refused(404, "NOT_FOUND");
        let update = client.update_key(other, &json!({ "name": "Other" })).await;
        let _error = update.refused(404, "NOT_FOUND");
        let _error = client.revoke_key(other).await.refused(404, "NOT_FOUND");
    }
    assert_eq!(client.get_key(&id(&made)).await.ok(), without_secret(&made));
}
