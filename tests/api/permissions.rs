//! Every operation against every way of not being allowed: a table that lists them all.

use std::collections::BTreeSet;

use conversations_domain::Permission;
use conversations_http::operations;
use conversations_testkit::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::UNKNOWN;

on_both_databases! { each_operation_needs_its_permission_and_no_other_helps }

/// A row: the operation, the permission it needs, and a body that reaches the use case. Paths name
/// an id that never was: who may come in is answered 404, 200 or 201, never 401 or 403.
fn table(inbox: &str) -> Vec<(Method, &'static str, Permission, Option<Value>)> {
    use Permission as May;

    let message = json!({ "body": "a", "author": { "type": "system" } });
    vec![
        (Method::GET, "/api/v1/conversations", May::ReadConversations, None),
        (
            Method::POST,
            "/api/v1/conversations",
            May::WriteConversations,
            Some(json!({ "subject": "a", "inboxId": inbox })),
        ),
        (Method::GET, "/api/v1/conversations/{id}", May::ReadConversations, None),
        (
            Method::PUT,
            "/api/v1/conversations/{id}",
            May::WriteConversations,
            Some(json!({ "status": "open" })),
        ),
        (
            Method::PATCH,
            "/api/v1/conversations/{id}",
            May::WriteConversations,
            Some(json!({ "status": "open" })),
        ),
        (Method::DELETE, "/api/v1/conversations/{id}", May::WriteConversations, None),
        (Method::GET, "/api/v1/conversations/{id}/messages", May::ReadConversations, None),
        (
            Method::POST,
            "/api/v1/conversations/{id}/messages",
            May::WriteConversations,
            Some(message),
        ),
        (
            Method::GET,
            "/api/v1/conversations/{id}/messages/{messageId}",
            May::ReadConversations,
            None,
        ),
        (Method::GET, "/api/v1/customers", May::ReadCustomers, None),
        (
            Method::POST,
            "/api/v1/customers",
            May::WriteCustomers,
            Some(json!({ "profile": { "firstName": "Ada" } })),
        ),
        (Method::GET, "/api/v1/customers/{id}", May::ReadCustomers, None),
        (Method::GET, "/api/v1/users", May::ReadUsers, None),
        (
            Method::POST,
            "/api/v1/users",
            May::WriteUsers,
            Some(json!({ "name": "Grace", "email": "grace@example.org" })),
        ),
        (Method::GET, "/api/v1/users/{id}", May::ReadUsers, None),
        (Method::GET, "/api/v1/inboxes", May::ReadInboxes, None),
        (Method::POST, "/api/v1/inboxes", May::WriteInboxes, Some(json!({ "name": "Sales" }))),
        (Method::GET, "/api/v1/inboxes/{id}", May::ReadInboxes, None),
    ]
}

#[test]
fn the_table_lists_every_operation_that_needs_a_key() {
    let listed: BTreeSet<_> = table("")
        .into_iter()
        .map(|(method, path, permission, _)| {
            (method.to_string(), path.to_owned(), permission.to_string())
        })
        .collect();
    let routed: BTreeSet<_> = operations()
        .into_iter()
        .filter_map(|operation| {
            let permission = operation.permission?.to_string();
            Some((operation.method.to_string(), operation.path, permission))
        })
        .collect();

    assert_eq!(listed, routed);
}

#[test]
fn only_health_needs_no_key() {
    let open: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.permission.is_none())
        .map(|operation| operation.path)
        .collect();

    assert_eq!(open, ["/health/live", "/health/ready", "/api/v1/health"]);
}

async fn each_operation_needs_its_permission_and_no_other_helps(server: &TestServer) {
    let stranger = server.stranger();

    for (method, path, permission, body) in table(server.inbox()) {
        let others: Vec<_> =
            Permission::ALL.iter().copied().filter(|&other| other != permission).collect();
        let path = path.replace("{id}", UNKNOWN).replace("{messageId}", UNKNOWN);

        for (client, expected) in [
            (stranger.clone(), Err((401, "AUTH_REQUIRED"))),
            (server.client_allowed(&[]).await, Err((403, "INSUFFICIENT_PERMISSIONS"))),
            (server.client_allowed(&others).await, Err((403, "INSUFFICIENT_PERMISSIONS"))),
            (server.client_allowed(&[permission]).await, Ok(())),
        ] {
            let mut request = client.request(method.clone(), &path);
            if let Some(body) = &body {
                request = request.json(body);
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
