//! What was erased, or belonged to a deleted webhook, is in no table and no file, although it was
//! delivered, refused, and sent back by receivers.

use std::time::{Duration, Instant};

use conversations_testkit::{ApiClient, Engine, WebhookReceiver as Receiver};
use serde_json::{Value, json};

use super::{Stage, feed, id, ids};

/// How long the log of deliveries is waited for.
const LOGGED_WITHIN: Duration = Duration::from_secs(60);

/// In every text of the person.
const CANARY: &str = "canary-7f3e91";

/// In every text of the webhook.
const HOOK: &str = "hook-52b0c4";

/// A customer with a conversation, and the text in everything that is written about them.
async fn plant_person(client: &ApiClient) -> Value {
    let (inboxes, _) = client.list_inboxes("").await.listed();
    let profile = json!({
        "firstName": CANARY, "lastName": CANARY, "email": format!("{CANARY}@example.org"),
        "phone": CANARY, "company": CANARY, "jobTitle": CANARY,
    });
    let body = json!({ "profile": profile, "tags": [CANARY], "customFields": { CANARY: CANARY } });
    let customer = client.create_customer(&body).await.created();
    let body = json!({
        "subject": CANARY, "inboxId": id(&inboxes[0]), "customerId": id(&customer),
        "labels": [CANARY], "message": { "body": CANARY },
    });
    let conversation = client.create_conversation(&body).await.created();
    for internal in [false, true] {
        let author = json!({ "type": "system" });
        let body = json!({ "body": CANARY, "author": author, "internal": internal });
        let _message = client.create_message(id(&conversation), &body).await.created();
    }
    let change = json!({ "subject": format!("{CANARY} again"), "labels": [] });
    let _changed = client.update_conversation(id(&conversation), &change).await.ok();
    let change = json!({ "profile": { "company": format!("{CANARY} again") } });
    let _changed = client.update_customer(id(&customer), &change).await.ok();
    customer
}

/// Makes a webhook with a text of its own in all that it takes.
async fn plant_webhook(client: &ApiClient, receiver: &Receiver) -> Value {
    let body = json!({
        "name": HOOK, "url": format!("{}/{HOOK}", receiver.url()), "events": ["*"],
        "headers": { HOOK: HOOK },
    });
    client.create_webhook(&body).await.created()
}

async fn deliveries(client: &ApiClient, webhook: &Value) -> Vec<Value> {
    let path = format!("/api/v1/webhooks/{}/deliveries?limit=100", id(webhook));
    client.get(&path).await.listed().0
}

#[tokio::test(flavor = "multi_thread")]
async fn no_delivery_keeps_a_byte_of_what_was_erased() {
    for engine in Engine::ALL {
        let stage = Stage::new(engine).await;
        let server = stage.serve(&[]);
        // Kept replies are copies, too.
        let client = stage.client(&server).once();
        let (healthy, failing) = (Receiver::start().await, Receiver::start().await);
        failing.answer(500);
        let before = feed(&client).await.len();
        let delivered = plant_webhook(&client, &healthy).await;
        let refused = plant_webhook(&client, &failing).await;
        let customer = plant_person(&client).await;
        let events = feed(&client).await.len() - before;
        let received = healthy.wait_until(|received| ids(received).len() == events).await;
        let refused_before = failing.wait_for(1).await;
        for each in [&received[0], &refused_before[0]] {
            assert!(each.event.to_string().contains(CANARY), "{engine:?}: {}", each.event);
        }
        for webhook in [&delivered, &refused] {
            let logged = logged(&client, webhook).await;
            assert!(!json!(logged).to_string().contains(CANARY), "{logged:?}");
        }
        for text in [CANARY, HOOK] {
            let places = stage.database.places_of(text).await;
            assert!(!places.is_empty(), "{text} was never stored");
            if engine == Engine::Postgres {
                let is_of_events = |place: &&String| {
                    place.starts_with("event") || text == CANARY && place.starts_with("webhook")
                };
                assert_eq!(places.iter().find(is_of_events), None, "{text}");
            }
        }

        let erase = format!("{}?erase=true", id(&customer));
        client.delete_customer(&erase).await.deleted();
        stage.database.assert_gone(CANARY).await;

        let received = healthy.received().len();
        let _replayed = client
            .post(
                &format!("/api/v1/webhooks/{}/replay", id(&delivered)),
                &json!({ "after": "earliest" }),
            )
            .await
            .ok();
        let again = healthy.wait_for(received + events).await.split_off(received);
        let again: Vec<_> = again.iter().map(|each| each.event.to_string()).collect();
        assert!(!again.iter().any(|event| event.contains(CANARY)), "{again:?}");
        assert_eq!(stage.database.places_of(CANARY).await, [""; 0], "after the replay");

        for webhook in [&delivered, &refused] {
            let path = format!("/api/v1/webhooks/{}", id(webhook));
            let deleted = client.delete(&path).await;
            assert_eq!(deleted.status, 200, "{deleted:?}");
        }
        stage.database.assert_gone(HOOK).await;
    }
}

/// The deliveries of a webhook, once there are some.
async fn logged(client: &ApiClient, webhook: &Value) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let logged = deliveries(client, webhook).await;
        if !logged.is_empty() {
            return logged;
        }
        assert!(started.elapsed() < LOGGED_WITHIN, "no delivery is logged");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
