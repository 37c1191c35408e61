//! `userId` of keys: the user whom a key speaks for

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use super::{secret, without_secret};
use crate::support::{UNKNOWN, id, user};

on_both_databases! {
    a_key_speaks_for_a_user,
    the_user_is_changed_and_removed,
    names_a_user_that_does_not_exist,
    a_deleted_user_leaves_the_key,
    a_key_without_users_names_its_user_by_id,
    it_grants_nothing,
    a_repeated_request_makes_one_key,
}

fn robot_of(user: &str, permissions: &[&str]) -> Value {
    json!({ "name": "Console", "permissions": permissions, "userId": user })
}

async fn a_key_speaks_for_a_user(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;

    let made = client.create_key(&robot_of(&grace, &["read:users"])).await.created();

    assert_eq!(made["userId"], json!(grace));
    assert_eq!(client.get_key(&id(&made)).await.ok(), without_secret(&made));
    let (listed, _) = client.list_keys("").await.listed();
    assert_eq!((&listed[0]["userId"], &listed[1]["userId"]), (&json!(grace), &json!(null)));
    let me = server.client_with_key(secret(&made)).me().await.ok();
    assert_eq!(me["userId"], json!(grace));
    assert_eq!(me["user"], client.get_user(&grace).await.ok());
}

async fn the_user_is_changed_and_removed(server: &TestServer) {
    let client = server.client();
    let (grace, ada) =
        (user(&client, "grace@example.org").await, user(&client, "ada@example.org").await);
    let made = client.create_key(&robot_of(&grace, &["read:users"])).await.created();
    let (key, robot) = (id(&made), server.client_with_key(secret(&made)));

    for value in [json!(ada), json!(null), json!(grace)] {
        let changed = client.update_key(&key, &json!({ "userId": value })).await.ok();

        assert_eq!((&changed["userId"], &changed["name"]), (&value, &json!("Console")));
        assert_eq!(client.get_key(&key).await.ok()["userId"], value);
        let me = robot.me().await.ok();
        assert_eq!((&me["userId"], &me["user"]["_id"]), (&value, &value));
    }
    let renamed = client.update_key(&key, &json!({ "name": "Desk" })).await.ok();
    assert_eq!(renamed["userId"], json!(grace));
    // What is set to what it is leaves no entry.
    let audited = client.list_audit("").await.body["pagination"]["total"].clone();
    let _same = client.update_key(&key, &json!({ "userId": grace })).await.ok();
    assert_eq!(client.list_audit("").await.body["pagination"]["total"], audited);
}

async fn names_a_user_that_does_not_exist(server: &TestServer) {
    let client = server.client();
    let theirs = user(&server.client_of("elsewhere").await, "eve@example.org").await;
    let gone = user(&client, "gone@example.org").await;
    client.delete_user(&gone).await.deleted();
    let made = client.create_key(&json!({ "name": "a", "permissions": ["read:users"] })).await;
    let made = without_secret(&made.created());

    for unknown in [UNKNOWN, &theirs, &gone] {
        let create = client.create_key(&robot_of(unknown, &["read:users"])).await;
        let update = client.update_key(&id(&made), &json!({ "userId": unknown })).await;
        for refused in [create, update] {
            let error = refused.refused(422, "VALIDATION_ERROR");
            assert_eq!(error["details"], json!({ "userId": ["does not exist"] }), "{unknown}");
        }
    }
    for wrong in [json!("grace"), json!(7), json!({})] {
        let body = json!({ "name": "a", "permissions": ["read:users"], "userId": wrong });
        assert_eq!(client.create_key(&body).await.invalid_fields(), ["userId"], "{wrong}");
        let changed = client.update_key(&id(&made), &json!({ "userId": wrong })).await;
        assert_eq!(changed.invalid_fields(), ["userId"], "{wrong}");
    }
    assert_eq!(client.get_key(&id(&made)).await.ok(), made);
    assert_eq!(client.list_keys("").await.body["pagination"]["total"], 2);
}

async fn a_deleted_user_leaves_the_key(server: &TestServer) {
    let client = server.client();
    let (grace, ada) =
        (user(&client, "grace@example.org").await, user(&client, "ada@example.org").await);
    let of_grace = client.create_key(&robot_of(&grace, &["read:users"])).await.created();
    let of_ada = client.create_key(&robot_of(&ada, &["read:users"])).await.created();

    client.delete_user(&grace).await.deleted();

    let mut expected = without_secret(&of_grace);
    expected["userId"] = json!(null);
    assert_eq!(client.get_key(&id(&of_grace)).await.ok(), expected);
    let me = server.client_with_key(secret(&of_grace)).me().await.ok();
    assert_eq!((&me["userId"], &me["user"]), (&json!(null), &json!(null)));
    assert_eq!(client.get_key(&id(&of_ada)).await.ok()["userId"], json!(ada));
    let again = user(&client, "grace@example.org").await;
    let changed = client.update_key(&id(&of_grace), &json!({ "userId": again })).await.ok();
    assert_eq!(changed["userId"], json!(again));
}

async fn a_key_without_users_names_its_user_by_id(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = client
        .create_key(&robot_of(&grace, &["write:users", "read:conversations"]))
        .await
        .created();

    let me = server.client_with_key(secret(&made)).me().await.ok();

    assert_eq!((&me["userId"], &me["user"]), (&json!(grace), &json!(null)));
}

async fn it_grants_nothing(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let maker = client.create_key(&robot_of(&grace, &["write:keys"])).await.created();
    let maker = server.client_with_key(secret(&maker));

    let made = maker.create_key(&robot_of(&grace, &["write:keys"])).await.created();

    assert_eq!(made.as_object().expect("an object").keys().collect::<Vec<_>>(), ["_id", "key"]);
    let refused = maker.create_key(&robot_of(&grace, &["read:users"])).await;
    let error = refused.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(error["details"]["required"], json!(["read:users"]));
    let error = maker.get_user(&grace).await.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(error["details"]["required"], "read:users");
}

async fn a_repeated_request_makes_one_key(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let send = async || {
        let request = client.request(reqwest::Method::POST, "/api/v1/keys");
        let request = request.header("idempotency-key", "console-1");
        client.send(request.json(&robot_of(&grace, &["read:users"]))).await
    };

    let first = send().await.created();
    client.delete_user(&grace).await.deleted();
    let again = send().await.created();

    assert_eq!(again, without_secret(&first));
    assert_eq!(client.get_key(&id(&first)).await.ok()["userId"], json!(null));
}
