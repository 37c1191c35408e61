//! /customers, /users and /inboxes

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, customer, id, user};

on_both_databases! {
    a_customer_round_trips,
    a_user_round_trips,
    an_inbox_round_trips,
    an_address_is_taken_whatever_its_case,
    lists_are_newest_first_with_totals,
    names_every_field_of_a_customer_that_is_wrong,
    names_every_field_of_the_others_that_is_wrong,
    is_not_found_for_an_unknown_id,
}

async fn a_customer_round_trips(server: &TestServer) {
    let client = server.client();
    let body = json!({
        "profile": {
            "firstName": "Ada", "lastName": "King", "email": "ada@example.org",
            "phone": "+44 20 7946 0000", "company": "Analytical Engines", "jobTitle": "Countess",
        },
        "tier": "platinum",
        "status": "archived",
        "tags": ["vip", "Berlin", "日本"],
        "customFields": { "z": 9_223_372_036_854_775_807_i64, "a": 0.1, "ü": "👍", "m": true, "e": "" },
    });

    let reply = client.post("/api/v1/customers", &body).await;
    let location = reply.headers["location"].to_str().expect("a path").to_owned();
    let mut made = reply.created();

    assert_eq!(location, format!("/api/v1/customers/{}", id(&made)));
    assert_eq!(client.get(&location).await.ok(), made);
    assert_eq!(made["createdAt"], made["updatedAt"]);
    let fields = made.as_object_mut().expect("an object");
    fields.retain(|name, _| !["_id", "createdAt", "updatedAt"].contains(&name.as_str()));
    assert_eq!(made, body);
}

async fn a_user_round_trips(server: &TestServer) {
    let client = server.client();
    let body = json!({ "name": " Grace Hopper ", "email": "Grace@example.org", "role": "owner" });

    let reply = client.post("/api/v1/users", &body).await;
    let location = reply.headers["location"].to_str().expect("a path").to_owned();
    let made = reply.created();

    assert_eq!(location, format!("/api/v1/users/{}", id(&made)));
    assert_eq!(client.get(&location).await.ok(), made);
    let (id, at) = (made["_id"].clone(), made["createdAt"].clone());
    assert_eq!(
        made,
        json!({
            "_id": id, "name": "Grace Hopper", "email": "Grace@example.org", "role": "owner",
            "createdAt": at, "updatedAt": at,
        })
    );
}

async fn an_inbox_round_trips(server: &TestServer) {
    let client = server.client();

    let reply =
        client.post("/api/v1/inboxes", &json!({ "name": "Sales", "channel": "phone" })).await;
    let location = reply.headers["location"].to_str().expect("a path").to_owned();
    let made = reply.created();

    assert_eq!(client.get(&location).await.ok(), made);
    let (id, at) = (made["_id"].clone(), made["createdAt"].clone());
    assert_eq!(
        made,
        json!({ "_id": id, "name": "Sales", "channel": "phone", "createdAt": at, "updatedAt": at })
    );
}

async fn an_address_is_taken_whatever_its_case(server: &TestServer) {
    let client = server.client();
    let _ada = customer(&client, "ädä@example.org").await;
    let _grace = user(&client, "grace@example.org").await;

    let body = json!({ "profile": { "email": "ÄDÄ@EXAMPLE.ORG" } });
    let error = client.post("/api/v1/customers", &body).await.refused(409, "CONFLICT");
    assert!(error["details"]["profile.email"].is_array(), "{error}");
    let body = json!({ "name": "G", "email": "GRACE@example.org" });
    let error = client.post("/api/v1/users", &body).await.refused(409, "CONFLICT");
    assert!(error["details"]["email"].is_array(), "{error}");

    let elsewhere = server.client_of("elsewhere").await;
    let _other = customer(&elsewhere, "ädä@example.org").await;
}

async fn lists_are_newest_first_with_totals(server: &TestServer) {
    let client = server.client();
    let mut customers = Vec::new();
    for number in 0..3 {
        customers.insert(0, customer(&client, &format!("{number}@example.org")).await);
    }

    let (page, pagination) = client.get("/api/v1/customers?limit=2").await.listed();
    assert_eq!(crate::support::ids(&page), customers[..2]);
    assert_eq!(pagination, json!({ "total": 3, "page": 1, "limit": 2, "totalPages": 2 }));
    let (page, _) = client.get("/api/v1/customers?limit=2&page=2").await.listed();
    assert_eq!(crate::support::ids(&page), customers[2..]);

    let (users, pagination) = client.get("/api/v1/users").await.listed();
    assert!(users.is_empty());
    assert_eq!(pagination["total"], 0);
    let (inboxes, _) = client.get("/api/v1/inboxes").await.listed();
    assert_eq!(id(&inboxes[0]), server.inbox());
}

async fn names_every_field_of_a_customer_that_is_wrong(server: &TestServer) {
    let client = server.client();

    for (body, wrong) in [
        (json!({}), vec!["profile"]),
        (json!({ "profile": {} }), vec!["profile"]),
        (json!({ "profile": { "jobTitle": "Countess" } }), vec!["profile"]),
        (json!({ "profile": { "firstName": "  " } }), vec!["profile"]),
        (json!({ "profile": { "firstName": "x".repeat(256) } }), vec!["profile.firstName"]),
        (json!({ "profile": { "firstName": 5 } }), vec!["profile.firstName"]),
        (json!({ "profile": { "first_name": "Ada" } }), vec!["profile.first_name"]),
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
        (json!({ "profile": { "company": "a" }, "_id": UNKNOWN }), vec!["_id"]),
    ] {
        let fields = client.post("/api/v1/customers", &body).await.invalid_fields();
        assert_eq!(fields, wrong, "{body}");
    }
}

async fn names_every_field_of_the_others_that_is_wrong(server: &TestServer) {
    let client = server.client();

    for (path, body, wrong) in [
        (
            "users",
            json!({ "name": "" , "email": "x", "role": "god" }),
            vec!["email", "name", "role"],
        ),
        ("users", json!({ "name": "Grace" }), vec!["email"]),
        ("users", json!({ "name": "x".repeat(101), "email": "a@b" }), vec!["name"]),
        ("inboxes", json!({ "name": " ", "channel": "fax" }), vec!["channel", "name"]),
        ("inboxes", json!({ "name": null }), vec!["name"]),
        ("inboxes", json!({ "name": "Sales", "createdAt": "now" }), vec!["createdAt"]),
    ] {
        let fields = client.post(&format!("/api/v1/{path}"), &body).await.invalid_fields();
        assert_eq!(fields, wrong, "{path} {body}");
    }
}

async fn is_not_found_for_an_unknown_id(server: &TestServer) {
    for resource in ["customers", "users", "inboxes"] {
        let path = format!("/api/v1/{resource}/{UNKNOWN}");
        let _error = server.client().get(&path).await.refused(404, "NOT_FOUND");
    }
}
