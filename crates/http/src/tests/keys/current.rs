//! Reading the key of the request.

use actix_web::test::TestRequest;
use conversations_application::ports::KeyWithWorkspace;
use conversations_domain::{Name, Permissions, Workspace};
use serde_json::json;

use super::stored;
use crate::testing::{ID, Storage, call_with};

fn request() -> TestRequest {
    TestRequest::get().uri("/api/v1/me")
}

#[actix_web::test]
async fn a_key_that_may_do_nothing_is_shown_to_its_holder() {
    let mut storage = Storage::default();
    storage.keys.expect_find_with_workspace().times(1).returning(|workspace, _| {
        let name = Name::parse("acme").expect("a name");
        let workspace = Workspace { id: workspace, name };
        Ok(Some(KeyWithWorkspace { key: stored().key, workspace }))
    });

    let reply = call_with(Permissions::default(), storage, request()).await;

    let expected = json!({
        "_id": ID,
        "name": "robot",
        "permissions": ["read:users"],
        "source": "widget",
        // The end of what authenticated the request, which has none.
        "expiresAt": null,
        "rateLimit": "5/s",
        "workspace": { "_id": "00000000-0000-0000-0000-000000000064", "name": "acme" },
    });
    assert_eq!(*reply.data(200), expected);
}

#[actix_web::test]
async fn a_key_that_was_revoked_meanwhile_is_not_valid() {
    let mut storage = Storage::default();
    storage.keys.expect_find_with_workspace().returning(|_, _| Ok(None));

    let reply = call_with(Permissions::default(), storage, request()).await;

    reply.refused(401, "API_KEY_INVALID");
}
