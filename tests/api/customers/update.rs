//! PUT and PATCH /customers/{id}

mod refused;

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestClock, TestServer};
use serde_json::{Value, json};

use crate::support::{conversation, customer, id};

on_both_databases! {
    put_and_patch_change_what_is_there_and_keep_the_rest,
    null_clears_optional_fields,
    tags_are_changed_as_a_whole_and_custom_fields_by_name,
    an_unchanged_update_changes_nothing,
    an_address_is_taken_whatever_its_case,
    an_address_that_was_given_up_is_free,
    is_shown_in_conversations_at_once,
}

/// A customer with all fields.
async fn ada(client: &ApiClient) -> Value {
    let body = json!({
        "externalId": { "source": "crm", "id": "4711" },
        "profile": {
            "firstName": "Ada", "lastName": "King", "email": "Ada@example.org",
            "phone": "+44 20 7946 0000", "company": "Analytical Engines", "jobTitle": "Countess",
        },
        "tier": "silver",
        "tags": ["vip", "Berlin"],
        "customFields": { "plan": "pro", "seats": 12 },
    });
    client.create_customer(&body).await.created()
}

async fn put_and_patch_change_what_is_there_and_keep_the_rest(server: &TestServer) {
    let client = server.client();
    let mut expected = ada(&client).await;
    let path = format!("/api/v1/customers/{}", id(&expected));

    let put = json!({ "profile": { "lastName": " Lovelace " }, "tier": "gold" });
    let put = client.put(&path, &put).await.ok();
    expected["profile"]["lastName"] = json!("Lovelace");
    expected["tier"] = json!("gold");
    expected["updatedAt"] = put["updatedAt"].clone();
    assert_eq!(put, expected);

    let patch = json!({
        "profile": { "email": "ada@lovelace.example", "phone": "1" },
        "status": "archived",
        "tags": ["x"],
        "customFields": { "trial": false },
    });
    let patched = client.patch(&path, &patch).await.ok();
    expected["profile"]["email"] = json!("ada@lovelace.example");
    expected["profile"]["phone"] = json!("1");
    expected["status"] = json!("archived");
    expected["tags"] = json!(["x"]);
    expected["customFields"] = json!({ "plan": "pro", "seats": 12, "trial": false });
    expected["updatedAt"] = patched["updatedAt"].clone();
    assert_eq!(patched, expected);
    assert_eq!(client.get(&path).await.ok(), expected);
}

async fn null_clears_optional_fields(server: &TestServer) {
    let client = server.client();
    let made = id(&ada(&client).await);

    let clear = json!({
        "externalId": null,
        "profile": {
            "lastName": null, "email": null, "phone": "  ", "company": null, "jobTitle": null,
        },
        "tags": null,
        "customFields": null,
    });
    let cleared = client.update_customer(&made, &clear).await.ok();

    assert_eq!(
        cleared["profile"],
        json!({
            "firstName": "Ada", "lastName": null, "email": null,
            "phone": null, "company": null, "jobTitle": null,
        })
    );
    assert_eq!(cleared["externalId"], json!(null));
    assert_eq!(cleared["tags"], json!([]));
    assert_eq!(cleared["customFields"], json!({}));
    assert_eq!(cleared["tier"], "silver");
    assert_eq!(client.get_customer(&made).await.ok(), cleared);
    for gone in ["search=king", "search=example.org", "search=7946", "tags=vip", "externalId=4711"]
    {
        let (found, pagination) = client.list_customers(gone).await.listed();
        assert_eq!((found, &pagination["total"]), (vec![], &json!(0)), "{gone}");
    }
}

async fn tags_are_changed_as_a_whole_and_custom_fields_by_name(server: &TestServer) {
    let client = server.client();
    let made = id(&ada(&client).await);

    let changes = json!({ "tags": ["Berlin", "new"], "customFields": { "seats": 13 } });
    let changed = client.update_customer(&made, &changes).await.ok();

    assert_eq!(changed["tags"], json!(["Berlin", "new"]));
    assert_eq!(changed["customFields"], json!({ "plan": "pro", "seats": 13 }));
    assert_eq!(client.get_customer(&made).await.ok(), changed);
    for (query, expected) in [("tags=vip", 0), ("tags=new,Berlin", 1)] {
        let (_, pagination) = client.list_customers(query).await.listed();
        assert_eq!(pagination["total"], expected, "{query}");
    }
}

async fn an_unchanged_update_changes_nothing(server: &TestServer) {
    let client = server.client();
    let made = ada(&client).await;

    for same in [
        json!({ "profile": { "firstName": " Ada " } }),
        json!({ "profile": made["profile"] }),
        json!({ "tier": "silver", "status": "active" }),
        json!({ "tags": ["vip ", "Berlin"], "customFields": { "seats": 12, "plan": "pro" } }),
    ] {
        assert_eq!(client.update_customer(&id(&made), &same).await.ok(), made, "{same}");
    }
    assert_eq!(client.get_customer(&id(&made)).await.ok(), made);
}

async fn an_address_is_taken_whatever_its_case(server: &TestServer) {
    let client = server.client();
    let made = ada(&client).await;
    let _eve = customer(&client, "ève@example.org").await;
    let elsewhere = server.client_of("elsewhere").await;
    let _theirs = customer(&elsewhere, "free@example.org").await;
    let set = async |email: &str| {
        let changes = json!({ "tier": "gold", "profile": { "email": email } });
        client.update_customer(&id(&made), &changes).await
    };

    for taken in ["ève@example.org", "ÈVE@Example.ORG"] {
        let error = set(taken).await.refused(409, "CONFLICT");
        assert!(error["details"]["profile.email"].is_array(), "{error}");
        assert_eq!(client.get_customer(&id(&made)).await.ok(), made);
    }
    for free in ["ADA@example.org", "Free@example.org"] {
        assert_eq!(set(free).await.ok()["profile"]["email"], free);
    }
}

async fn an_address_that_was_given_up_is_free(server: &TestServer) {
    let client = server.client();
    let made = id(&ada(&client).await);

    let cleared = json!({ "profile": { "email": null } });
    let _cleared = client.update_customer(&made, &cleared).await.ok();
    let other = customer(&client, "ada@example.org").await;
    client.delete_customer(&other).await.deleted();

    let back = json!({ "profile": { "email": "ada@example.org" } });
    let back = client.update_customer(&made, &back).await.ok();
    assert_eq!(back["profile"]["email"], "ada@example.org");
}

async fn is_shown_in_conversations_at_once(server: &TestServer) {
    let client = server.client();
    let made = ada(&client).await;
    let with_ada = json!({ "customerId": made["_id"] });
    let before = conversation(&client, server.inbox(), with_ada).await;

    let changed = client.update_customer(&id(&made), &json!({ "tier": "gold" })).await.ok();

    let after = client.get_conversation(&id(&before)).await.ok();
    assert_eq!(after["customerId"], changed);
    assert_eq!(after["updatedAt"], before["updatedAt"]);
    let (listed, _) = client.list_conversations("").await.listed();
    assert_eq!(listed, [after]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_moves_the_time_and_a_look_does_not() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let made = ada(&client).await;
        clock.advance(Duration::from_millis(1_500));

        let same = client.update_customer(&id(&made), &json!({ "tier": "silver" })).await.ok();
        let changed = client.update_customer(&id(&made), &json!({ "tier": "gold" })).await.ok();

        assert_eq!(same["updatedAt"], "2026-11-22T15:04:05.123Z");
        assert_eq!(changed["createdAt"], "2026-11-22T15:04:05.123Z");
        assert_eq!(changed["updatedAt"], "2026-11-22T15:04:06.623Z");
    }
}
