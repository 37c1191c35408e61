//! Ids of customers in other systems.

use std::sync::Arc;

use conversations_testkit::{ApiClient, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{conversation, id, ids};

on_both_databases! {
    an_external_id_is_set_changed_and_cleared,
    an_external_id_is_taken_once_in_a_workspace,
    one_of_many_gets_an_external_id,
    customers_are_found_by_external_id,
    customers_are_found_by_email,
    a_conversation_is_opened_with_the_customer_of_an_external_id,
    an_external_id_is_free_again_when_its_customer_is_gone,
}

fn known_to(source: &str, external_id: &str) -> Value {
    json!({
        "externalId": { "source": source, "id": external_id },
        "profile": { "firstName": "Ada" },
    })
}

async fn make(client: &ApiClient, source: &str, external_id: &str) -> String {
    id(&client.create_customer(&known_to(source, external_id)).await.created())
}

/// Who is found, newest first.
async fn found(client: &ApiClient, query: &[(&str, &str)]) -> Vec<String> {
    let request = client.request(Method::GET, "/api/v1/customers").query(query);
    let (found, pagination) = client.send(request).await.listed();
    assert_eq!(pagination["total"], found.len(), "{query:?}");
    ids(&found)
}

async fn an_external_id_is_set_changed_and_cleared(server: &TestServer) {
    let client = server.client();
    let ada = make(&client, "crm", " 4711 ").await;
    let made = client.get_customer(&ada).await.ok();
    assert_eq!(made["externalId"], json!({ "source": "crm", "id": "4711" }));

    let moved = json!({ "externalId": { "source": "shop", "id": "A-1" } });
    let changed = client.update_customer(&ada, &moved).await.ok();
    assert_eq!(changed["externalId"], moved["externalId"]);
    assert_ne!(changed["updatedAt"], made["updatedAt"]);
    assert_eq!(client.update_customer(&ada, &moved).await.ok(), changed);
    let half = json!({ "externalId": { "id": "B-2" } });
    assert_eq!(client.update_customer(&ada, &half).await.invalid_fields(), ["externalId.source"]);
    let cleared = client.update_customer(&ada, &json!({ "externalId": null })).await.ok();
    assert_eq!(cleared["externalId"], json!(null));
    assert_eq!(client.get_customer(&ada).await.ok(), cleared);

    let events = client.list_events("types=customer.updated").await.ok();
    let changes: Vec<_> =
        events.as_array().expect("a list").iter().map(|event| &event["changes"]).collect();
    assert_eq!(changes, [&json!([{ "field": "externalId" }]); 2]);
}

async fn an_external_id_is_taken_once_in_a_workspace(server: &TestServer) {
    let client = server.client();
    let ada = make(&client, "crm", "1").await;
    let eve = make(&client, "crm", "2").await;

    let refused = client.create_customer(&known_to("crm", "1")).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], json!({ "externalId": ["is taken"] }));
    let same = json!({ "externalId": { "source": "crm", "id": "1" } });
    let refused = client.update_customer(&eve, &same).await.refused(409, "CONFLICT");
    assert_eq!(refused["details"], json!({ "externalId": ["is taken"] }));
    let _own = client.update_customer(&ada, &same).await.ok();
    let _other_system = make(&client, "shop", "1").await;
    let _other_case = make(&client, "crm", "A").await;
    let _other_case = make(&client, "crm", "a").await;

    let elsewhere = server.client_of("elsewhere").await;
    let _other = make(&elsewhere, "crm", "1").await;
}

async fn one_of_many_gets_an_external_id(server: &TestServer) {
    let client = server.client();

    for round in 0..4 {
        let external_id = Arc::new(round.to_string());
        let sent: Vec<_> = (0..6)
            .map(|_| {
                let (client, external_id) = (client.clone(), Arc::clone(&external_id));
                let body = known_to("crm", &external_id);
                tokio::spawn(async move { client.create_customer(&body).await.status.as_u16() })
            })
            .collect();
        let mut statuses = Vec::new();
        for status in sent {
            statuses.push(status.await.expect("a reply"));
        }

        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
        assert_eq!(found(&client, &[("externalId", external_id.as_str())]).await.len(), 1);
    }
}

async fn customers_are_found_by_external_id(server: &TestServer) {
    let client = server.client();
    let strange = "<日本/1?a=%20&b,@x.org>";
    let in_crm = make(&client, "crm", strange).await;
    let in_shop = make(&client, "shop", strange).await;
    let _other = make(&client, "crm", "<日本").await;

    assert_eq!(found(&client, &[("externalId", strange)]).await, [in_shop, in_crm.clone()]);
    let query = [("externalId", strange), ("externalSource", "crm")];
    assert_eq!(found(&client, &query).await, [in_crm.as_str()]);
    assert_eq!(found(&client, &[query[0], query[1], ("tier", "gold")]).await, [""; 0]);
    assert_eq!(found(&client, &[query[0], ("externalSource", "erp")]).await, [""; 0]);
    for (query, wrong) in [
        ("externalSource=crm", "externalSource"),
        ("externalId=a&externalSource=CRM", "externalSource"),
        ("externalId=", "externalId"),
    ] {
        assert_eq!(client.list_customers(query).await.invalid_fields(), [wrong], "{query}");
    }
}

async fn customers_are_found_by_email(server: &TestServer) {
    let client = server.client();
    let body = json!({ "profile": { "email": "Ädä+1@Example.org" } });
    let ada = id(&client.create_customer(&body).await.created());
    let body = json!({ "profile": { "email": "x@example.org", "company": "ädä+1@example.org" } });
    let _other = client.create_customer(&body).await.created();

    assert_eq!(found(&client, &[("email", "äDÄ+1@example.ORG")]).await, [ada]);
    assert_eq!(found(&client, &[("email", "dä+1@example.org")]).await, [""; 0]);
    assert_eq!(client.list_customers("email=ada").await.invalid_fields(), ["email"]);
}

async fn a_conversation_is_opened_with_the_customer_of_an_external_id(server: &TestServer) {
    let client = server.client();
    let mut customer = known_to("crm", "1");
    customer["profile"]["email"] = json!("ada@example.org");
    let fields = json!({ "customer": customer });
    let made = conversation(&client, server.inbox(), fields.clone()).await;
    assert_eq!(made["customerId"]["externalId"], customer["externalId"]);

    let mut renamed = known_to("crm", "1");
    renamed["profile"]["firstName"] = json!("Eve");
    let again = conversation(&client, server.inbox(), json!({ "customer": renamed })).await;
    assert_eq!(again["customerId"], made["customerId"]);
    // Else the address decides, and its customer stays as they are.
    customer["externalId"]["id"] = json!("2");
    let again = conversation(&client, server.inbox(), json!({ "customer": customer })).await;
    assert_eq!(again["customerId"], made["customerId"]);
}

async fn an_external_id_is_free_again_when_its_customer_is_gone(server: &TestServer) {
    let client = server.client();

    for erase in ["", "?erase=true"] {
        let ada = make(&client, "crm", "1").await;
        let _deleted = client.delete_customer(&format!("{ada}{erase}")).await.ok();
        assert_eq!(found(&client, &[("externalId", "1")]).await, [""; 0]);
    }
    let _again = make(&client, "crm", "1").await;
}
