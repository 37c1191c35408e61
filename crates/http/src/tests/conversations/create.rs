//! Opening conversations.

use actix_web::test::TestRequest;
use conversations_application::ports::{ExternalIdOwner, RepositoryError};
use conversations_domain::{Permission, Permissions};
use serde_json::{Value, json};

use crate::testing::{ID, Storage, call, call_with, inbox};

fn create(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/conversations").set_json(body)
}

#[actix_web::test]
async fn a_new_conversation_is_shown_completely() {
    let mut storage = Storage::default();
    storage.inboxes.expect_find().returning(|_, id| Ok(Some(inbox(id))));
    storage.conversations.expect_create().returning(|_, _| Ok(()));
    let body = json!({
        "externalId": { "source": "desk", "id": "35436" },
        "subject": " Refund ",
        "inboxId": ID,
        "channel": null,
        "labels": [" refund ", "a b"],
        "message": { "body": "Hello", "internal": null },
    });

    let reply = call(storage, create(body)).await;

    let id = "01a203c9-2b03-0000-0000-000000000007";
    assert_eq!(
        *reply.data(201),
        json!({
            "_id": id,
            "externalId": { "source": "desk", "id": "35436" },
            "subject": "Refund",
            "status": "open",
            "priority": "medium",
            "channel": "email",
            "source": "widget",
            "inboxId": ID,
            "customerId": null,
            "assignedTo": null,
            "labels": ["refund", "a b"],
            "messageCount": 1,
            "lastMessageAt": "2026-11-22T15:04:05.123Z",
            "closedAt": null,
            "createdAt": "2026-11-22T15:04:05.123Z",
            "updatedAt": "2026-11-22T15:04:05.123Z",
        })
    );
    assert_eq!(reply.header("location"), format!("conversations/{id}"));
}

#[actix_web::test]
async fn a_taken_external_id_is_named_where_it_stands() {
    for (owner, path) in [
        (ExternalIdOwner::Conversation, "externalId"),
        (ExternalIdOwner::Message, "message.externalId"),
    ] {
        let mut storage = Storage::default();
        storage.inboxes.expect_find().returning(|_, id| Ok(Some(inbox(id))));
        let taken = move || RepositoryError::ExternalIdTaken(owner);
        storage.conversations.expect_create().returning(move |_, _| Err(taken()));
        let body = json!({ "subject": "a", "inboxId": ID, "message": { "body": "b" } });

        let reply = call(storage, create(body)).await;

        assert_eq!(*reply.refused(409, "CONFLICT"), json!({ path: ["is taken"] }));
    }
}

#[actix_web::test]
async fn reports_every_problem_of_a_create_at_once() {
    let body = json!({
        "externalId": { "source": "Desk" },
        "inboxId": "one",
        "customerId": "0193A5C2-1111-7ABC-8DEF-000000000001",
        "channel": "pigeon",
        "priority": "Low",
        "labels": ["a", " a", "b", "c,d"],
        "customer": {
            "profile": { "email": "ada", "phone": "\u{0}1" },
            "tags": ["a", "b,c", ""],
            "customFields": { "plan": [], "seats": 1 },
        },
        "message": {
            "externalId": { "source": "mail", "id": "\u{1}" },
            "author": { "type": "customer", "_id": "" }, "internal": true,
        },
    });

    let reply = call(Storage::default(), create(body)).await;

    let source = "must have only lower-case letters (a-z), digits, dots, underscores and hyphens";
    let id = "must be an id: a UUID in lower case with hyphens";
    let control =
        "must not contain control characters other than tab, line feed and carriage return";
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "externalId.source": [source],
            "externalId.id": ["is required"],
            "message.externalId.id": [control],
            "subject": ["is required"],
            "inboxId": [id],
            "customerId": [id],
            "customer": ["must not be combined with customerId"],
            "channel": ["must be one of email, chat, phone, whatsapp"],
            "priority": ["must be one of low, medium, high, urgent"],
            "labels[1]": ["must not contain duplicates"],
            "labels[3]": ["must not contain a comma"],
            "customer.profile.email": ["must be an e-mail address, such as ada@example.com"],
            "customer.profile.phone": [control],
            "customer.tags[1]": ["must not contain a comma"],
            "customer.tags[2]": ["must not be empty"],
            "customer.customFields.plan": ["must be a string, a number or a boolean"],
            "message.body": ["is required"],
            "message.author._id": [id],
            "message.internal": ["must not be true for a message of the customer"],
        })
    );
}

#[actix_web::test]
async fn a_wrong_type_or_an_unknown_field_is_named() {
    for (body, path, problem) in [
        (json!({ "subject": 5 }), "subject", "must be a string"),
        (json!({ "labels": ["a", null] }), "labels[1]", "must be a string"),
        (json!({ "customer": [] }), "customer", "must be an object"),
        (json!({ "customer": { "profile": ["Ada"] } }), "customer.profile", "must be an object"),
        (json!({ "customer": { "tags": ["a", 1] } }), "customer.tags[1]", "must be a string"),
        (json!({ "customer": { "tags": "a" } }), "customer.tags", "must be a list"),
        (
            json!({ "customer": { "customFields": [] } }),
            "customer.customFields",
            "must be an object",
        ),
        (json!({ "message": { "internal": "no" } }), "message.internal", "must be a boolean"),
        (json!({ "message": { "author": "ada" } }), "message.author", "must be an object"),
        (
            json!({ "message": { "author": { "id": ID } } }),
            "message.author.id",
            "is not a known field; expected type or _id",
        ),
    ] {
        let reply = call(Storage::default(), create(body)).await;

        // Along with what is missing.
        assert_eq!(reply.refused(422, "VALIDATION_ERROR")[path], json!([problem]));
    }
    for field in ["_id", "workspaceId", "createdAt", "__proto__", "status"] {
        let reply = call(Storage::default(), create(json!({ field: "x" }))).await;
        assert!(reply.refused(422, "VALIDATION_ERROR")[field].is_array(), "{}", reply.body);
    }
}

#[actix_web::test]
async fn a_customer_along_with_it_needs_their_permission() {
    let body = json!({
        "subject": "Refund", "inboxId": ID, "customer": { "profile": { "firstName": "Ada" } },
    });
    let permissions: Permissions = [Permission::WriteConversations].into_iter().collect();

    let reply = call_with(permissions, Storage::default(), create(body)).await;

    let details = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
    assert_eq!(*details, json!({ "required": "write:customers" }));
}
