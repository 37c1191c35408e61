//! What the use cases answer, as callers see it.

use actix_web::test::TestRequest;
use conversations_application::ports::RepositoryError;
use serde_json::json;

use crate::testing::{ID, Storage, call, details};

fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable("no connection".into())
}

#[actix_web::test]
async fn storage_that_cannot_answer_is_a_503_to_try_again() {
    for stuck in [unavailable as fn() -> _, || RepositoryError::Stale] {
        let mut storage = Storage::default();
        storage.users.expect_list().returning(move |_, _, _| Err(stuck()));

        let reply = call(storage, TestRequest::get().uri("/api/v1/users")).await;

        reply.refused(503, "SERVICE_UNAVAILABLE");
        assert_eq!(reply.header("retry-after"), "1");
    }
}

#[actix_web::test]
async fn storage_that_fails_while_the_key_is_looked_up_is_a_503_too() {
    let mut storage = Storage::default();
    storage.keys.expect_find_by_hash().returning(|_| Err(unavailable()));

    let reply = call(storage, TestRequest::get().uri("/api/v1/users")).await;

    reply.refused(503, "SERVICE_UNAVAILABLE");
}

#[actix_web::test]
async fn a_full_disk_is_a_507() {
    let mut storage = Storage::default();
    storage.inboxes.expect_create().returning(|_, _| Err(RepositoryError::StorageFull));
    let request = TestRequest::post().uri("/api/v1/inboxes").set_json(json!({ "name": "Sales" }));

    call(storage, request).await.refused(507, "INSUFFICIENT_STORAGE");
}

#[actix_web::test]
async fn references_are_named_as_they_were_sent() {
    let mut storage = Storage::default();
    storage.inboxes.expect_find().returning(|_, _| Ok(None));
    storage.customers.expect_find().returning(|_, _| Ok(None));
    storage.users.expect_find().returning(|_, _| Ok(None));
    let request = TestRequest::post().uri("/api/v1/conversations").set_json(json!({
        "subject": "Refund",
        "inboxId": ID,
        "customerId": ID,
        "message": { "body": "Hello", "author": { "type": "agent", "_id": ID } },
    }));

    let reply = call(storage, request).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "inboxId": ["does not exist"],
            "customerId": ["does not exist"],
            "message.author._id": ["does not exist"],
        })
    );
}

#[actix_web::test]
async fn an_author_who_is_not_the_customer_is_named() {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
    let request = TestRequest::post()
        .uri(&format!("/api/v1/conversations/{ID}/messages"))
        .set_json(json!({ "body": "Hello", "author": { "type": "customer", "_id": ID } }));

    let reply = call(storage, request).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({ "author._id": ["must be the conversation's customer"] })
    );
}

#[actix_web::test]
async fn a_taken_address_is_named_where_it_stands() {
    let mut storage = Storage::default();
    storage.customers.expect_create().returning(|_, _| Err(RepositoryError::Duplicate));
    let customer = json!({ "profile": { "email": "ada@example.org" } });
    let request = TestRequest::post().uri("/api/v1/customers").set_json(customer);
    let reply = call(storage, request).await;
    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "profile.email": ["is taken"] }));

    let mut storage = Storage::default();
    storage.users.expect_create().returning(|_, _| Err(RepositoryError::Duplicate));
    let user = json!({ "name": "Ada", "email": "ada@example.org" });
    let reply = call(storage, TestRequest::post().uri("/api/v1/users").set_json(user)).await;
    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "email": ["is taken"] }));
}
