//! Messages: what is sent arrives in the storage, and what is stored is shown.

use actix_web::test::TestRequest;
use conversations_application::ports::{ExternalIdOwner, NewMessage, RepositoryError};
use conversations_application::read_model::MessageFilter;
use conversations_domain::{
    AuditAction, Author, ConversationId, Message, MessageId, MessageParts, UserId,
};
use serde_json::{Value, json};

use crate::testing::{ID, NEW_ID, Storage, call, details, is_audited, user};

fn path() -> String {
    format!("/api/v1/conversations/{ID}/messages")
}

fn write(body: Value) -> TestRequest {
    TestRequest::post().uri(&path()).set_json(body)
}

#[actix_web::test]
async fn a_message_is_shown_as_it_was_written() {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
    storage.users.expect_find().returning(|_, id| Ok(Some(user(id))));
    storage.messages.expect_append().returning(|_, commit| {
        let NewMessage { conversation, draft, .. } = commit.write;
        Ok(Some(draft.numbered(conversation, 4)))
    });
    let body = json!({
        "externalId": { "source": "mail", "id": "<a@x.org>" },
        "body": " \u{feff}Hi\r\n", "author": { "type": "agent", "_id": ID }, "internal": true,
    });

    let reply = call(storage, write(body)).await;

    let id = "01a203c9-2b03-0000-0000-000000000007";
    assert_eq!(
        *reply.data(201),
        json!({
            "_id": id,
            "externalId": { "source": "mail", "id": "<a@x.org>" },
            "conversationId": ID,
            "number": 4,
            "author": { "type": "agent", "_id": ID },
            "internal": true,
            "body": " \u{feff}Hi\r\n",
            "createdAt": "2026-11-22T15:04:05.123Z",
        })
    );
    assert_eq!(reply.header("location"), format!("messages/{id}"));
}

#[actix_web::test]
async fn a_taken_external_id_is_named() {
    let mut storage = Storage::default();
    storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
    let taken = || RepositoryError::ExternalIdTaken(ExternalIdOwner::Message);
    storage.messages.expect_append().returning(move |_, _| Err(taken()));
    let external_id = json!({ "source": "mail", "id": "<a@x.org>" });
    let author = json!({ "type": "system" });
    let body = json!({ "externalId": external_id, "body": "Hi", "author": author });

    let reply = call(storage, write(body)).await;

    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "externalId": ["is taken"] }));
}

#[actix_web::test]
async fn an_author_has_the_id_that_fits_its_type() {
    let required = json!({ "author._id": ["is required for an agent"] });
    let superfluous = json!({ "author._id": ["must not be given for the system"] });
    let unknown = json!({ "author.type": ["must be one of customer, agent, system"] });
    let note = json!({ "internal": ["must not be true for a message of the customer"] });

    for (author, internal, problem) in [
        (json!({ "type": "agent" }), true, required.clone()),
        (json!({ "type": "agent", "_id": null }), false, required),
        (json!({ "type": "system", "_id": ID }), false, superfluous),
        (json!({ "type": "robot", "_id": ID }), true, unknown),
        (json!({ "type": "customer" }), true, note),
        (json!(null), true, json!({ "author": ["is required"] })),
        (json!({}), false, json!({ "author.type": ["is required"] })),
    ] {
        let body = json!({ "body": "Hi", "author": author, "internal": internal });
        let reply = call(Storage::default(), write(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), problem);
    }
}

#[actix_web::test]
async fn a_body_has_bounds() {
    for text in ["", "\u{0}", &"x".repeat(65_537)] {
        let body = json!({ "body": text, "author": { "type": "system" } });
        let reply = call(Storage::default(), write(body)).await;

        assert!(reply.refused(422, "VALIDATION_ERROR")["body"].is_array());
    }
}

#[actix_web::test]
async fn messages_are_read_one_by_one_and_in_pages() {
    let message = || {
        Message::restore(MessageParts {
            id: MessageId::parse(ID).expect("an id"),
            external_id: None,
            conversation: ConversationId::parse(ID).expect("an id"),
            number: 1,
            author: Author::Customer(None),
            internal: false,
            body: "Hi".parse().expect("a body"),
        })
    };
    let mut storage = Storage::default();
    storage.messages.expect_find().returning(move |_, _, _| Ok(Some(message())));
    let reply = call(storage, TestRequest::get().uri(&format!("{}/{ID}", path()))).await;
    assert_eq!(reply.data(200)["author"], json!({ "type": "customer", "_id": null }));

    let mut storage = Storage::default();
    storage
        .messages
        .expect_list()
        .withf(|_, _, filter, _| *filter == MessageFilter::default())
        .returning(move |_, _, _, window| Ok(Some(window.slice(vec![message()], 1))));
    let reply = call(storage, TestRequest::get().uri(&path())).await;
    assert_eq!(reply.data(200)[0]["number"], 1);
    assert_eq!(reply.totals(), json!({ "total": 1, "page": 1, "limit": 50, "totalPages": 1 }));

    let mut storage = Storage::default();
    storage
        .messages
        .expect_list()
        .withf(|_, _, filter, _| {
            let asked = filter.external_id.as_ref().expect("a filter");
            (asked.id.as_str(), asked.source.is_none()) == ("<a@x.org>", true)
        })
        .returning(|_, _, _, window| Ok(Some(window.slice(Vec::new(), 0))));
    let found = format!("{}?externalId=%3Ca@x.org%3E", path());
    let reply = call(storage, TestRequest::get().uri(&found)).await;
    assert_eq!(*reply.data(200), json!([]));

    let mut storage = Storage::default();
    storage.messages.expect_list().returning(|_, _, _, _| Ok(None));
    call(storage, TestRequest::get().uri(&path())).await.refused(404, "NOT_FOUND");
}

#[actix_web::test]
async fn the_system_and_the_customer_write_without_an_id() {
    for author in [json!({ "type": "system" }), json!({ "type": "customer", "_id": null })] {
        let mut storage = Storage::default();
        storage.conversations.expect_find().returning(|_, _| Ok(Some(details())));
        storage.messages.expect_append().returning(|_, commit| {
            let NewMessage { conversation, draft, .. } = commit.write;
            Ok(Some(draft.numbered(conversation, 1)))
        });

        let reply = call(storage, write(json!({ "body": "Hi", "author": author }))).await;

        assert_eq!(reply.data(201)["author"], json!({ "type": author["type"], "_id": null }));
        assert_eq!(reply.data(201)["internal"], false);
    }
}

#[actix_web::test]
async fn a_message_is_deleted_for_a_reason_and_once() {
    let conversation = NEW_ID;
    let path = format!("/api/v1/conversations/{conversation}/messages/{ID}?reason=over+%26+out");
    let request = || TestRequest::delete().uri(&path);
    let storage = |there| {
        let mut storage = Storage::default();
        storage
            .messages
            .expect_delete()
            .withf(|_, commit| {
                let of = (commit.write.conversation.to_string(), commit.write.message.to_string());
                of == (conversation.to_owned(), ID.to_owned())
                    && is_audited(commit, AuditAction::MessageDeleted)
            })
            .returning(move |_, _| Ok(there));
        storage
    };

    let reply = call(storage(true), request()).await;

    reply.data(200);
    assert_eq!(reply.body, json!({ "success": true, "message": "The message was deleted." }));
    call(storage(false), request()).await.refused(404, "NOT_FOUND");
}

#[test]
fn ids_of_users_and_customers_have_one_form() {
    // The body of a message checks both as one.
    for text in [ID, "", "x", &ID.to_uppercase()] {
        let (user, customer) = (UserId::parse(text), conversations_domain::CustomerId::parse(text));
        assert_eq!(user.is_ok(), customer.is_ok());
    }
}
