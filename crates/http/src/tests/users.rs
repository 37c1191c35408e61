//! Users: what is sent arrives in the storage, and what is stored is shown.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_application::ports::{ExternalIdOwner, RepositoryError};
use conversations_domain::AuditAction;
use conversations_fixtures::a_user;
use serde_json::{Value, json};

use crate::testing::{ID, ID_TIME, NEW_ID, NEW_TIME, Storage, call, is_audited, user as somebody};

fn create(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/users").set_json(body)
}

fn change(body: Value) -> TestRequest {
    TestRequest::patch().uri(&format!("/api/v1/users/{ID}")).set_json(body)
}

#[actix_web::test]
async fn a_user_is_shown_as_they_were_made() {
    let mut storage = Storage::default();
    storage.users.expect_create().returning(|_, _| Ok(()));
    let body = json!({
        "externalId": { "source": "hr", "id": "7" }, "name": "Grace",
        "email": "grace@example.org", "role": null,
    });

    let reply = call(storage, create(body)).await;

    assert_eq!(
        *reply.data(201),
        json!({
            "_id": NEW_ID, "externalId": { "source": "hr", "id": "7" }, "name": "Grace",
            "email": "grace@example.org", "role": "agent",
            "createdAt": NEW_TIME, "updatedAt": NEW_TIME,
        })
    );
    assert_eq!(reply.header("location"), format!("users/{NEW_ID}"));
}

#[actix_web::test]
async fn reports_every_problem_of_a_create_at_once() {
    let body = json!({ "externalId": { "id": "7" }, "name": " ", "role": "boss" });
    let reply = call(Storage::default(), create(body)).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "externalId.source": ["is required"],
            "name": ["must not be empty"],
            "email": ["is required"],
            "role": ["must be one of owner, admin, agent"],
        })
    );
}

#[actix_web::test]
async fn put_and_patch_change_what_is_there_and_leave_the_rest() {
    for method in [Method::PUT, Method::PATCH] {
        let mut storage = Storage::default();
        storage.users.expect_find().returning(|_, id| Ok(Some(somebody(id))));
        storage
            .users
            .expect_update()
            .withf(|_, commit| {
                let parts = commit.write.changed.clone().into_parts();
                (parts.name.as_str(), parts.email.as_str()) == ("Ada", "grace@example.org")
            })
            .returning(|_, _| Ok(()));

        let external_id = json!({ "source": "hr", "id": "8" });
        let body = json!({ "externalId": external_id, "name": " Ada ", "role": "owner" });
        let request = change(body).method(method);
        let reply = call(storage, request).await;

        assert_eq!(
            *reply.data(200),
            json!({
                "_id": ID, "externalId": { "source": "hr", "id": "8" }, "name": "Ada",
                "email": "grace@example.org", "role": "owner",
                "createdAt": ID_TIME, "updatedAt": NEW_TIME,
            })
        );
    }
}

#[actix_web::test]
async fn reports_every_problem_of_an_update_at_once() {
    for (body, details) in [
        (
            json!({ "name": null, "email": null, "role": null }),
            json!({
                "name": ["cannot be cleared"],
                "email": ["cannot be cleared"],
                "role": ["cannot be cleared"],
            }),
        ),
        (
            json!({ "name": "x".repeat(101), "email": "grace", "role": "boss" }),
            json!({
                "name": ["must be at most 100 characters long"],
                "email": ["must be an e-mail address, such as ada@example.com"],
                "role": ["must be one of owner, admin, agent"],
            }),
        ),
        (json!({}), json!({ "body": ["must have at least one field to change"] })),
    ] {
        let reply = call(Storage::default(), change(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn a_change_is_refused_when_the_address_is_taken_or_nobody_is_there() {
    let mut storage = Storage::default();
    storage.users.expect_find().returning(|_, id| Ok(Some(somebody(id))));
    storage.users.expect_update().returning(|_, _| Err(RepositoryError::Duplicate));
    let reply = call(storage, change(json!({ "email": "ada@example.org" }))).await;
    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "email": ["is taken"] }));

    let mut storage = Storage::default();
    storage.users.expect_find().returning(|_, _| Ok(None));
    call(storage, change(json!({ "role": "admin" }))).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn an_external_id_is_cleared_or_refused_when_it_is_taken() {
    let storage = |updated: fn() -> Result<(), RepositoryError>| {
        let mut storage = Storage::default();
        storage
            .users
            .expect_find()
            .returning(|_, id| Ok(Some(a_user().known_to("hr", "7").with_id(id).build())));
        storage.users.expect_update().returning(move |_, _| updated());
        storage
    };

    let cleared = call(storage(|| Ok(())), change(json!({ "externalId": null }))).await;
    assert_eq!(cleared.data(200)["externalId"], json!(null));
    let taken = || Err(RepositoryError::ExternalIdTaken(ExternalIdOwner::User));
    let body = json!({ "externalId": { "source": "hr", "id": "8" } });
    let refused = call(storage(taken), change(body)).await;
    assert_eq!(*refused.refused(409, "CONFLICT"), json!({ "externalId": ["is taken"] }));
}

#[actix_web::test]
async fn a_user_is_deleted_for_a_reason_and_once() {
    let path = format!("/api/v1/users/{ID}?reason=over+%26+out");
    let storage = |there| {
        let mut storage = Storage::default();
        storage
            .users
            .expect_delete()
            .withf(|_, commit| {
                commit.write.user.to_string() == ID && is_audited(commit, AuditAction::UserDeleted)
            })
            .returning(move |_, _| Ok(there));
        storage
    };

    let reply = call(storage(true), TestRequest::delete().uri(&path)).await;

    reply.data(200);
    assert_eq!(reply.body, json!({ "success": true, "message": "The user was deleted." }));
    let again = call(storage(false), TestRequest::delete().uri(&path)).await;
    again.refused(404, "NOT_FOUND");
}
