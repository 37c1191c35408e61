//! What takes longer than its caller waits goes on without them.

use std::time::Duration;

use conversations_persistence::StepLimits;
use conversations_testkit::{ApiClient, Engine, Reply, TestServer};
use serde_json::json;

use crate::support::{by_system, conversation, customer, id, user};

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_takes_long_is_a_202_and_is_gone_for_everybody_at_once() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.limits.erase = Duration::ZERO;
            settings.limits.step = StepLimits { time: Duration::ZERO, rows: 2 };
        })
        .await;
        let client = server.client();
        let (ada, grace) =
            (customer(&client, "ada@example.org").await, user(&client, "grace@example.org").await);
        let fields = || json!({ "customerId": ada, "message": { "body": "Hello zebra" } });
        let mut theirs = Vec::new();
        for _ in 0..4 {
            theirs.push(id(&conversation(&client, server.inbox(), fields()).await));
        }
        let mut assigned = Vec::new();
        for _ in 0..6 {
            let thread = id(&conversation(&client, server.inbox(), json!({})).await);
            let _assigned =
                client.update_conversation(&thread, &json!({ "assignedTo": grace })).await.ok();
            assigned.push(thread);
        }
        let long = id(&conversation(&client, server.inbox(), json!({})).await);
        for number in 0..6 {
            let message = by_system(&format!("Giraffe {number}"));
            let _written = client.create_message(&long, &message).await.created();
        }

        accepted(&client.delete(&format!("/api/v1/conversations/{long}")).await, "messages");
        let _gone = client.get_conversation(&long).await.refused(404, "NOT_FOUND");
        let _gone = client.list_messages(&long, "").await.refused(404, "NOT_FOUND");
        assert_eq!(total(&client, "conversations?q=giraffe").await, 0);
        assert_eq!(total(&client, "conversations").await, 10);

        accepted(&client.delete(&format!("/api/v1/customers/{ada}?erase=true")).await, "removed");
        assert_eq!(total(&client, "conversations").await, 6);
        assert_eq!(total(&client, "conversations?q=zebra").await, 0);
        assert_eq!(total(&client, "customers").await, 0);
        customer(&client, "ada@example.org").await;

        accepted(&client.delete(&format!("/api/v1/users/{grace}")).await, "unassigned");
        assert_eq!(total(&client, "conversations?assignedTo=none").await, 6);
        assert_eq!(total(&client, &format!("conversations?assignedTo={grace}")).await, 0);
        for thread in &assigned {
            assert!(client.get_conversation(thread).await.ok()["assignedTo"].is_null());
        }

        carried_out(&server).await;
        assert_eq!(total(&client, "conversations").await, 6);
        // The key, four conversations with the person, the person, the user, and the long one.
        assert_eq!(total(&client, "audit").await, 8, "{engine:?}");
        for thread in &assigned {
            let (history, _) =
                client.get(&format!("/api/v1/conversations/{thread}/history")).await.listed();
            assert_eq!(history.len(), 2, "{engine:?}: assigned and unassigned: {history:?}");
        }
    }
}

/// Makes sure that a deletion goes on without its caller, and that the reply says so.
fn accepted(reply: &Reply, word: &str) {
    assert_eq!(reply.status.as_u16(), 202, "{reply:?}");
    assert_eq!(reply.body["success"], true);
    let message = reply.body["message"].as_str().expect("a sentence");
    assert!(message.contains("still") && message.contains(word), "{message}");
}

async fn total(client: &ApiClient, list: &str) -> u64 {
    let (_, pagination) = client.get(&format!("/api/v1/{list}")).await.listed();
    pagination["total"].as_u64().expect("a number")
}

/// Waits until the server has carried out every deletion.
async fn carried_out(server: &TestServer) {
    for _ in 0..600 {
        let pending = server.repositories().erasures.pending().await.expect("they are listed");
        if pending.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a deletion has no end");
}
