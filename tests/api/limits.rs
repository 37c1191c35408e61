//! What takes longer than it may is undone.

use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestServer};
use serde_json::{Value, json};

use crate::support::{conversation, customer, id, user};

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_takes_too_long_is_a_503_and_changes_nothing() {
    for engine in Engine::ALL {
        let server =
            TestServer::start_with(engine, |settings| settings.limits.erase = Duration::ZERO).await;
        let client = server.client();
        let customer = customer(&client, "ada@example.org").await;
        let user = user(&client, "grace@example.org").await;
        let fields = json!({ "customerId": customer, "message": { "body": "Hello" } });
        let thread = id(&conversation(&client, server.inbox(), fields).await);
        let _assigned =
            client.update_conversation(&thread, &json!({ "assignedTo": user })).await.ok();
        let before = everything(&client, &thread).await;

        for path in [format!("customers/{customer}?erase=true"), format!("users/{user}")] {
            let reply = client.delete(&format!("/api/v1/{path}")).await;

            assert!(reply.headers.contains_key("retry-after"), "{engine:?}: {reply:?}");
            let _refused = reply.refused(503, "SERVICE_UNAVAILABLE");
            assert_eq!(everything(&client, &thread).await, before, "{engine:?}: {path}");
        }
    }
}

/// All that could have changed.
async fn everything(client: &ApiClient, thread: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    let thread = format!("conversations/{thread}");
    for path in [
        "conversations",
        "customers",
        "users",
        "audit",
        &format!("{thread}/messages"),
        &format!("{thread}/history"),
    ] {
        let (items, _) = client.get(&format!("/api/v1/{path}")).await.listed();
        seen.extend(items);
    }
    seen
}
