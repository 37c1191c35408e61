//! Changing customers.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use conversations_application::ports::RepositoryError;
use conversations_domain::{Customer, CustomerId, CustomerParts, ExternalId, Profile, Tags};
use serde_json::{Value, json};

use crate::testing::{ID, ID_TIME, NEW_TIME, Storage, call, customer};

const NOBODY: &str = "must have at least one of firstName, lastName, email, phone and company";

fn change(body: Value) -> TestRequest {
    TestRequest::patch().uri(&format!("/api/v1/customers/{ID}")).set_json(body)
}

/// A customer of whom more is known.
fn known(id: CustomerId) -> Customer {
    let mut parts: CustomerParts = customer(id).into_parts();
    let (source, id) = ("shop".parse().expect("a source"), "1".parse().expect("an id"));
    parts.external_id = Some(ExternalId { source, id });
    parts.profile.company = "Engines".parse().ok();
    parts.profile.job_title = "Countess".parse().ok();
    parts.tags = Tags::parse(&["vip"]).expect("tags");
    Customer::restore(parts)
}

/// A storage that has the customer and takes every change of them.
fn storage() -> Storage {
    let mut storage = Storage::default();
    storage.customers.expect_find().returning(|_, id| Ok(Some(known(id))));
    storage.customers.expect_update().returning(|_, _| Ok(()));
    storage
}

#[actix_web::test]
async fn put_and_patch_change_what_is_there_and_leave_the_rest() {
    for method in [Method::PUT, Method::PATCH] {
        let mut storage = Storage::default();
        storage.customers.expect_find().returning(|_, id| Ok(Some(known(id))));
        storage
            .customers
            .expect_update()
            .withf(|_, commit| {
                let profile = Profile {
                    first_name: "Ada".parse().ok(),
                    email: "ada@example.org".parse().ok(),
                    phone: "1".parse().ok(),
                    ..Profile::default()
                };
                *commit.write.changed.profile() == profile
            })
            .returning(|_, _| Ok(()));
        let body = json!({
            "externalId": { "source": "crm", "id": "7" },
            "profile": { "firstName": " Ada ", "phone": "1", "company": " ", "jobTitle": null },
            "tier": "gold",
            "tags": ["new", " first "],
            "customFields": { "plan": "pro" },
        });

        let reply = call(storage, change(body).method(method)).await;

        assert_eq!(
            *reply.data(200),
            json!({
                "_id": ID,
                "externalId": { "source": "crm", "id": "7" },
                "profile": {
                    "firstName": "Ada", "lastName": null, "email": "ada@example.org",
                    "phone": "1", "company": null, "jobTitle": null,
                },
                "tier": "gold",
                "status": "active",
                "tags": ["new", "first"],
                "customFields": { "plan": "pro" },
                "createdAt": ID_TIME,
                "updatedAt": NEW_TIME,
            })
        );
    }
}

#[actix_web::test]
async fn null_clears_optional_fields_only() {
    let body = json!({ "profile": null, "tier": null, "status": null, "tags": null });
    let reply = call(Storage::default(), change(body)).await;
    let problem = ["cannot be cleared"];
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({ "profile": problem, "tier": problem, "status": problem })
    );

    let profile = json!({
        "firstName": null, "lastName": null, "email": null, "phone": null, "jobTitle": null,
    });
    let body = json!({
        "externalId": null, "profile": profile, "tags": null, "customFields": null,
    });
    let reply = call(storage(), change(body)).await;
    let data = reply.data(200);
    assert_eq!(data["externalId"], json!(null));
    assert_eq!(data["profile"]["email"], json!(null));
    assert_eq!(data["profile"]["jobTitle"], json!(null));
    assert_eq!(data["profile"]["company"], "Engines");
    assert_eq!(data["tags"], json!([]));
    assert_eq!(data["customFields"], json!({}));
}

#[actix_web::test]
async fn reports_every_problem_of_an_update_at_once() {
    let body = json!({
        "externalId": { "source": "crm" },
        "profile": { "firstName": "x".repeat(256), "email": "ada", "phone": "\u{0}1" },
        "tier": "tin",
        "status": "gone",
        "tags": ["a", "b,c"],
        "customFields": { "foo": [], "bar": 1 },
    });

    let reply = call(Storage::default(), change(body)).await;

    let control =
        "must not contain control characters other than tab, line feed and carriage return";
    assert_eq!(
        *reply.refused(422, "VALIDATION_ERROR"),
        json!({
            "externalId.id": ["is required"],
            "profile.firstName": ["must be at most 255 characters long"],
            "profile.email": ["must be an e-mail address, such as ada@example.com"],
            "profile.phone": [control],
            "tier": ["must be one of bronze, silver, gold, platinum"],
            "status": ["must be one of active, inactive, archived"],
            "tags[1]": ["must not contain a comma"],
            "customFields.foo": ["must be a string, a number or a boolean"],
        })
    );
}

#[actix_web::test]
async fn a_wrong_type_or_an_unknown_field_is_named() {
    let profile = "is not a known field; expected one of firstName, lastName, email, phone, \
                   company, jobTitle";

    for (body, path, problem) in [
        (json!({ "profile": [] }), "profile", "must be an object"),
        (json!({ "profile": "Ada" }), "profile", "must be an object"),
        (json!({ "profile": { "phone": 1 } }), "profile.phone", "must be a string"),
        (json!({ "profile": { "nickname": "Ada" } }), "profile.nickname", profile),
        (json!({ "tags": "vip" }), "tags", "must be a list, or an object with add and remove"),
        (json!({ "tags": [null] }), "tags[0]", "must be a string"),
        (json!({ "customFields": [] }), "customFields", "must be an object"),
    ] {
        let reply = call(Storage::default(), change(body)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), json!({ path: [problem] }));
    }
}

#[actix_web::test]
async fn an_update_of_nothing_is_refused() {
    for nothing in [json!({}), json!({ "profile": {} }), json!({ "customFields": {} })] {
        let reply = call(Storage::default(), change(nothing)).await;

        assert_eq!(
            *reply.refused(422, "VALIDATION_ERROR"),
            json!({ "body": ["must have at least one field to change"] })
        );
    }
    // With something else to change, a profile may be empty.
    let reply = call(storage(), change(json!({ "profile": {}, "tier": "gold" }))).await;
    assert_eq!(reply.data(200)["tier"], "gold");
}

#[actix_web::test]
async fn a_customer_stays_somebody() {
    for (profile, details) in [
        (json!({ "email": null, "company": " " }), json!({ "profile": [NOBODY] })),
        (json!({ "email": null, "company": null }), json!({ "profile": [NOBODY] })),
        (json!({ "email": " " }), json!({ "profile.email": ["must not be empty"] })),
    ] {
        let reply = call(storage(), change(json!({ "profile": profile }))).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), details);
    }
}

#[actix_web::test]
async fn a_taken_address_is_named_where_it_stands() {
    let mut storage = Storage::default();
    storage.customers.expect_find().returning(|_, id| Ok(Some(known(id))));
    storage.customers.expect_update().returning(|_, _| Err(RepositoryError::Duplicate));
    storage.customers.expect_find_by_external_id().returning(|_, _| Ok(None));

    let reply = call(storage, change(json!({ "profile": { "email": "grace@example.org" } }))).await;

    assert_eq!(*reply.refused(409, "CONFLICT"), json!({ "profile.email": ["is taken"] }));
}

#[actix_web::test]
async fn a_customer_who_is_not_there_cannot_change() {
    let mut storage = Storage::default();
    storage.customers.expect_find().returning(|_, _| Ok(None));

    call(storage, change(json!({ "tier": "gold" }))).await.refused(404, "NOT_FOUND");
}
