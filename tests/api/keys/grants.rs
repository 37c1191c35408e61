//! A key grants what it has itself, and no more, in whatever way it is tried.

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use super::{key, secret, without_secret};
use crate::support::id;

on_both_databases! {
    a_key_grants_what_it_has,
    names_every_permission_that_cannot_be_granted,
    no_key_gets_more_by_an_update,
    a_stronger_key_can_be_made_weaker,
    a_stronger_key_cannot_be_made_to_live_longer,
}

async fn a_key_grants_what_it_has(server: &TestServer) {
    let own = ["read:users", "read:keys", "write:keys"];
    let made = key(&server.client(), &own).await;
    let maker = server.client_with_key(secret(&made));

    let granted = key(&maker, &own).await;

    assert_eq!(granted["permissions"], json!(own));
    let fewer = json!({ "permissions": ["read:users"] });
    let _fewer = maker.update_key(&id(&granted), &fewer).await.ok();
    let back = maker.update_key(&id(&granted), &json!({ "permissions": own })).await.ok();
    assert_eq!(back["permissions"], json!(own));
}

async fn names_every_permission_that_cannot_be_granted(server: &TestServer) {
    let admin = server.client();
    let made = key(&admin, &["write:keys", "read:users"]).await;
    let maker = server.client_with_key(secret(&made));
    let (before, _) = admin.list_audit("").await.listed();

    let wanted = ["write:audit", "read:users", "write:conversations", "read:keys", "write:keys"];
    let new = json!({ "name": "Robot", "permissions": wanted });
    let error = maker.create_key(&new).await.refused(403, "INSUFFICIENT_PERMISSIONS");

    let missing = json!(["write:conversations", "read:keys", "write:audit"]);
    assert_eq!(error["details"], json!({ "required": missing }));
    let (_, pagination) = admin.list_keys("").await.listed();
    assert_eq!(pagination["total"], 2);
    assert_eq!(admin.list_audit("").await.listed().0, before);
}

async fn no_key_gets_more_by_an_update(server: &TestServer) {
    let admin = server.client();
    let made = key(&admin, &["write:keys", "read:users"]).await;
    let maker = server.client_with_key(secret(&made));
    let other = key(&admin, &["read:users"]).await;
    let stronger = key(&admin, &["read:audit"]).await;
    let (before, _) = admin.list_audit("").await.listed();

    for (target, permissions, missing) in [
        (&made, json!(["write:keys", "read:users", "read:keys"]), json!(["read:keys"])),
        (&other, json!(["write:users", "read:inboxes"]), json!(["read:inboxes", "write:users"])),
        (&stronger, json!(["read:audit", "write:audit"]), json!(["write:audit"])),
    ] {
        let changes = json!({ "name": "Other", "permissions": permissions });
        let reply = maker.update_key(&id(target), &changes).await;
        let error = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(error["details"]["required"], missing);
        assert_eq!(admin.get_key(&id(target)).await.ok(), without_secret(target));
    }
    assert_eq!(admin.list_audit("").await.listed().0, before);
    let denied = maker.list_keys("").await;
    let _error = denied.refused(403, "INSUFFICIENT_PERMISSIONS");
}

async fn a_stronger_key_can_be_made_weaker(server: &TestServer) {
    let admin = server.client();
    let weaker = key(&admin, &["read:keys", "write:keys"]).await;
    let maker = server.client_with_key(secret(&weaker));
    let stronger = id(&key(&admin, &["read:users", "write:keys", "read:audit"]).await);

    for changes in [
        json!({ "name": "Other", "permissions": ["read:users", "write:keys", "read:audit"] }),
        json!({ "permissions": ["write:keys", "read:audit"] }),
        json!({ "expiresAt": "2999-01-01T00:00:00.000Z" }),
        json!({ "expiresAt": "2998-01-01T00:00:00.000Z" }),
        // It lives longer, but without what its changer lacks.
        json!({ "expiresAt": null, "permissions": ["write:keys"] }),
    ] {
        let changed = maker.update_key(&stronger, &changes).await.ok();
        for (field, value) in changes.as_object().expect("an object") {
            assert_eq!(&changed[field], value, "{changes}");
        }
    }
    maker.revoke_key(&stronger).await.deleted();
}

async fn a_stronger_key_cannot_be_made_to_live_longer(server: &TestServer) {
    let admin = server.client();
    let weaker = key(&admin, &["read:keys", "write:keys"]).await;
    let maker = server.client_with_key(secret(&weaker));
    let permissions = ["read:users", "write:keys", "read:audit"];
    let end = "2998-01-01T00:00:00.000Z";
    let new = json!({ "name": "Robot", "permissions": permissions, "expiresAt": end });
    let stronger = admin.create_key(&new).await.created();

    for (end, permissions) in [
        (json!("2998-01-01T00:00:00.001Z"), Value::Null),
        (json!("2999-01-01T00:00:00Z"), json!(["read:users", "write:keys", "read:audit"])),
        (Value::Null, Value::Null),
    ] {
        let mut changes = json!({ "name": "Other", "expiresAt": end });
        if !permissions.is_null() {
            changes["permissions"] = permissions;
        }
        let reply = maker.update_key(&id(&stronger), &changes).await;
        let error = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(error["details"]["required"], json!(["read:users", "read:audit"]), "{changes}");
    }
    assert_eq!(admin.get_key(&id(&stronger)).await.ok(), without_secret(&stronger));
    let same = maker.update_key(&id(&stronger), &json!({ "expiresAt": end })).await.ok();
    assert_eq!(same, without_secret(&stronger));
}
