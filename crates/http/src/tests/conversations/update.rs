//! Changing conversations.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_application::read_model::ConversationDetails;
use conversations_domain::{Conversation, CustomerId, ExternalId, Tags};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{ID, Storage, call, customer, details};

fn change(body: Value) -> TestRequest {
    TestRequest::put().uri(&format!("/api/v1/conversations/{ID}")).set_json(body)
}

/// The conversation of [`details`] with a label.
fn labelled() -> ConversationDetails {
    let mut details = details();
    let mut parts = details.conversation.into_parts();
    parts.labels = Tags::parse(&["refund"]).expect("labels");
    let (source, id) = ("desk".parse().expect("a source"), "1".parse().expect("an id"));
    parts.external_id = Some(ExternalId { source, id });
    details.conversation = Conversation::restore(parts);
    details
}

#[actix_web::test]
async fn null_clears_the_assignee_and_the_labels_and_nothing_else() {
    let body = json!({
        "subject": null, "status": null, "priority": null, "inboxId": null, "customerId": null,
        "assignedTo": null, "labels": null,
    });
    let reply = call(Storage::default(), change(body)).await;
    let problem = ["cannot be cleared"];
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "subject": problem, "status": problem, "priority": problem, "inboxId": problem,
            "customerId": problem,
        })
    );

    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(labelled())));
    storage.conversations.expect_update().returning(|_, commit| Ok(commit.write.changed));
    let body = json!({ "externalId": null, "assignedTo": null, "labels": null });
    let reply = call(storage, change(body)).await;
    assert_eq!(reply.data(200)["externalId"], json!(null));
    assert_eq!(reply.data(200)["assignedTo"], json!(null));
    assert_eq!(reply.data(200)["labels"], json!([]));
}

#[actix_web::test]
async fn labels_take_the_place_of_those_that_are_there() {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(labelled())));
    storage.conversations.expect_update().returning(|_, commit| Ok(commit.write.changed));

    let reply = call(storage, change(json!({ "labels": ["new", " first "] }))).await;

    assert_eq!(reply.data(200)["labels"], json!(["new", "first"]));
}

#[actix_web::test]
async fn reports_every_problem_of_an_update_at_once() {
    let body = json!({
        "subject": " ", "status": "ajar", "inboxId": "one",
        "labels": ["a", "b", "a", "", "x".repeat(51)],
    });

    let reply = call(Storage::default(), change(body)).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "subject": ["must not be empty"],
            "status": ["must be one of open, pending, closed"],
            "inboxId": ["must be an id: a UUID in lower case with hyphens"],
            "labels[2]": ["must not contain duplicates"],
            "labels[3]": ["must not be empty"],
            "labels[4]": ["must be at most 50 characters long"],
        })
    );
}

#[actix_web::test]
async fn wrong_types_wrong_words_null_and_unknown_fields_are_reported_together() {
    let body = json!({
        "subject": 5, "status": "asleep", "priority": null, "assignedTo": null,
        "labels": { "add": ["a", 1], "remove": ["a"], "set": [] }, "nope": 1,
    });

    let reply = call(Storage::default(), change(body)).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "subject": ["must be a string"],
            "status": ["must be one of open, pending, closed"],
            "priority": ["cannot be cleared"],
            "labels.add[1]": ["must be a string"],
            "labels.set": ["is not a known field; expected add or remove"],
            "nope": ["is not a known field; expected one of externalId, subject, status, priority, \
                      inboxId, assignedTo, labels, customerId"],
        })
    );
}

#[actix_web::test]
async fn an_update_of_nothing_is_refused() {
    let reply = call(Storage::default(), change(json!({}))).await;

    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({ "body": ["must have at least one field to change"] })
    );
}

#[actix_web::test]
async fn a_conversation_keeps_its_customer() {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| {
        let mut details = details();
        let mut parts = details.conversation.into_parts();
        parts.customer = Some(CustomerId::from_uuid(Uuid::from_u128(1)));
        details.conversation = Conversation::restore(parts);
        Ok(Some(details))
    });
    storage.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));

    let reply = call(storage, change(json!({ "customerId": ID }))).await;

    let details = reply.refused(409, "CONFLICT");
    assert_eq!(*details, json!({ "customerId": ["is already set to another customer"] }));
}

#[actix_web::test]
async fn put_and_patch_change_what_is_there_and_leave_the_rest() {
    for method in [Method::PUT, Method::PATCH] {
        let mut storage = Storage::default();
        storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
        storage.customers.expect_find().returning(|_, id| Ok(Some(customer(id))));
        storage.conversations.expect_update().returning(|_, commit| Ok(commit.write.changed));
        let body = json!({
            "subject": " Return ", "status": "closed", "priority": "urgent", "customerId": ID,
        });

        let request = change(body).method(method);
        let reply = call(storage, request).await;

        let data = reply.data(200);
        assert_eq!(data["subject"], "Return");
        assert_eq!(data["status"], "closed");
        assert_eq!(data["priority"], "urgent");
        assert_eq!(data["customerId"]["_id"], ID);
        assert_eq!(data["closedAt"], "2026-11-22T15:04:05.123Z");
        assert_eq!(data["inboxId"], Uuid::from_u128(300).to_string());
        assert_eq!(data["assignedTo"], json!(null));
        assert_eq!(data["labels"], json!([]));
    }
}
