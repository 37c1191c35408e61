//! Inboxes: what is sent arrives in the storage, and what is stored is shown.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_application::ports::DeletionOutcome;
use conversations_domain::AuditAction;
use serde_json::{Value, json};

use crate::testing::{ID, ID_TIME, NEW_ID, NEW_TIME, Storage, call, inbox, is_audited};

fn create(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/inboxes").set_json(body)
}

fn change(body: Value) -> TestRequest {
    TestRequest::patch().uri(&format!("/api/v1/inboxes/{ID}")).set_json(body)
}

#[actix_web::test]
async fn an_inbox_is_shown_as_it_was_made() {
    let mut storage = Storage::default();
    storage.inboxes.expect_create().returning(|_, _| Ok(()));

    let reply = call(storage, create(json!({ "name": "Sales", "channel": "chat" }))).await;

    assert_eq!(
        *reply.data(201),
        json!({
            "_id": NEW_ID, "name": "Sales", "channel": "chat",
            "createdAt": NEW_TIME, "updatedAt": NEW_TIME,
        })
    );
    assert_eq!(reply.header("location"), format!("inboxes/{NEW_ID}"));
}

#[actix_web::test]
async fn reports_every_problem_of_a_create_at_once() {
    let reply = call(Storage::default(), create(json!({ "name": null, "channel": "fax" }))).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "name": ["is required"],
            "channel": ["must be one of email, chat, phone, whatsapp"],
        })
    );
}

#[actix_web::test]
async fn put_and_patch_change_what_is_there_and_leave_the_rest() {
    for method in [Method::PUT, Method::PATCH] {
        let mut storage = Storage::default();
        storage.inboxes.expect_find().returning(|_, id| Ok(Some(inbox(id))));
        storage
            .inboxes
            .expect_update()
            .withf(|_, commit| commit.write.changed.clone().into_parts().name.as_str() == "Sales")
            .returning(|_, _| Ok(()));

        let reply = call(storage, change(json!({ "name": " Sales " })).method(method)).await;

        assert_eq!(
            *reply.data(200),
            json!({
                "_id": ID, "name": "Sales", "channel": "email",
                "createdAt": ID_TIME, "updatedAt": NEW_TIME,
            })
        );
    }
}

#[actix_web::test]
async fn reports_every_problem_of_an_update_at_once() {
    for (body, details) in [
        (
            json!({ "name": null, "channel": null }),
            json!({ "name": ["cannot be cleared"], "channel": ["cannot be cleared"] }),
        ),
        (
            json!({ "name": " ", "channel": "fax" }),
            json!({
                "name": ["must not be empty"],
                "channel": ["must be one of email, chat, phone, whatsapp"],
            }),
        ),
        (json!({}), json!({ "body": ["must have at least one field to change"] })),
    ] {
        let reply = call(Storage::default(), change(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn an_inbox_that_is_not_there_cannot_change() {
    let mut storage = Storage::default();
    storage.inboxes.expect_find().returning(|_, _| Ok(None));

    call(storage, change(json!({ "channel": "chat" }))).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn an_inbox_is_deleted_for_a_reason_unless_conversations_lie_in_it() {
    let path = format!("/api/v1/inboxes/{ID}?reason=over+%26+out");
    let storage = |removal| {
        let mut storage = Storage::default();
        storage
            .inboxes
            .expect_delete()
            .withf(|_, commit| {
                commit.write.id.to_string() == ID && is_audited(commit, AuditAction::InboxDeleted)
            })
            .returning(move |_, _| Ok(removal));
        storage
    };
    let delete = || TestRequest::delete().uri(&path);

    let reply = call(storage(DeletionOutcome::Done), delete()).await;

    reply.data(200);
    assert_eq!(reply.body, json!({ "success": true, "message": "The inbox was deleted." }));
    call(storage(DeletionOutcome::Absent), delete()).await.refused(404, "NOT_FOUND");
    let reply = call(storage(DeletionOutcome::InUse { conversations: 12 }), delete()).await;
    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "conversations": 12 }));
}
