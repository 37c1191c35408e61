//! Reading the key of the request.

use actix_web::test::TestRequest;
use conversations_application::ports::KeyWithWorkspace;
use conversations_domain::{ApiKey, Name, Permission, Permissions, Workspace, WorkspaceId};
use conversations_fixtures::a_user;
use serde_json::json;

use super::stored;
use crate::testing::{ID, Storage, call_with};

fn request() -> TestRequest {
    TestRequest::get().uri("/api/v1/me")
}

fn acme(id: WorkspaceId) -> Workspace {
    Workspace { id, name: Name::parse("acme").expect("a name") }
}

#[actix_web::test]
async fn a_key_that_may_do_nothing_is_shown_to_its_holder() {
    let mut storage = Storage::default();
    storage.keys.expect_find_with_workspace().times(1).returning(|workspace, _| {
        Ok(Some(KeyWithWorkspace { key: stored().key, workspace: acme(workspace) }))
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
        "userId": null,
        "user": null,
        "workspace": { "_id": "00000000-0000-0000-0000-000000000064", "name": "acme" },
    });
    assert_eq!(*reply.data(200), expected);
}

#[actix_web::test]
async fn the_user_is_shown_to_a_key_that_may_read_users() {
    for (permission, is_shown) in [(Permission::ReadUsers, true), (Permission::WriteUsers, false)] {
        let mut storage = Storage::default();
        let user = a_user().build();
        let id = user.id();
        storage.keys.expect_find_with_workspace().returning(move |workspace, _| {
            let key = ApiKey { user: Some(id), ..stored().key };
            Ok(Some(KeyWithWorkspace { key, workspace: acme(workspace) }))
        });
        storage.users.expect_find().returning(move |_, _| Ok(Some(user.clone())));

        let reply = call_with([permission].into_iter().collect(), storage, request()).await;

        let data = reply.data(200);
        assert_eq!(data["userId"], id.to_string());
        let shown = if is_shown { json!(id.to_string()) } else { json!(null) };
        assert_eq!(data["user"]["_id"], shown);
    }
}

#[actix_web::test]
async fn a_key_that_was_revoked_meanwhile_is_not_valid() {
    let mut storage = Storage::default();
    storage.keys.expect_find_with_workspace().returning(|_, _| Ok(None));

    let reply = call_with(Permissions::default(), storage, request()).await;

    reply.refused(401, "API_KEY_INVALID");
}
