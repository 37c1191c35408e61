//! POST /conversations

mod refused;

use conversations_domain::{Permission, Permissions, Source};
use conversations_testkit::{TestServer, new_api_key};
use serde_json::json;

use crate::support::{UNKNOWN, conversation, customer, id, user};

on_both_databases! {
    opens_with_default_values,
    opens_with_every_field,
    bears_the_source_of_its_key,
    makes_the_customer_and_the_first_message_with_it,
    takes_the_customer_with_that_address_as_they_are,
    makes_a_customer_without_an_address_each_time,
    opens_in_any_state,
    needs_to_write_customers_to_bring_one,
    takes_a_first_message_by_an_agent_or_the_system,
}

async fn opens_with_default_values(server: &TestServer) {
    let reply = server
        .client()
        .create_conversation(&json!({ "subject": "  Refund\u{3000}", "inboxId": server.inbox() }))
        .await;

    let location = reply.location();
    let made = reply.created();
    assert_eq!(location, format!("/api/v1/conversations/{}", id(&made)));
    let (time, id) = (made["createdAt"].clone(), made["_id"].clone());
    assert_eq!(
        made,
        json!({
            "_id": id,
            "externalId": null,
            "subject": "Refund",
            "status": "open",
            "priority": "medium",
            "channel": "email",
            "source": "api",
            "inboxId": server.inbox(),
            "customerId": null,
            "assignedTo": null,
            "labels": [],
            "messageCount": 0,
            "lastMessageAt": null,
            "closedAt": null,
            "createdAt": time,
            "updatedAt": time,
        })
    );
}

async fn opens_with_every_field(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;

    let external_id = json!({ "source": "desk", "id": "35436" });
    let fields = json!({
        "externalId": external_id, "customerId": ada, "channel": "whatsapp", "priority": "urgent", "labels": ["lamp", "a"],
    });
    let made = conversation(&client, server.inbox(), fields).await;

    assert_eq!(made["externalId"], external_id);
    assert_eq!(made["channel"], "whatsapp");
    assert_eq!(made["priority"], "urgent");
    assert_eq!(made["customerId"]["_id"], ada.as_str());
    assert_eq!(made["labels"], json!(["lamp", "a"]));
    assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
}

async fn opens_in_any_state(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;

    for status in ["open", "pending", "closed"] {
        let fields = json!({
            "status": status, "assignedTo": grace, "message": { "body": "a" },
        });
        let made = conversation(&client, server.inbox(), fields).await;

        assert_eq!((&made["status"], &made["assignedTo"]["_id"]), (&json!(status), &json!(grace)));
        let closed_at = if status == "closed" { made["createdAt"].clone() } else { json!(null) };
        assert_eq!(made["closedAt"], closed_at);
        assert_eq!(client.get_conversation(&id(&made)).await.ok(), made);
        let (history, _) = client.list_history(&id(&made), "").await.listed();
        assert!(history.is_empty(), "{history:?}");
        let query = format!("status={status}&assignedTo={grace}");
        let (_, pagination) = client.list_conversations(&query).await.listed();
        assert_eq!(pagination["total"], 1, "{status}");
    }
    let body = json!({ "subject": "a", "inboxId": server.inbox(), "assignedTo": UNKNOWN });
    assert_eq!(client.create_conversation(&body).await.invalid_fields(), ["assignedTo"]);
}

async fn bears_the_source_of_its_key(server: &TestServer) {
    let mut order = new_api_key(Permissions::all());
    order.source = Source::Widget;
    let client = server.client_with_key(&server.key(order).await);

    let made = conversation(&client, server.inbox(), json!({})).await;

    assert_eq!(made["source"], "widget");
}

async fn makes_the_customer_and_the_first_message_with_it(server: &TestServer) {
    let client = server.client();

    let fields = json!({
        "customer": {
            "profile": { "firstName": " Ada ", "email": "Ada@Example.org", "jobTitle": "" },
            "tier": "gold",
            "tags": ["vip"],
            "customFields": { "plan": "pro", "seats": 12, "rate": 0.5, "trial": false },
        },
        "message": { "body": " My lamp\r\nis broken. " },
    });
    let made = conversation(&client, server.inbox(), fields).await;

    let person = &made["customerId"];
    assert_eq!(
        person["profile"],
        json!({
            "firstName": "Ada", "lastName": null, "email": "Ada@Example.org",
            "phone": null, "company": null, "jobTitle": null,
        })
    );
    assert_eq!(person["tier"], "gold");
    assert_eq!(
        person["customFields"],
        json!({ "plan": "pro", "seats": 12, "rate": 0.5, "trial": false })
    );
    assert_eq!(made["messageCount"], 1);
    assert_eq!(made["lastMessageAt"], made["createdAt"]);
    let (messages, _) = client.list_messages(&id(&made), "").await.listed();
    assert_eq!(messages[0]["body"], " My lamp\r\nis broken. ");
    assert_eq!(messages[0]["number"], 1);
    assert_eq!(messages[0]["author"], json!({ "type": "customer", "_id": person["_id"] }));
    let stored = client.get(&format!("/api/v1/customers/{}", id(person))).await.ok();
    assert_eq!(&stored, person);
}

async fn takes_the_customer_with_that_address_as_they_are(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ÄDA@example.org").await;

    let fields =
        json!({ "customer": { "profile": { "firstName": "X", "email": "äda@EXAMPLE.org" } } });
    let made = conversation(&client, server.inbox(), fields).await;

    assert_eq!(made["customerId"]["_id"], ada.as_str());
    assert_eq!(made["customerId"]["profile"]["firstName"], "Ada");
    let (_, pagination) = client.get("/api/v1/customers").await.listed();
    assert_eq!(pagination["total"], 1);
}

async fn makes_a_customer_without_an_address_each_time(server: &TestServer) {
    let client = server.client();
    let fields = || json!({ "customer": { "profile": { "phone": "+49 30 1234" } } });

    let one = conversation(&client, server.inbox(), fields()).await;
    let other = conversation(&client, server.inbox(), fields()).await;

    assert_ne!(one["customerId"]["_id"], other["customerId"]["_id"]);
}

async fn needs_to_write_customers_to_bring_one(server: &TestServer) {
    let client = server.client_allowed(&[Permission::WriteConversations]).await;
    let body = json!({
        "subject": "Refund",
        "inboxId": server.inbox(),
        "customer": { "profile": { "firstName": "Ada" } },
    });

    let error = client.create_conversation(&body).await.refused(403, "INSUFFICIENT_PERMISSIONS");

    assert_eq!(error["details"]["required"], "write:customers");
}

async fn takes_a_first_message_by_an_agent_or_the_system(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;

    for (author, shown) in [
        (json!({ "type": "agent", "_id": grace }), json!({ "type": "agent", "_id": grace })),
        (json!({ "type": "system" }), json!({ "type": "system", "_id": null })),
        (json!({ "type": "customer" }), json!({ "type": "customer", "_id": null })),
    ] {
        let fields = json!({ "message": { "body": "Hello", "author": author } });
        let made = conversation(&client, server.inbox(), fields).await;
        let (messages, _) = client.list_messages(&id(&made), "").await.listed();
        assert_eq!(messages[0]["author"], shown);
    }
}
