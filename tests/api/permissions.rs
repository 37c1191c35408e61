//! Every operation against every way of not being allowed: a table that lists them all.

use std::collections::BTreeSet;

use conversations_domain::Permission;
use conversations_http::{Access, Operation, operations};
use conversations_testkit::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, customer, id};

on_both_databases! {
    each_operation_needs_its_permission_and_no_other_helps,
    erasing_a_person_needs_to_write_conversations_as_well,
}

const BASE_PATH: &str = "/api/v1";

/// A row: the operation, the permission it needs, and a body that reaches the use case, or null. What an
/// operation needs in its query stands behind its path.
type Row = (&'static str, Permission, Value);

/// What every valid key may do.
const FOR_ANY_KEY: [&str; 3] = ["GET /me", "GET /events", "GET /events/stream"];

/// Every operation that needs a permission. Paths name an id that never was: who may come in is answered
/// 404, 200 or 201, never 401 or 403.
fn table(inbox: &str) -> Vec<Row> {
    use Permission as May;

    let none = Value::Null;
    let message = json!({ "body": "a", "author": { "type": "system" } });
    let customer = json!({ "profile": { "firstName": "Ada" } });
    let user = json!({ "name": "Grace", "email": "grace@example.org" });
    let user_by_id = json!({ "name": "Grace", "email": "hopper@example.org" });
    // A key is given no more than its maker has, and this one has no more.
    let key = json!({ "name": "Robot", "permissions": ["write:keys"] });
    // The types of a webhook's events need permissions, except this one.
    let webhook = json!({
        "name": "a", "url": "https://receiver.invalid", "events": ["feed.reset"],
        "isActive": false,
    });
    vec![
        ("GET /conversations", May::ReadConversations, none.clone()),
        (
            "POST /conversations",
            May::WriteConversations,
            json!({ "subject": "a", "inboxId": inbox }),
        ),
        ("GET /conversations/counts?by=status", May::ReadConversations, none.clone()),
        (
            "PUT /conversations/external/{source}/{externalId}",
            May::WriteConversations,
            json!({ "subject": "a", "inboxId": inbox }),
        ),
        ("GET /conversations/{id}", May::ReadConversations, none.clone()),
        ("PUT /conversations/{id}", May::WriteConversations, json!({ "status": "open" })),
        ("PATCH /conversations/{id}", May::WriteConversations, json!({ "labels": ["a"] })),
        ("DELETE /conversations/{id}", May::WriteConversations, none.clone()),
        (
            "POST /conversations/{id}/claim",
            May::WriteConversations,
            json!({ "assignedTo": UNKNOWN }),
        ),
        ("GET /conversations/{id}/messages", May::ReadConversations, none.clone()),
        ("POST /conversations/{id}/messages", May::WriteConversations, message),
        ("GET /conversations/{id}/messages/{messageId}", May::ReadConversations, none.clone()),
        ("DELETE /conversations/{id}/messages/{messageId}", May::WriteConversations, none.clone()),
        ("GET /conversations/{id}/history", May::ReadConversations, none.clone()),
        ("GET /customers", May::ReadCustomers, none.clone()),
        ("POST /customers", May::WriteCustomers, customer.clone()),
        ("GET /customers/{id}", May::ReadCustomers, none.clone()),
        ("PUT /customers/{id}", May::WriteCustomers, json!({ "tier": "gold" })),
        ("PUT /customers/external/{source}/{externalId}", May::WriteCustomers, customer.clone()),
        ("PATCH /customers/{id}", May::WriteCustomers, json!({ "tags": null })),
        ("DELETE /customers/{id}", May::WriteCustomers, none.clone()),
        ("GET /users", May::ReadUsers, none.clone()),
        ("POST /users", May::WriteUsers, user),
        ("GET /users/{id}", May::ReadUsers, none.clone()),
        ("PUT /users/{id}", May::WriteUsers, json!({ "role": "admin" })),
        ("PUT /users/external/{source}/{externalId}", May::WriteUsers, user_by_id),
        ("PATCH /users/{id}", May::WriteUsers, json!({ "name": "Grace" })),
        ("DELETE /users/{id}", May::WriteUsers, none.clone()),
        ("GET /inboxes", May::ReadInboxes, none.clone()),
        ("POST /inboxes", May::WriteInboxes, json!({ "name": "Sales" })),
        ("GET /inboxes/{id}", May::ReadInboxes, none.clone()),
        ("PUT /inboxes/{id}", May::WriteInboxes, json!({ "name": "Sales" })),
        ("PATCH /inboxes/{id}", May::WriteInboxes, json!({ "channel": "chat" })),
        ("DELETE /inboxes/{id}", May::WriteInboxes, none.clone()),
        ("GET /keys", May::ReadKeys, none.clone()),
        ("POST /keys", May::WriteKeys, key),
        ("GET /keys/{id}", May::ReadKeys, none.clone()),
        ("PATCH /keys/{id}", May::WriteKeys, json!({ "name": "Robot" })),
        ("DELETE /keys/{id}", May::WriteKeys, none.clone()),
        ("GET /webhooks", May::ReadWebhooks, none.clone()),
        ("POST /webhooks", May::WriteWebhooks, webhook),
        ("GET /webhooks/{id}", May::ReadWebhooks, none.clone()),
        ("PUT /webhooks/{id}", May::WriteWebhooks, json!({ "isActive": false })),
        ("PATCH /webhooks/{id}", May::WriteWebhooks, json!({ "isActive": false })),
        ("DELETE /webhooks/{id}", May::WriteWebhooks, none.clone()),
        ("POST /webhooks/{id}/secret", May::WriteWebhooks, json!({})),
        ("POST /webhooks/{id}/test", May::WriteWebhooks, json!({})),
        ("POST /webhooks/{id}/replay", May::WriteWebhooks, json!({ "after": "latest" })),
        ("GET /webhooks/{id}/deliveries", May::ReadWebhooks, none.clone()),
        ("POST /webhooks/{id}/deliveries/{deliveryId}/redeliver", May::WriteWebhooks, json!({})),
        ("GET /audit", May::ReadAudit, none),
    ]
}

#[test]
fn the_table_lists_every_operation_that_needs_a_permission() {
    let listed: BTreeSet<_> = table("")
        .into_iter()
        .map(|(operation, permission, _)| {
            let name = operation.split('?').next().unwrap_or(operation);
            (name.to_owned(), permission.to_string())
        })
        .collect();
    let routed: BTreeSet<_> = operations()
        .into_iter()
        .filter_map(|operation| {
            let permission = operation.access.permission()?.to_string();
            Some((name(&operation), permission))
        })
        .collect();

    assert_eq!(listed, routed);
}

/// The method of an operation, and its path below the base path where it lies there.
fn name(operation: &Operation) -> String {
    let path = operation.path.strip_prefix(BASE_PATH).unwrap_or(&operation.path);
    format!("{} {path}", operation.method)
}

#[test]
fn all_others_that_need_a_key_take_any() {
    let any = operations().into_iter().filter(|operation| operation.access == Access::AnyKey);

    assert_eq!(any.map(|operation| name(&operation)).collect::<Vec<_>>(), FOR_ANY_KEY);
}

#[test]
fn only_health_and_the_description_need_no_key() {
    let open: Vec<_> = operations()
        .into_iter()
        .filter(|operation| !operation.access.needs_key())
        .map(|operation| operation.path)
        .collect();

    assert_eq!(open, ["/health/live", "/health/ready", "/api/v1/health", "/openapi.json"]);
}

async fn each_operation_needs_its_permission_and_no_other_helps(server: &TestServer) {
    let stranger = server.anonymous();

    for (operation, permission, body) in table(server.inbox()) {
        let grants =
            |other: Permission| other == permission || other.implied().contains(&permission);
        let others: Vec<_> =
            Permission::ALL.iter().copied().filter(|&other| !grants(other)).collect();
        let (method, path) = operation.split_once(' ').expect("a method and a path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let path = path.replace("{id}", UNKNOWN).replace("{source}", "crm");
        let path = path.replace("{externalId}", UNKNOWN);
        let path = path.replace("{messageId}", UNKNOWN).replace("{deliveryId}", UNKNOWN);
        let path = format!("{BASE_PATH}{path}");

        for (client, expected) in [
            (stranger.clone(), Err((401, "AUTH_REQUIRED"))),
            (server.client_allowed(&[]).await, Err((403, "INSUFFICIENT_PERMISSIONS"))),
            (server.client_allowed(&others).await, Err((403, "INSUFFICIENT_PERMISSIONS"))),
            (server.client_allowed(&[permission]).await, Ok(())),
        ] {
            let mut request = client.request(method.clone(), &path);
            if !body.is_null() {
                request = request.json(&body);
            }
            let reply = client.send(request).await;
            match expected {
                Ok(()) => {
                    let status = reply.status.as_u16();
                    assert!(matches!(status, 200 | 201 | 404), "{reply:?}");
                }
                Err((status, code)) => {
                    let error = reply.refused(status, code);
                    if status == 403 {
                        assert_eq!(error["details"]["required"], permission.as_str());
                    }
                }
            }
        }
    }
}

async fn erasing_a_person_needs_to_write_conversations_as_well(server: &TestServer) {
    let admin = server.client();
    let ada = customer(&admin, "ada@example.org").await;
    let with_ada = json!({ "customerId": ada });
    let made = id(&conversation(&admin, server.inbox(), with_ada).await);
    let client =
        server.client_allowed(&[Permission::WriteCustomers, Permission::ReadConversations]).await;

    // Whether there is such a person or not, and whether conversations would go or not.
    for person in [&ada, UNKNOWN] {
        let reply = client.delete_customer(&format!("{person}?erase=true")).await;
        let error = reply.refused(403, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(error["details"]["required"], "write:conversations");
    }

    assert_eq!(admin.get_conversation(&made).await.ok()["customerId"]["_id"], ada.as_str());
    let eve = customer(&admin, "eve@example.org").await;
    client.delete_customer(&format!("{eve}?erase=false")).await.deleted();
    let both = [Permission::WriteCustomers, Permission::WriteConversations];
    let client = server.client_allowed(&both).await;
    client.delete_customer(&format!("{ada}?erase=true")).await.deleted();
    let _gone = admin.get_conversation(&made).await.refused(404, "NOT_FOUND");
}
