//! Customers, users and inboxes: what is sent arrives in the storage, and what is stored is shown.

use actix_web::test::TestRequest;
use conversations_application::Page;
use conversations_domain::{CustomerId, Inbox, InboxId, NewInbox, NewUser, User, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::testing::{Storage, call, customer as somebody};

fn customer(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/customers").set_json(body)
}

fn storage() -> Storage {
    let mut storage = Storage::default();
    storage.customers.expect_create().returning(|_, _| Ok(()));
    storage.users.expect_create().returning(|_, _| Ok(()));
    storage.inboxes.expect_create().returning(|_, _| Ok(()));
    storage
}

/// A storage in which every id leads somewhere.
fn stored() -> Storage {
    fn user(id: UserId) -> User {
        let (name, email) = ("Grace".parse().expect("a name"), "g@h.i".parse().expect("one"));
        User::new(id, NewUser { name, email, role: None })
    }
    fn inbox(id: InboxId) -> Inbox {
        Inbox::new(id, NewInbox { name: "Sales".parse().expect("a name"), channel: None })
    }
    fn page<T>(item: T) -> Page<T> {
        Page { items: vec![item], total: 4 }
    }
    let id = Uuid::parse_str(ID).expect("an id");

    let mut storage = Storage::default();
    storage.customers.expect_find().returning(|_, id| Ok(Some(somebody(id))));
    storage
        .customers
        .expect_list()
        .returning(move |_, _| Ok(page(somebody(CustomerId::from_uuid(id)))));
    storage.users.expect_find().returning(|_, id| Ok(Some(user(id))));
    storage.users.expect_list().returning(move |_, _| Ok(page(user(UserId::from_uuid(id)))));
    storage.inboxes.expect_find().returning(|_, id| Ok(Some(inbox(id))));
    storage.inboxes.expect_list().returning(move |_, _| Ok(page(inbox(InboxId::from_uuid(id)))));
    storage
}

const ID: &str = "01a203c9-2b03-0000-0000-000000000007";
const NOW: &str = "2026-11-22T15:04:05.123Z";

#[actix_web::test]
async fn a_customer_is_shown_as_they_were_made() {
    let body = json!({
        "profile": { "firstName": " Ada ", "lastName": "  ", "phone": null, "email": "Ada@b.c" },
        "tier": "gold",
        "tags": ["vip", " Berlin "],
        "customFields": {
            "a_b": "ü", "big": 9_007_199_254_740_993_i64, "rate": 0.1, "tiny": 5e-324, "yes": true,
        },
    });

    let reply = call(storage(), customer(body)).await;

    assert_eq!(
        *reply.data(201),
        json!({
            "_id": ID,
            "profile": {
                "firstName": "Ada", "lastName": null, "email": "Ada@b.c",
                "phone": null, "company": null, "jobTitle": null,
            },
            "tier": "gold",
            "status": "active",
            "tags": ["vip", "Berlin"],
            "customFields": {
                "a_b": "ü", "big": 9_007_199_254_740_993_i64, "rate": 0.1, "tiny": 5e-324,
                "yes": true,
            },
            "createdAt": NOW,
            "updatedAt": NOW,
        })
    );
    assert_eq!(reply.header("location"), format!("/api/v1/customers/{ID}"));
}

#[actix_web::test]
async fn a_customer_is_somebody() {
    let nobody = "must have at least one of firstName, lastName, email, phone and company";

    for (body, details) in [
        (json!({}), json!({ "profile": ["is required"] })),
        (json!({ "profile": null }), json!({ "profile": ["is required"] })),
        (json!({ "profile": {} }), json!({ "profile": [nobody] })),
        (json!({ "profile": { "jobTitle": "CEO", "phone": " " } }), json!({ "profile": [nobody] })),
        (json!({ "profile": { "email": " " } }), json!({ "profile.email": ["must not be empty"] })),
    ] {
        let reply = call(storage(), customer(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn extras_are_named_one_by_one() {
    let fields = |count: usize| {
        let fields = (0..count).map(|n| (format!("f{n}"), json!(n))).collect();
        Value::Object(fields)
    };
    let with_extras = |mut extras: Value| {
        extras["profile"] = json!({ "firstName": "Ada" });
        customer(extras)
    };
    let range = "must be a number between -2^63 and 2^63 - 1";
    let scalar = "must be a string, a number or a boolean";

    for (extras, details) in [
        (json!({ "tags": vec!["x"; 21] }), json!({ "tags": ["must have at most 20 entries"] })),
        (json!({ "tags": ["a", "a"] }), json!({ "tags[1]": ["must not have an entry twice"] })),
        (
            json!({ "tags": ["", "a,"] }),
            json!({
                "tags[0]": ["must not be empty"], "tags[1]": ["must not contain a comma"],
            }),
        ),
        (
            json!({ "customFields": fields(51) }),
            json!({
                "customFields": ["must have at most 50 fields"],
            }),
        ),
        (
            json!({ "customFields": {
                "big": 9_223_372_036_854_775_808_u64, "none": null, "list": [1], "": 1,
                "a_b": "x".repeat(1001),
            } }),
            json!({
                "customFields.": ["must not be empty"],
                "customFields.big": [range],
                "customFields.none": [scalar],
                "customFields.list": [scalar],
                "customFields.a_b": ["must be at most 1000 characters long"],
            }),
        ),
    ] {
        let reply = call(storage(), with_extras(extras)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn a_user_and_an_inbox_are_shown_as_they_were_made() {
    let user = json!({ "name": "Grace", "email": "grace@example.org", "role": null });
    let reply = call(storage(), TestRequest::post().uri("/api/v1/users").set_json(user)).await;
    assert_eq!(
        *reply.data(201),
        json!({
            "_id": ID, "name": "Grace", "email": "grace@example.org", "role": "agent",
            "createdAt": NOW, "updatedAt": NOW,
        })
    );
    assert_eq!(reply.header("location"), format!("/api/v1/users/{ID}"));

    let inbox = json!({ "name": "Sales", "channel": "chat" });
    let reply = call(storage(), TestRequest::post().uri("/api/v1/inboxes").set_json(inbox)).await;
    assert_eq!(
        *reply.data(201),
        json!({ "_id": ID, "name": "Sales", "channel": "chat", "createdAt": NOW, "updatedAt": NOW })
    );
    assert_eq!(reply.header("location"), format!("/api/v1/inboxes/{ID}"));
}

#[actix_web::test]
async fn customers_users_and_inboxes_are_read_one_by_one_and_in_pages() {
    for kind in ["customers", "users", "inboxes"] {
        let one = format!("/api/v1/{kind}/{ID}");
        let reply = call(stored(), TestRequest::get().uri(&one)).await;
        assert_eq!(reply.data(200)["_id"], ID, "{kind}");
        let all = format!("/api/v1/{kind}?page=2&limit=3");
        let reply = call(stored(), TestRequest::get().uri(&all)).await;
        assert_eq!(reply.data(200)[0]["_id"], ID, "{kind}");
        assert_eq!(
            reply.body["pagination"],
            json!({ "total": 4, "page": 2, "limit": 3, "totalPages": 2 })
        );
    }
}

#[actix_web::test]
async fn a_user_and_an_inbox_are_refused_field_by_field() {
    let user = json!({ "name": " ", "role": "boss" });
    let reply = call(storage(), TestRequest::post().uri("/api/v1/users").set_json(user)).await;
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "name": ["must not be empty"],
            "email": ["is required"],
            "role": ["must be one of owner, admin, agent"],
        })
    );

    let inbox = json!({ "name": null, "channel": "fax" });
    let reply = call(storage(), TestRequest::post().uri("/api/v1/inboxes").set_json(inbox)).await;
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "name": ["is required"],
            "channel": ["must be one of email, chat, phone, whatsapp"],
        })
    );
}
