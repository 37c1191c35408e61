//! Clocks that go back, and servers whose clocks differ.

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestClock, TestServer};
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, inbox, user};

const HOUR: Duration = Duration::from_secs(3_600);

async fn start(engine: Engine) -> (TestServer, Arc<TestClock>) {
    let clock = Arc::new(TestClock::new());
    (TestServer::start_with_clock(engine, clock.clone()).await, clock)
}

/// When something last changed.
async fn changed_at(client: &ApiClient, path: &str) -> String {
    text(&client.get(path).await.ok()["updatedAt"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a time").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_closed_before_it_was_made() {
    for engine in Engine::ALL {
        let (server, clock) = start(engine).await;
        let client = server.client();
        let made = conversation(&client, server.inbox(), json!({})).await;
        clock.set_back(HOUR);

        let closed = json!({ "status": "closed" });
        let closed = client.update_conversation(&id(&made), &closed).await.ok();

        assert!(text(&closed["closedAt"]) >= text(&closed["createdAt"]), "{closed}");
        assert!(text(&closed["updatedAt"]) > text(&made["updatedAt"]), "{closed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_moves_the_time_also_by_a_clock_that_is_behind() {
    for engine in Engine::ALL {
        let (server, clock) = start(engine).await;
        let client = server.client();
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        let path = format!("/api/v1/conversations/{made}");
        let assignee = user(&client, "grace@example.com").await;
        let others = [
            (format!("/api/v1/users/{}", user(&client, "ada@example.com").await), "name", "B"),
            (format!("/api/v1/inboxes/{}", inbox(&client, "Sales").await), "name", "C"),
            (
                format!("/api/v1/customers/{}", customer(&client, "eve@example.com").await),
                "tier",
                "gold",
            ),
        ];
        clock.set_back(HOUR);

        let mut last = changed_at(&client, &path).await;
        let mut moved = async |what: &str| {
            let now = changed_at(&client, &path).await;
            assert!(now > last, "{what}: {now}, after {last}");
            last = now;
        };
        let assigned = json!({ "assignedTo": assignee });
        let _changed = client.update_conversation(&made, &assigned).await.ok();
        moved("a change").await;
        let message = client.create_message(&made, &by_system("one")).await.created();
        moved("a message").await;
        client.delete(&format!("{path}/messages/{}", id(&message))).await.deleted();
        moved("a message that goes").await;
        client.delete(&format!("/api/v1/users/{assignee}")).await.deleted();
        moved("an assignee who goes").await;

        for (path, field, value) in others {
            let before = changed_at(&client, &path).await;
            let _changed = client.patch(&path, &json!({ field: value })).await.ok();
            assert!(changed_at(&client, &path).await > before, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_a_year_ahead_for_a_moment_is_forgotten() {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    for engine in Engine::ALL {
        let (server, clock) = start(engine).await;
        let client = server.client();
        clock.advance(YEAR);
        let ahead = conversation(&client, server.inbox(), json!({})).await;
        clock.set_back(YEAR);

        let made = conversation(&client, server.inbox(), json!({})).await;

        assert!(text(&ahead["createdAt"]).starts_with("2027-11-22T15:04:05"), "{ahead}");
        assert!(text(&made["createdAt"]).starts_with("2026-11-22T15:04:05"), "{made}");
        assert_eq!(made["createdAt"], made["updatedAt"]);
    }
}
