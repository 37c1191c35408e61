//! Everything that is wrong with a body is said at once, and a 404 says what is not there.

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, id};

on_both_databases! {
    reports_every_problem_of_a_new_conversation_at_once,
    reports_every_problem_of_an_update_at_once,
    a_404_says_whether_the_path_or_the_id_is_not_there,
}

async fn reports_every_problem_of_a_new_conversation_at_once(server: &TestServer) {
    let client = server.client();
    let body = json!({
        "subject": 5,
        "priority": "asap",
        "labels": ["a", 1, "b,c"],
        "state": "closed",
        "customer": {
            "profile": { "email": "a@@b", "phone": 1, "nickname": "Ada" },
            "tags": "vip",
            "customFields": { "x": [] },
        },
        "message": { "body": "", "author": "ada", "internal": "yes" },
    });

    let details =
        client.create_conversation(&body).await.refused(422, "VALIDATION_ERROR")["details"].clone();

    assert_eq!(
        details,
        json!({
            "subject": ["must be a string"],
            "inboxId": ["is required"],
            "priority": ["must be one of low, medium, high, urgent"],
            "labels[1]": ["must be a string"],
            "labels[2]": ["must not contain a comma"],
            "state": [
                "is not a known field; expected one of externalId, subject, inboxId, customerId, \
                 customer, channel, status, priority, assignedTo, labels, message",
            ],
            "customer.profile.email": ["must contain exactly one `@`"],
            "customer.profile.phone": ["must be a string"],
            "customer.profile.nickname": [
                "is not a known field; expected one of firstName, lastName, email, phone, company, \
                 jobTitle",
            ],
            "customer.tags": ["must be a list"],
            "customer.customFields.x": ["must be a string, a number or a boolean"],
            "message.body": ["must not be empty"],
            "message.author": ["must be an object"],
            "message.internal": ["must be a boolean"],
        })
    );
}

async fn reports_every_problem_of_an_update_at_once(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let change = json!({
        "subject": "", "status": 7, "labels": "vip", "assignedTo": "7", "asignedTo": null,
    });
    let details = client.update_conversation(&made, &change).await;
    let details = details.refused(422, "VALIDATION_ERROR")["details"].clone();
    assert_eq!(
        details,
        json!({
            "subject": ["must not be empty"],
            "status": ["must be a string"],
            "labels": ["must be a list, or an object with add and remove"],
            "assignedTo": ["must be an id: a UUID in lower case with hyphens"],
            "asignedTo": [
                "is not a known field; expected one of externalId, subject, status, priority, \
                 inboxId, assignedTo, labels, customerId",
            ],
        })
    );
    // An unknown field is no field to change, and that alone is said.
    let typo = client.update_conversation(&made, &json!({ "asignedTo": null })).await;
    assert_eq!(typo.invalid_fields(), ["asignedTo"]);
}

async fn a_404_says_whether_the_path_or_the_id_is_not_there(server: &TestServer) {
    let client = server.client();
    let message = async |path: &str| {
        let error = client.get(path).await.refused(404, "NOT_FOUND");
        error["message"].as_str().expect("a sentence").to_owned()
    };

    let no_path = message("/api/v1/conversation").await;
    for path in ["/api/v1/conversations/", "/api/v1/users/x/y", "/nothing"] {
        assert_eq!(message(path).await, no_path, "{path}");
    }
    let no_resource = message(&format!("/api/v1/conversations/{UNKNOWN}")).await;
    for path in ["/api/v1/conversations/x", &format!("/api/v1/users/{UNKNOWN}")] {
        assert_eq!(message(path).await, no_resource, "{path}");
    }
    assert_ne!(no_path, no_resource);
}
