//! Webhooks whose receiver is this machine, which their operator allows: what is sent again, and when.

use std::time::Duration;

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, Reply, TestServer, WebhookReceiver};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{id, inbox};

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(20);

/// A server that sends to this machine.
async fn start(engine: Engine) -> TestServer {
    TestServer::start_with(engine, |settings| {
        let sender = &mut settings.webhooks.sender;
        sender.allowed_networks = vec!["127.0.0.0/8".parse().expect("a network")];
        sender.allow_http = true;
    })
    .await
}

async fn webhook(client: &ApiClient, receiver: &WebhookReceiver, retries: u8) -> String {
    let new = json!({
        "name": "Warehouse", "url": receiver.url(), "events": ["inbox.created"],
        "retryPolicy": { "maxRetries": retries },
    });
    id(&client.create_webhook(&new).await.created())
}

/// The deliveries of a webhook, newest first, as soon as there are this many.
async fn deliveries(client: &ApiClient, webhook: &str, count: usize) -> Vec<Value> {
    loop {
        let (listed, _) = client.list_deliveries(webhook, "").await.listed();
        if listed.len() >= count {
            return listed;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn post(client: &ApiClient, path: &str, key: &str) -> Reply {
    let request = client.request(Method::POST, path).header("idempotency-key", key);
    client.send(request.json(&json!({}))).await
}

#[track_caller]
fn assert_replayed(again: &Reply, first: &Reply) {
    assert_eq!(again.headers["idempotent-replayed"], "true", "{again:?}");
    assert_eq!((again.status, &again.body), (first.status, &first.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_sent_again_once_for_each_request() {
    for engine in Engine::ALL {
        let (server, receiver) = (start(engine).await, WebhookReceiver::start().await);
        let client = server.client();
        let made = webhook(&client, &receiver, 0).await;
        receiver.answer(500);
        let _inbox = inbox(&client, "Sales").await;
        let failed = deliveries(&client, &made, 1).await.remove(0);
        assert_eq!((&failed["status"], receiver.received().len()), (&json!("failed"), 1));
        let delivery = id(&failed);
        let path = format!("/api/v1/webhooks/{made}/deliveries/{delivery}/redeliver");
        receiver.answer(204);

        let first = post(&client, &path, "a").await;
        assert_replayed(&post(&client, &path, "a").await, &first);

        let sent = first.ok();
        assert_eq!((&sent["status"], &sent["nextAttemptAt"]), (&json!("success"), &Value::Null));
        let last = sent["attempts"].as_array().and_then(|all| all.last()).expect("an attempt");
        assert_eq!((&last["statusCode"], &last["error"]), (&json!(204), &Value::Null));
        let received = receiver.received();
        assert_eq!(received.len(), 2, "{engine:?}");
        assert!(received.iter().all(|each| each.id() == failed["eventId"]), "{engine:?}");
        assert_eq!(deliveries(&client, &made, 1).await, [sent], "{engine:?}");

        let _another = post(&client, &path, "b").await.ok();
        assert_eq!(receiver.received().len(), 3, "{engine:?}");
        client.delete_webhook(&made).await.deleted();
        let _error = post(&client, &path, "a").await.refused(404, "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_sent_once_for_each_request() {
    for engine in Engine::ALL {
        let (server, receiver) = (start(engine).await, WebhookReceiver::start().await);
        let client = server.client();
        let made = webhook(&client, &receiver, 0).await;
        let path = format!("/api/v1/webhooks/{made}/test");

        let first = post(&client, &path, "a").await;
        assert_eq!(first.body["data"]["statusCode"], 204, "{first:?}");
        assert_replayed(&post(&client, &path, "a").await, &first);
        // The attempt shows nothing of the webhook.
        let writer = server.client_allowed(&[Permission::WriteWebhooks]).await;
        assert_replayed(&post(&writer, &path, "a").await, &first);

        assert_eq!(receiver.received().len(), 1, "{engine:?}");
        let _another = post(&client, &path, "b").await.ok();
        assert_eq!(receiver.received().len(), 2, "{engine:?}");
        client.delete_webhook(&made).await.deleted();
        let _error = post(&client, &path, "a").await.refused(404, "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_a_webhook_that_is_off_has_no_time() {
    for engine in Engine::ALL {
        let (server, receiver) = (start(engine).await, WebhookReceiver::start().await);
        let client = server.client();
        let made = webhook(&client, &receiver, 10).await;
        receiver.answer(500);
        let _inbox = inbox(&client, "Sales").await;
        let has_time = async || {
            let listed = deliveries(&client, &made, 1).await;
            listed.iter().any(|each| each["nextAttemptAt"].is_string())
        };
        assert!(has_time().await, "{engine:?}");

        let off = json!({ "isActive": false });
        let _paused = client.update_webhook(&made, &off).await.ok();
        assert!(!has_time().await, "{engine:?}");
        let delivery = id(&deliveries(&client, &made, 1).await[0]);
        let sent = client.redeliver(&made, &delivery).await.ok();
        assert_eq!((&sent["status"], &sent["nextAttemptAt"]), (&json!("pending"), &Value::Null));

        let _resumed = client.update_webhook(&made, &json!({ "isActive": true })).await.ok();
        assert!(has_time().await, "{engine:?}");
        receiver.answer(410);
        let _inbox = inbox(&client, "Support").await;
        while client.get_webhook(&made).await.ok()["status"] != "disabled" {
            tokio::time::sleep(PAUSE).await;
        }
        assert!(!has_time().await, "{engine:?}");
    }
}
