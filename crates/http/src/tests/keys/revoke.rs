//! Revoking keys.

use actix_web::test::TestRequest;
use conversations_domain::AuditAction;
use serde_json::json;

use crate::testing::{ID, Storage, call, is_audited};

#[actix_web::test]
async fn a_key_is_revoked_for_a_reason_and_once() {
    let path = format!("/api/v1/keys/{ID}?reason=over+%26+out");
    let storage = |there| {
        let mut storage = Storage::default();
        storage
            .keys
            .expect_revoke()
            .withf(|_, commit| {
                commit.write.to_string() == ID && is_audited(commit, AuditAction::KeyRevoked)
            })
            .returning(move |_, _| Ok(there));
        storage
    };

    let reply = call(storage(true), TestRequest::delete().uri(&path)).await;

    reply.data(200);
    assert_eq!(reply.body, json!({ "success": true, "message": "The key was revoked." }));
    let again = call(storage(false), TestRequest::delete().uri(&path)).await;
    again.refused(404, "NOT_FOUND");
}
