//! GET and POST /users, GET, PUT, PATCH and DELETE /users/{id}

mod delete;
mod external_ids;
mod put_external;

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, id, ids, location, user};

on_both_databases! {
    round_trips_every_field,
    lists_newest_first_with_totals,
    put_and_patch_change_what_is_there_and_keep_the_rest,
    an_unchanged_update_changes_nothing,
    an_address_is_taken_whatever_its_case,
    is_shown_in_conversations_at_once,
    names_every_invalid_field,
    refuses_an_update_without_a_field,
    is_not_found_for_an_unknown_id,
}

async fn round_trips_every_field(server: &TestServer) {
    let client = server.client();
    let external_id = json!({ "source": "hr", "id": "a/1" });
    let body = json!({
        "externalId": external_id, "name": " Grace Hopper ", "email": "Grace@example.org",
        "role": "owner",
    });

    let reply = client.create_user(&body).await;
    let location = location(&reply);
    let made = reply.created();

    assert_eq!(location, format!("/api/v1/users/{}", id(&made)));
    assert_eq!(client.get(&location).await.ok(), made);
    let (id, at) = (made["_id"].clone(), made["createdAt"].clone());
    assert_eq!(
        made,
        json!({
            "_id": id, "externalId": external_id, "name": "Grace Hopper",
            "email": "Grace@example.org", "role": "owner",
            "createdAt": at, "updatedAt": at,
        })
    );
}

async fn lists_newest_first_with_totals(server: &TestServer) {
    let client = server.client();
    let mut users = Vec::new();
    for number in 0..3 {
        users.insert(0, user(&client, &format!("{number}@example.org")).await);
    }

    let (page, pagination) = client.list_users("limit=2").await.listed();
    assert_eq!(ids(&page), users[..2]);
    assert_eq!(pagination, json!({ "total": 3, "page": 1, "limit": 2, "totalPages": 2 }));
    let (page, _) = client.list_users("limit=2&page=2").await.listed();
    assert_eq!(ids(&page), users[2..]);
    assert_eq!(client.list_users("role=agent").await.invalid_fields(), ["role"]);
}

async fn put_and_patch_change_what_is_there_and_keep_the_rest(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let mut expected = client.get_user(&grace).await.ok();
    let path = format!("/api/v1/users/{grace}");

    let put = client.put(&path, &json!({ "name": " Rear Admiral ", "role": "admin" })).await.ok();
    expected["name"] = json!("Rear Admiral");
    expected["role"] = json!("admin");
    expected["updatedAt"] = put["updatedAt"].clone();
    assert_eq!(put, expected);
    let patched = client.patch(&path, &json!({ "email": "hopper@example.org" })).await.ok();
    expected["email"] = json!("hopper@example.org");
    expected["updatedAt"] = patched["updatedAt"].clone();
    assert_eq!(patched, expected);
    assert_eq!(client.get(&path).await.ok(), expected);
}

async fn an_unchanged_update_changes_nothing(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = client.get_user(&grace).await.ok();

    let same = json!({ "name": " Grace Hopper", "email": "grace@example.org", "role": "agent" });
    assert_eq!(client.update_user(&grace, &same).await.ok(), made);
}

async fn an_address_is_taken_whatever_its_case(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let _eve = user(&client, "ève@example.org").await;
    let elsewhere = server.client_of("elsewhere").await;
    let _theirs = user(&elsewhere, "free@example.org").await;
    let before = client.get_user(&grace).await.ok();

    for taken in ["GRACE@example.org", "ÈVE@Example.ORG"] {
        let new = json!({ "name": "Eve", "email": taken });
        let error = client.create_user(&new).await.refused(409, "CONFLICT");
        assert!(error["details"]["email"].is_array(), "{error}");
    }
    let changes = json!({ "role": "owner", "email": "ÈVE@example.org" });
    let error = client.update_user(&grace, &changes).await.refused(409, "CONFLICT");
    assert!(error["details"]["email"].is_array(), "{error}");
    assert_eq!(client.get_user(&grace).await.ok(), before);
    for free in ["GRACE@example.org", "Free@example.org"] {
        let changed = client.update_user(&grace, &json!({ "email": free })).await.ok();
        assert_eq!(changed["email"], free);
    }
}

async fn is_shown_in_conversations_at_once(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let before = client.update_conversation(&made, &json!({ "assignedTo": grace })).await.ok();

    let changed = client.update_user(&grace, &json!({ "name": "Rear Admiral" })).await.ok();

    let after = client.get_conversation(&made).await.ok();
    assert_eq!(after["assignedTo"], changed);
    assert_eq!(after["updatedAt"], before["updatedAt"]);
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let before = client.get_user(&grace).await.ok();

    for (body, wrong) in [
        (json!({ "name": "", "email": "x", "role": "god" }), vec!["email", "name", "role"]),
        (json!({ "name": "x".repeat(101), "email": "a@b" }), vec!["name"]),
        (json!({ "name": "a\u{0}", "email": "a\u{1}@b" }), vec!["email", "name"]),
        (json!({ "name": "Grace", "email": "x".repeat(250) + "@y.de" }), vec!["email"]),
        (json!({ "name": "Grace", "email": "a@b", "_id": UNKNOWN }), vec!["_id"]),
    ] {
        assert_eq!(client.create_user(&body).await.invalid_fields(), wrong, "{body}");
        assert_eq!(client.update_user(&grace, &body).await.invalid_fields(), wrong, "{body}");
    }
    assert_eq!(client.create_user(&json!({})).await.invalid_fields(), ["email", "name"]);
    let nulls = json!({ "name": null, "email": null, "role": null });
    let fields = client.update_user(&grace, &nulls).await.invalid_fields();
    assert_eq!(fields, ["email", "name", "role"]);
    assert_eq!(client.list_users("").await.listed().0, [before]);
}

async fn refuses_an_update_without_a_field(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;

    assert_eq!(client.update_user(&grace, &json!({})).await.invalid_fields().len(), 1);
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;

    for other in [UNKNOWN, &grace.to_uppercase(), "0"] {
        let _error = client.get_user(other).await.refused(404, "NOT_FOUND");
        let update = client.update_user(other, &json!({ "role": "owner" })).await;
        let _error = update.refused(404, "NOT_FOUND");
        let _error = client.delete_user(other).await.refused(404, "NOT_FOUND");
    }
    let (left, _) = client.list_users("").await.listed();
    assert_eq!(left[0]["role"], Value::from("agent"));
}
