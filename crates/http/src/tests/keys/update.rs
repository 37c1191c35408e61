//! Changing keys.

use actix_web::test::TestRequest;
use conversations_domain::{AuditAction, Permission};
use serde_json::{Value, json};

use super::stored;
use crate::testing::{ID, ID_TIME, NEW_TIME, Storage, call, call_with};

fn change(body: Value) -> TestRequest {
    TestRequest::patch().uri(&format!("/api/v1/keys/{ID}")).set_json(body)
}

/// A storage that has the key.
fn storage() -> Storage {
    let mut storage = Storage::default();
    storage.keys.expect_find().returning(|_, _| Ok(Some(stored())));
    storage
}

#[actix_web::test]
async fn what_is_there_changes_and_the_rest_stays() {
    let mut storage = storage();
    storage
        .keys
        .expect_update()
        .withf(|_, commit| {
            let changed = &commit.write.changed;
            changed.permissions.allow(Permission::WriteUsers)
                && changed.expires_at.is_none()
                && changed.rate_limit == "7/h".parse().ok()
                && commit.audit.iter().map(|entry| entry.action).eq([AuditAction::KeyUpdated])
        })
        .returning(|_, _| Ok(()));
    let body = json!({
        "name": " machine ", "permissions": ["write:users", "read:users"], "expiresAt": null,
        "rateLimit": "7/h",
    });

    let reply = call(storage, change(body)).await;

    assert_eq!(
        *reply.data(200),
        json!({
            "_id": ID,
            "name": "machine",
            "permissions": ["read:users", "write:users"],
            "source": "widget",
            "expiresAt": null,
            "rateLimit": "7/h",
            "userId": null,
            "lastUsedAt": "2026-11-22T15:04:04.123Z",
            "hint": "abcd",
            "createdAt": ID_TIME,
        })
    );
}

#[actix_web::test]
async fn what_is_absent_stays() {
    let mut storage = storage();
    storage.keys.expect_update().returning(|_, _| Ok(()));

    let reply = call(storage, change(json!({ "name": "machine" }))).await;

    assert_eq!(reply.data(200)["permissions"], json!(["read:users"]));
    assert_eq!(reply.data(200)["expiresAt"], "2026-11-22T15:04:06.123Z");
    assert_eq!(reply.data(200)["rateLimit"], "5/s");
}

#[actix_web::test]
async fn null_leaves_the_limit_to_the_server() {
    let mut storage = storage();
    storage
        .keys
        .expect_update()
        .withf(|_, commit| commit.write.changed.rate_limit.is_none())
        .returning(|_, _| Ok(()));

    let reply = call(storage, change(json!({ "rateLimit": null }))).await;

    assert_eq!(reply.data(200)["rateLimit"], json!(null));
}

#[actix_web::test]
async fn reports_every_problem_of_an_update_at_once() {
    let vocabulary = "x".parse::<Permission>().expect_err("no permission").to_string();

    for (body, details) in [
        (
            json!({ "name": null, "permissions": null, "expiresAt": null }),
            json!({ "name": ["cannot be cleared"], "permissions": ["cannot be cleared"] }),
        ),
        (
            json!({ "name": " ", "permissions": ["read:users", "x"], "expiresAt": "2027-01-01",
                "rateLimit": "0/min" }),
            json!({
                "name": ["must not be empty"],
                "permissions[1]": [vocabulary],
                "expiresAt": ["must be a time in RFC 3339, such as 2026-11-22T15:04:05.123Z"],
                "rateLimit": ["must be 1 to 1000000 requests per s, min or h, such as 600/min"],
            }),
        ),
        (json!({ "permissions": [] }), json!({ "permissions": ["must have at least one entry"] })),
        (json!({}), json!({ "body": ["must have at least one field to change"] })),
    ] {
        let reply = call(Storage::default(), change(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn the_secret_and_what_a_key_was_made_for_stay() {
    for field in ["source", "key", "hint", "lastUsedAt"] {
        let reply = call(Storage::default(), change(json!({ field: "x" }))).await;

        let problem =
            "is not a known field; expected one of name, permissions, expiresAt, rateLimit, userId";
        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), json!({ field: [problem] }));
    }
}

#[actix_web::test]
async fn an_expiry_has_to_be_in_the_future() {
    let reply = call(storage(), change(json!({ "expiresAt": NEW_TIME }))).await;

    let details = reply.refused(422, "VALIDATION_ERROR");
    assert_eq!(*details, json!({ "expiresAt": ["must be in the future"] }));
}

#[actix_web::test]
async fn a_caller_grants_only_its_own_permissions() {
    let body = json!({ "permissions": ["write:audit", "read:users", "read:audit"] });
    let mine = [Permission::WriteKeys].into_iter().collect();

    let reply = call_with(mine, storage(), change(body)).await;

    let details = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(*details, json!({ "required": ["read:audit", "write:audit"] }));
}

#[actix_web::test]
async fn a_key_that_is_not_there_cannot_change() {
    let mut storage = Storage::default();
    storage.keys.expect_find().returning(|_, _| Ok(None));

    call(storage, change(json!({ "name": "machine" }))).await.refused(404, "NOT_FOUND");
}
