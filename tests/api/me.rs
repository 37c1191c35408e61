//! GET /me

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::id;

on_both_databases! {
    shows_the_key_and_its_workspace,
    each_key_sees_its_own_workspace_alone,
    takes_a_valid_key_and_nothing_else,
    shows_what_the_key_is_now,
    is_read_only_and_takes_no_parameters,
}

/// Makes a key, and a client that has it.
async fn key(server: &TestServer, new: Value) -> (Value, ApiClient) {
    let made = server.client().create_key(&new).await.created();
    let client = server.client_with_key(made["key"].as_str().expect("a secret"));
    (made, client)
}

async fn shows_the_key_and_its_workspace(server: &TestServer) {
    let new = json!({
        "name": "Website", "permissions": ["write:users", "read:customers"], "source": "widget",
        "expiresAt": "2999-01-01T00:00:00.000Z", "rateLimit": "1000/s",
    });
    let (made, client) = key(server, new).await;

    let reply = client.me().await;

    assert!(!reply.headers.contains_key("etag"), "{reply:?}");
    let shown = reply.ok();
    let workspace = shown["workspace"]["_id"].clone();
    assert_eq!(workspace.as_str().map(str::len), Some(36), "{shown}");
    let expected = json!({
        "_id": id(&made),
        "name": "Website",
        "permissions": ["read:customers", "write:users"],
        "source": "widget",
        "expiresAt": "2999-01-01T00:00:00.000Z",
        "rateLimit": "1000/s",
        "userId": null,
        "user": null,
        "workspace": { "_id": workspace, "name": "default" },
    });
    assert_eq!(shown, expected);
    assert_eq!(server.client().me().await.ok()["workspace"], expected["workspace"]);
}

async fn each_key_sees_its_own_workspace_alone(server: &TestServer) {
    let (ours, theirs) = (server.client(), server.client_of("Ŋ'\"%_ elsewhere").await);

    let (ours, theirs) = (ours.me().await.ok(), theirs.me().await.ok());

    assert_eq!((&ours["name"], &ours["workspace"]["name"]), (&json!("admin"), &json!("default")));
    assert_eq!(theirs["workspace"]["name"], "Ŋ'\"%_ elsewhere");
    assert_ne!(ours["workspace"]["_id"], theirs["workspace"]["_id"]);
}

async fn takes_a_valid_key_and_nothing_else(server: &TestServer) {
    let _error = server.anonymous().me().await.refused(401, "AUTH_REQUIRED");
    let nobody = server.client_with_key("sk_live_nothing");
    let _error = nobody.me().await.refused(401, "API_KEY_INVALID");
    for permissions in [&[][..], &[Permission::WriteAudit], Permission::ALL] {
        let shown = server.client_allowed(permissions).await.me().await.ok();
        assert_eq!(shown["permissions"], json!(permissions));
        assert_eq!((&shown["expiresAt"], &shown["rateLimit"]), (&Value::Null, &Value::Null));
    }

    let (made, client) = key(server, json!({ "name": "a", "permissions": ["read:users"] })).await;
    let _let_in = client.me().await.ok();
    server.client().revoke_key(&id(&made)).await.deleted();
    let _error = client.me().await.refused(401, "API_KEY_INVALID");
}

async fn shows_what_the_key_is_now(server: &TestServer) {
    let (made, client) = key(server, json!({ "name": "a", "permissions": ["read:users"] })).await;
    let _before = client.me().await.ok();

    let changes = json!({ "name": "b", "permissions": ["read:audit"], "rateLimit": "60/min" });
    let _changed = server.client().update_key(&id(&made), &changes).await.ok();

    let shown = client.me().await.ok();
    for (field, value) in changes.as_object().expect("fields") {
        assert_eq!(shown[field], *value, "{field}");
    }
}

async fn is_read_only_and_takes_no_parameters(server: &TestServer) {
    let client = server.client();
    let unknown = client.get("/api/v1/me?workspace=other").await;
    assert_eq!(unknown.invalid_fields(), ["workspace"]);
    let head = client.send(client.request(Method::HEAD, "/api/v1/me")).await;
    assert_eq!(head.status, 200);
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let reply = client.send(client.request(method, "/api/v1/me")).await;
        assert_eq!(reply.headers["allow"], "GET, HEAD", "{reply:?}");
        let _error = reply.refused(405, "METHOD_NOT_ALLOWED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_against_the_rate_limit() {
    for engine in Engine::ALL {
        let server = TestServer::start(engine).await;
        let new = json!({ "name": "a", "permissions": ["read:users"], "rateLimit": "1/h" });
        let (_, client) = key(&server, new).await;

        let _first = client.me().await.ok();

        let _error = client.me().await.refused(429, "RATE_LIMIT_EXCEEDED");
    }
}
