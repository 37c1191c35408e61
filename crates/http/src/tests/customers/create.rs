//! Creating customers.

use actix_web::test::TestRequest;
use conversations_application::ports::{ExternalIdOwner, RepositoryError};
use serde_json::{Value, json};

use crate::testing::{ID, NEW_ID, NEW_TIME, Storage, call};

fn customer(body: Value) -> TestRequest {
    TestRequest::post().uri("/api/v1/customers").set_json(body)
}

fn storage() -> Storage {
    let mut storage = Storage::default();
    storage.customers.expect_create().returning(|_, _| Ok(()));
    storage
}

#[actix_web::test]
async fn a_customer_is_shown_as_they_were_made() {
    let body = json!({
        "externalId": { "source": "crm", "id": " 4711 " },
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
            "_id": NEW_ID,
            "externalId": { "source": "crm", "id": "4711" },
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
            "createdAt": NEW_TIME,
            "updatedAt": NEW_TIME,
        })
    );
    assert_eq!(reply.header("location"), format!("customers/{NEW_ID}"));
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
async fn an_external_id_is_whole_or_refused() {
    let source = "must have only lower-case letters (a-z), digits, dots, underscores and hyphens";
    let unknown = "is not a known field; expected source or id";

    for (external_id, details) in [
        (
            json!({}),
            json!({ "externalId.source": ["is required"], "externalId.id": ["is required"] }),
        ),
        (json!({ "source": "crm" }), json!({ "externalId.id": ["is required"] })),
        (
            json!({ "source": "CRM", "id": " " }),
            json!({ "externalId.source": [source], "externalId.id": ["must not be empty"] }),
        ),
        (json!({ "source": "crm", "id": 7 }), json!({ "externalId.id": ["must be a string"] })),
        (json!("crm:7"), json!({ "externalId": ["must be an object"] })),
        (json!({ "source": "crm", "id": "7", "_id": ID }), json!({ "externalId._id": [unknown] })),
    ] {
        let body = json!({ "profile": { "firstName": "Ada" }, "externalId": external_id });
        let reply = call(storage(), customer(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details, "{external_id}");
    }
}

#[actix_web::test]
async fn a_taken_external_id_is_named() {
    let mut storage = Storage::default();
    let taken = || RepositoryError::ExternalIdTaken(ExternalIdOwner::Customer);
    storage.customers.expect_create().returning(move |_, _| Err(taken()));
    let external_id = json!({ "source": "crm", "id": "7" });
    let body = json!({ "profile": { "firstName": "Ada" }, "externalId": external_id });

    let reply = call(storage, customer(body)).await;

    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "externalId": ["is taken"] }));
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
        (json!({ "tags": ["a", "a"] }), json!({ "tags[1]": ["must not contain duplicates"] })),
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
