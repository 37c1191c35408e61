//! Making keys.

use std::sync::mpsc;

use actix_web::test::TestRequest;
use conversations_application::keys::KeySecret;
use conversations_domain::{AuditAction, Permission, Source};
use serde_json::{Value, json};

use crate::testing::{NEW_ID, NEW_TIME, Storage, call, call_with};

fn create(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/keys").set_json(body)
}

#[actix_web::test]
async fn a_key_is_shown_with_its_secret_once() {
    let (stored, storage_has) = mpsc::channel();
    let mut storage = Storage::default();
    storage
        .keys
        .expect_create()
        .withf(|_, commit| commit.audit.iter().all(|entry| entry.action == AuditAction::KeyCreated))
        .returning(move |_, commit| {
            stored.send(commit.write).expect("the test listens");
            Ok(())
        });
    let body = json!({
        "name": " robot ",
        "permissions": ["write:users", "read:users"],
        "source": "phone",
        "expiresAt": "2027-01-01T00:00:00+01:00",
        "rateLimit": "600/min",
    });

    let reply = call(storage, create(body)).await;

    let new = storage_has.recv().expect("a key");
    let shown = reply.data(201)["key"].as_str().and_then(KeySecret::parse).expect("a secret");
    assert_eq!(shown.hash(), new.hash);
    assert_eq!(
        *reply.data(201),
        json!({
            "_id": NEW_ID,
            "name": "robot",
            "permissions": ["read:users", "write:users"],
            "source": "phone",
            "expiresAt": "2026-12-31T23:00:00.000Z",
            "rateLimit": "600/min",
            "userId": null,
            "lastUsedAt": null,
            "hint": shown.hint(),
            "createdAt": NEW_TIME,
            "key": shown.expose_secret(),
        })
    );
    assert_eq!(reply.header("location"), format!("keys/{NEW_ID}"));
}

#[actix_web::test]
async fn a_key_defaults_to_source_api_and_no_expiry() {
    let mut storage = Storage::default();
    storage
        .keys
        .expect_create()
        .withf(|_, commit| {
            let key = &commit.write.key;
            (key.source, key.expires_at, key.rate_limit) == (Source::Api, None, None)
        })
        .returning(|_, _| Ok(()));
    let body = json!({
        "name": "robot", "permissions": ["read:users"], "source": null, "expiresAt": null,
        "rateLimit": null,
    });

    let reply = call(storage, create(body)).await;

    assert_eq!(reply.data(201)["source"], "api");
    assert_eq!(reply.data(201)["expiresAt"], json!(null));
}

#[actix_web::test]
async fn reports_every_problem_of_a_create_at_once() {
    let word = "read:conversations".parse::<Permission>().expect("a permission");
    let vocabulary = "x".parse::<Permission>().expect_err("no permission").to_string();
    let body = json!({
        "permissions": [word, "read:everything", word, "READ:users"],
        "source": "fax",
        "expiresAt": "tomorrow",
        "rateLimit": "600",
    });

    let reply = call(Storage::default(), create(body)).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "name": ["is required"],
            "permissions[1]": [vocabulary],
            "permissions[2]": ["must not contain duplicates"],
            "permissions[3]": [vocabulary],
            "source": ["must be one of widget, phone, api, email"],
            "expiresAt": ["must be a time in RFC 3339, such as 2026-11-22T15:04:05.123Z"],
            "rateLimit": ["must be 1 to 1000000 requests per s, min or h, such as 600/min"],
        })
    );
}

#[actix_web::test]
async fn a_key_needs_a_permission() {
    let required = json!({ "permissions": ["is required"] });

    for (body, details) in [
        (json!({ "name": "robot" }), required.clone()),
        (json!({ "name": "robot", "permissions": null }), required),
        (
            json!({ "name": "robot", "permissions": [] }),
            json!({ "permissions": ["must have at least one entry"] }),
        ),
        (
            json!({ "name": "robot", "permissions": "read:users" }),
            json!({ "permissions": ["must be a list"] }),
        ),
    ] {
        let reply = call(Storage::default(), create(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn an_expiry_has_to_be_in_the_future() {
    let body = json!({ "name": "robot", "permissions": ["read:users"], "expiresAt": NEW_TIME });

    let reply = call(Storage::default(), create(body)).await;

    let details = reply.refused(422, "VALIDATION_ERROR");
    assert_eq!(*details, json!({ "expiresAt": ["must be in the future"] }));
}

#[actix_web::test]
async fn a_caller_grants_only_its_own_permissions() {
    let mine = [Permission::WriteKeys, Permission::ReadUsers].into_iter().collect();
    let body = json!({
        "name": "robot", "permissions": ["write:users", "read:users", "write:inboxes"],
    });

    let reply = call_with(mine, Storage::default(), create(body)).await;

    let details = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(*details, json!({ "required": ["write:inboxes", "write:users"] }));
}
