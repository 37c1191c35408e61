//! Bodies that cannot open a conversation.

use conversations_testkit::TestServer;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, customer, merge};

on_both_databases! {
    names_every_invalid_reference,
    names_every_invalid_field,
    refuses_what_contradicts_itself,
    stores_nothing_of_what_was_refused,
}

async fn names_every_invalid_reference(server: &TestServer) {
    let body = json!({
        "subject": "Refund",
        "inboxId": UNKNOWN,
        "customerId": UNKNOWN,
        "message": { "body": "Hello", "author": { "type": "agent", "_id": UNKNOWN } },
    });

    let fields = server.client().create_conversation(&body).await.invalid_fields();

    assert_eq!(fields, ["customerId", "inboxId", "message.author._id"]);
}

async fn names_every_invalid_field(server: &TestServer) {
    let body = json!({
        "subject": " ",
        "inboxId": "42",
        "channel": "pigeon",
        "priority": "",
        "labels": ["a", "b", "c", ""],
        "customer": {
            "profile": { "email": "nobody" },
            "tier": "wood",
            "tags": ["a", "b,c"],
            "customFields": { "long": "x".repeat(1001) },
        },
        "message": { "body": "", "author": { "type": "robot" } },
    });

    let mut fields = server.client().create_conversation(&body).await.invalid_fields();

    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "channel",
            "customer.customFields.long",
            "customer.profile.email",
            "customer.tags[1]",
            "customer.tier",
            "inboxId",
            "labels[3]",
            "message.author.type",
            "message.body",
            "priority",
            "subject",
        ]
    );
}

async fn refuses_what_contradicts_itself(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let eve = customer(&client, "eve@example.org").await;
    let both = json!({ "customerId": ada, "customer": { "profile": { "firstName": "Ada" } } });
    let note = json!({ "message": { "body": "a", "internal": true } });
    let another = json!({
        "customerId": ada,
        "message": { "body": "a", "author": { "type": "customer", "_id": eve } },
    });
    let nameless = json!({ "message": { "body": "a", "author": { "type": "agent" } } });
    let named = json!({ "message": { "body": "a", "author": { "type": "system", "_id": ada } } });

    for (fields, wrong) in [
        (both, "customer"),
        (note, "message.internal"),
        (another, "message.author._id"),
        (nameless, "message.author._id"),
        (named, "message.author._id"),
    ] {
        let mut body = json!({ "subject": "Refund", "inboxId": server.inbox() });
        merge(&mut body, fields);
        let fields = client.create_conversation(&body).await.invalid_fields();
        assert!(fields.iter().any(|field| field == wrong), "{body}: {fields:?}");
    }
}

async fn stores_nothing_of_what_was_refused(server: &TestServer) {
    let client = server.client();
    let body = json!({
        "subject": "Refund",
        "inboxId": server.inbox(),
        "customer": { "profile": { "firstName": "Ada", "email": "ada@example.org" } },
        "message": { "body": "Hello", "author": { "type": "agent", "_id": UNKNOWN } },
    });

    assert_eq!(client.create_conversation(&body).await.invalid_fields(), ["message.author._id"]);

    for list in ["/api/v1/conversations", "/api/v1/customers"] {
        let (items, pagination) = client.get(list).await.listed();
        assert_eq!(items, Vec::<Value>::new());
        assert_eq!(pagination["total"], 0);
    }
}
