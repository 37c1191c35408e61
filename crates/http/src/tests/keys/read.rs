//! Reading keys.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::stored;
use crate::testing::{ID, ID_TIME, Storage, call, window};

/// The key as it is shown: whole, without its secret.
fn summary() -> Value {
    json!({
        "_id": ID,
        "name": "robot",
        "permissions": ["read:users"],
        "source": "widget",
        "expiresAt": "2026-11-22T15:04:06.123Z",
        "rateLimit": "5/s",
        "userId": null,
        "lastUsedAt": "2026-11-22T15:04:04.123Z",
        "hint": "abcd",
        "createdAt": ID_TIME,
    })
}

#[actix_web::test]
async fn a_key_is_shown_without_its_secret() {
    let request = || TestRequest::get().uri(&format!("/api/v1/keys/{ID}"));
    let mut storage = Storage::default();
    storage
        .keys
        .expect_find()
        .withf(|_, id| id.to_string() == ID)
        .returning(|_, _| Ok(Some(stored())));

    let reply = call(storage, request()).await;

    assert_eq!(*reply.data(200), summary());
    let mut storage = Storage::default();
    storage.keys.expect_find().returning(|_, _| Ok(None));
    call(storage, request()).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn keys_are_listed_without_their_secrets() {
    let mut storage = Storage::default();
    storage
        .keys
        .expect_list()
        .withf(|_, page| *page == window(2, 3))
        .returning(|_, window| Ok(window.slice(vec![stored()], 4)));

    let reply = call(storage, TestRequest::get().uri("/api/v1/keys?page=2&limit=3")).await;

    assert_eq!(*reply.data(200), json!([summary()]));
    assert_eq!(reply.totals(), json!({ "total": 4, "page": 2, "limit": 3, "totalPages": 2 }));
}
