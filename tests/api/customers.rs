//! GET and POST /customers, GET, PUT, PATCH and DELETE /customers/{id}

mod delete;
mod erase;
mod external_ids;
mod put_external;
mod search;
mod update;

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, customer, id, ids, location};

on_both_databases! {
    round_trips_every_field,
    starts_with_default_values,
    an_address_is_taken_whatever_its_case,
    lists_newest_first_with_totals,
    names_every_invalid_field,
    is_not_found_for_an_unknown_id,
}

async fn round_trips_every_field(server: &TestServer) {
    let client = server.client();
    let body = json!({
        "externalId": { "source": "my-crm_2.eu", "id": "<日本/1?a=%20&b@x.org>" },
        "profile": {
            "firstName": "Ada", "lastName": "King", "email": "ada@example.org",
            "phone": "+44 20 7946 0000", "company": "Analytical Engines", "jobTitle": "Countess",
        },
        "tier": "platinum",
        "status": "archived",
        "tags": ["vip", "Berlin", "日本"],
        "customFields": { "z": 9_223_372_036_854_775_807_i64, "a": 0.1, "ü": "👍", "m": true, "e": "" },
    });

    let reply = client.create_customer(&body).await;
    let location = location(&reply);
    let mut made = reply.created();

    assert_eq!(location, format!("/api/v1/customers/{}", id(&made)));
    assert_eq!(client.get(&location).await.ok(), made);
    assert_eq!(made["createdAt"], made["updatedAt"]);
    let fields = made.as_object_mut().expect("an object");
    fields.retain(|name, _| !["_id", "createdAt", "updatedAt"].contains(&name.as_str()));
    assert_eq!(made, body);
}

async fn starts_with_default_values(server: &TestServer) {
    let client = server.client();

    let body = json!({ "profile": { "phone": "+49 30 1234", "company": " " } });
    let made = client.create_customer(&body).await.created();

    let (made_id, at) = (made["_id"].clone(), made["createdAt"].clone());
    assert_eq!(
        made,
        json!({
            "_id": made_id,
            "externalId": null,
            "profile": {
                "firstName": null, "lastName": null, "email": null,
                "phone": "+49 30 1234", "company": null, "jobTitle": null,
            },
            "tier": "bronze",
            "status": "active",
            "tags": [],
            "customFields": {},
            "createdAt": at,
            "updatedAt": at,
        })
    );
    assert_eq!(client.get_customer(&id(&made)).await.ok(), made);
}

async fn an_address_is_taken_whatever_its_case(server: &TestServer) {
    let client = server.client();
    let _ada = customer(&client, "ädä@example.org").await;

    let body = json!({ "profile": { "email": "ÄDÄ@EXAMPLE.ORG" } });
    let error = client.create_customer(&body).await.refused(409, "CONFLICT");

    assert!(error["details"]["profile.email"].is_array(), "{error}");
    let (_, pagination) = client.list_customers("").await.listed();
    assert_eq!(pagination["total"], 1);
    let elsewhere = server.client_of("elsewhere").await;
    let _other = customer(&elsewhere, "ädä@example.org").await;
}

async fn lists_newest_first_with_totals(server: &TestServer) {
    let client = server.client();
    let mut customers = Vec::new();
    for number in 0..3 {
        customers.insert(0, customer(&client, &format!("{number}@example.org")).await);
    }

    let (page, pagination) = client.list_customers("limit=2").await.listed();
    assert_eq!(ids(&page), customers[..2]);
    assert_eq!(pagination, json!({ "total": 3, "page": 1, "limit": 2, "totalPages": 2 }));
    let (page, _) = client.list_customers("limit=2&page=2").await.listed();
    assert_eq!(ids(&page), customers[2..]);
}

async fn names_every_invalid_field(server: &TestServer) {
    let client = server.client();

    for (body, wrong) in [
        (json!({}), vec!["profile"]),
        (json!({ "profile": {} }), vec!["profile"]),
        (json!({ "profile": { "jobTitle": "Countess" } }), vec!["profile"]),
        (json!({ "profile": { "firstName": "  " } }), vec!["profile"]),
        (json!({ "profile": { "firstName": "x".repeat(256) } }), vec!["profile.firstName"]),
        (json!({ "profile": { "firstName": 5 } }), vec!["profile.firstName"]),
        (json!({ "profile": { "first_name": "Ada" } }), vec!["profile", "profile.first_name"]),
        (json!({ "profile": { "email": "ada" }, "tier": "x" }), vec!["profile.email", "tier"]),
        (json!({ "profile": { "company": "a" }, "tags": ["a", 1] }), vec!["tags[1]"]),
        (json!({ "profile": { "company": "a" }, "tags": ["a", "a"] }), vec!["tags[1]"]),
        (json!({ "profile": { "company": "a" }, "tags": vec!["a"; 21] }), vec!["tags"]),
        (
            json!({ "profile": { "company": "a" }, "customFields": { "x": null } }),
            vec!["customFields.x"],
        ),
        (
            json!({ "profile": { "company": "a" }, "customFields": { "x": [] } }),
            vec!["customFields.x"],
        ),
        (
            json!({ "profile": { "company": "a" }, "customFields": { "x": 1e300 } }),
            vec!["customFields.x"],
        ),
        (
            json!({ "profile": { "company": "a" }, "externalId": { "source": "C", "id": "" } }),
            vec!["externalId.id", "externalId.source"],
        ),
        (json!({ "profile": { "company": "a" }, "_id": UNKNOWN }), vec!["_id"]),
    ] {
        let fields = client.create_customer(&body).await.invalid_fields();
        assert_eq!(fields, wrong, "{body}");
    }
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;

    for other in [UNKNOWN, &ada.to_uppercase(), &format!("{{{ada}}}"), "0"] {
        let _error = client.get_customer(other).await.refused(404, "NOT_FOUND");
        let reply = client.update_customer(other, &json!({ "tier": "gold" })).await;
        let _error = reply.refused(404, "NOT_FOUND");
        let _error = client.delete_customer(other).await.refused(404, "NOT_FOUND");
        let erase = client.delete_customer(&format!("{other}?erase=true")).await;
        let _error = erase.refused(404, "NOT_FOUND");
    }
    assert_eq!(client.get_customer(&ada).await.ok()["tier"], "bronze");
}
