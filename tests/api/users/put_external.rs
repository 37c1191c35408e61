//! PUT /users/external/{source}/{externalId}

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{id, location, user};

on_both_databases! {
    creates_and_then_changes,
    names_what_a_new_user_needs,
}

const PATH: &str = "/api/v1/users/external/idp/auth0%7C7";

async fn creates_and_then_changes(server: &TestServer) {
    let client = server.client();
    let body = json!({ "name": "Grace", "email": "grace@example.org" });

    let reply = client.put(PATH, &body).await;
    let path = location(&reply);
    let made = reply.created();
    assert_eq!(path, format!("/api/v1/users/{}", id(&made)));
    assert_eq!(made["externalId"], json!({ "source": "idp", "id": "auth0|7" }));
    assert_eq!(made["role"], "agent");

    let changed = client.put(PATH, &json!({ "role": "admin" })).await.ok();
    let mut expected = made;
    expected["role"] = json!("admin");
    expected["updatedAt"] = changed["updatedAt"].clone();
    assert_eq!(changed, expected);
    assert_eq!(client.get(&path).await.ok(), changed);
    let _eve = user(&client, "eve@example.org").await;
    let taken = json!({ "email": "EVE@example.org" });
    let error = client.put(PATH, &taken).await.refused(409, "CONFLICT");
    assert!(error["details"]["email"].is_array(), "{error}");
}

async fn names_what_a_new_user_needs(server: &TestServer) {
    let client = server.client();

    let refused = client.put(PATH, &json!({ "role": "admin" })).await;
    assert_eq!(refused.invalid_fields(), ["email", "name"]);
    let refused = client.put(PATH, &json!({ "name": "Grace" })).await;
    assert_eq!(refused.invalid_fields(), ["email"]);
    let (_, pagination) = client.list_users("").await.listed();
    assert_eq!(pagination["total"], 0);
}
