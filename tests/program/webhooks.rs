//! Webhooks of the real binary, on both databases: what arrives, through failures of receivers and
//! servers.

mod erasure;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use conversations_application::ports::{LeaseHolder, LeaseRequest};
use conversations_domain::Permission;
use conversations_testkit::fixtures::at;
use conversations_testkit::{
    ApiClient, Engine, ReceivedEvent, TestDatabase, WebhookReceiver as Receiver,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::process::{Program, command, printed, run, secret_in};

/// A database with a key that may do everything.
struct Stage {
    database: TestDatabase,
    key: String,
}

impl Stage {
    async fn new(engine: Engine) -> Self {
        let database = TestDatabase::new(engine).await;
        let mut arguments = vec!["keys", "create", "--workspace", "acme", "--name", "robot"];
        arguments.extend(Permission::ALL.iter().flat_map(|each| ["--permission", each.as_str()]));
        let key = secret_in(&printed(&run(&database, &arguments))).expect("a key");
        Self { database, key }
    }

    /// A server that may send to this machine.
    fn serve(&self, more: &[&str]) -> Program {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
        arguments.extend(["--webhook-allow", "127.0.0.0/8", "--webhook-allow-http"]);
        arguments.extend(more);
        Program::from_command(command(&self.database, &arguments))
    }

    fn client(&self, program: &Program) -> ApiClient {
        program.client(&self.key)
    }
}

async fn create_webhook(client: &ApiClient, receiver: &Receiver, events: &[&str]) -> Value {
    let body = json!({ "name": "hook", "url": receiver.url(), "events": events });
    client.post("/api/v1/webhooks", &body).await.created()
}

async fn webhook(client: &ApiClient, made: &Value) -> Value {
    client.get(&format!("/api/v1/webhooks/{}", id(made))).await.ok()
}

fn id(resource: &Value) -> &str {
    resource["_id"].as_str().expect("an id")
}

async fn open_conversation(client: &ApiClient, subject: &str) -> Value {
    let (inboxes, _) = client.list_inboxes("").await.listed();
    let body = json!({
        "subject": subject,
        "inboxId": id(&inboxes[0]),
        "customer": { "profile": { "firstName": "Ada", "lastName": "Lovelace" } },
        "message": { "body": "Hello" },
    });
    client.create_conversation(&body).await.created()
}

async fn write(client: &ApiClient, conversation: &Value, text: &str) {
    let message = json!({ "author": { "type": "customer" }, "body": text });
    let _made = client.create_message(id(conversation), &message).await.created();
}

/// Changes of every kind.
async fn change_everything(client: &ApiClient) {
    let user = json!({ "name": "Grace", "email": "grace@example.com" });
    let user = client.create_user(&user).await.created();
    let inbox = client.create_inbox(&json!({ "name": "Sales" })).await.created();
    let _inbox = client.update_inbox(id(&inbox), &json!({ "name": "Support" })).await.ok();
    let conversation = open_conversation(client, "Where is it?").await;
    let changes = json!({ "status": "closed", "labels": ["late"], "assignedTo": id(&user) });
    let _closed = client.update_conversation(id(&conversation), &changes).await.ok();
    write(client, &conversation, "Still not here").await;
    client.delete_user(id(&user)).await.deleted();
    client.delete_conversation(id(&conversation)).await.deleted();
}

/// The events of the feed after the first ones.
async fn feed(client: &ApiClient) -> Vec<Value> {
    let page = client.list_events("limit=500").await.body;
    page["data"].as_array().expect("events").clone()
}

fn ids(received: &[ReceivedEvent]) -> BTreeSet<&str> {
    received.iter().map(ReceivedEvent::id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_delivered_as_the_feed_has_it() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let server = stage.serve(&[]);
        let client = stage.client(&server);
        let before = feed(&client).await.len();
        let made = create_webhook(&client, &receiver, &["*"]).await;

        change_everything(&client).await;

        let expected = feed(&client).await.split_off(before);
        assert!(expected.len() > 12, "{}", expected.len());
        let received = receiver.wait_for(expected.len()).await;
        let sent: BTreeMap<_, _> = received.iter().map(|each| (each.id(), each)).collect();
        assert_eq!((received.len(), sent.len()), (expected.len(), expected.len()), "once");
        for event in &expected {
            let ReceivedEvent { headers, event: body } = sent[id(event)];
            for field in ["_id", "sequence", "cursor", "type", "timestamp", "subject", "by"] {
                assert_eq!(body[field], event[field], "{engine:?}: {field}");
            }
            assert_eq!(headers["webhook-id"], id(event));
            assert_eq!(headers["content-type"], "application/json");
            assert_eq!(headers["webhook-signature"].split(' ').count(), 1);
        }
        assert_subjects_in_order(&received);
        // Its place is the end of the feed, and its log has all of them, a moment after the last answer.
        let log = format!("/api/v1/webhooks/{}/deliveries", id(&made));
        while webhook(&client, &made).await["behind"] != 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (deliveries, pagination) = client.get(&log).await.listed();
        assert_eq!(pagination["total"], expected.len(), "{engine:?}");
        assert!(deliveries.iter().all(|each| each["status"] == "success"), "{deliveries:#?}");
    }
}

/// First attempts of one conversation are in the order of its events.
fn assert_subjects_in_order(received: &[ReceivedEvent]) {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for ReceivedEvent { event, .. } in received {
        let subject = &event["subject"];
        let ordered = subject.get("conversationId").unwrap_or(&subject["_id"]).to_string();
        let sequence = event["sequence"].as_u64().expect("a number");
        let before = last.insert(ordered, sequence);
        assert!(before < Some(sequence), "{sequence} came after {before:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_has_the_same_id_and_shows_the_erased_as_null() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let server = stage.serve(&[]);
        let client = stage.client(&server);
        let _made = create_webhook(&client, &receiver, &["customer.created"]).await;
        receiver.answer(500);

        let ada = json!({ "profile": { "firstName": "Ada", "lastName": "Lovelace" } });
        let ada = client.create_customer(&ada).await.created();
        let first = receiver.wait_for(1).await.remove(0);
        assert_eq!(first.event["data"]["profile"]["firstName"], "Ada");
        client.delete_customer(id(&ada)).await.deleted();
        receiver.answer(200);

        let second = receiver.wait_for(2).await.remove(1);
        assert_eq!(second.headers["webhook-id"], first.headers["webhook-id"], "{engine:?}");
        assert_eq!((&second.event["data"], &second.event["changes"]), (&Value::Null, &json!([])));
        assert!(!second.event.to_string().contains("Lovelace"), "{}", second.event);
    }
}

/// However long receivers may take to answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_flight_when_a_server_was_killed_is_sent_again_soon() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let server = stage.serve(&["--webhook-timeout", "60s"]);
        let client = stage.client(&server);
        let _made = create_webhook(&client, &receiver, &["conversation.*"]).await;
        receiver.answer(0);

        // It has the request, and the server does not know.
        let _conversation = open_conversation(&client, "Once or twice").await;
        let first = receiver.wait_for(1).await.remove(0);
        server.kill();
        receiver.answer(204);
        let server = stage.serve(&["--webhook-timeout", "60s"]);
        let client = stage.client(&server);
        let _another = open_conversation(&client, "Another").await;

        // What is sent again is in no order with what is sent for the first time.
        let times = |received: &[ReceivedEvent]| {
            received.iter().filter(|received| received.id() == first.id()).count()
        };
        let is_all = |received: &[_]| ids(received).len() == 2 && times(received) > 1;
        let all = receiver.wait_until(is_all).await;
        assert_eq!((all.len(), times(&all)), (3, 2), "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_gives_back_the_webhooks_of_slow_receivers() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let server = stage.serve(&["--webhook-timeout", "60s", "--shutdown-timeout", "2"]);
        let client = stage.client(&server);
        let _made = create_webhook(&client, &receiver, &["conversation.*"]).await;
        receiver.answer(0);
        let _conversation = open_conversation(&client, "Slow").await;
        let first = receiver.wait_for(1).await.remove(0);

        let _ended = server.stop();

        // At a time at which no lease has ended by itself.
        let (now, holder) = (at(0), LeaseHolder(Uuid::from_u128(1)));
        let request = LeaseRequest { holder, now, until: now, limit: 1 };
        let repositories = stage.database.repositories().await;
        let leased = repositories.deliveries.lease(request).await.expect("leases are taken");
        assert_eq!(leased.len(), 1, "{engine:?}");
        receiver.answer(204);
        let _server = stage.serve(&[]);
        let again = receiver.wait_for(2).await.remove(1);
        assert_eq!(again.id(), first.id(), "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_finishes_what_is_in_flight() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let server = stage.serve(&[]);
        let client = stage.client(&server);
        let _made = create_webhook(&client, &receiver, &["conversation.*"]).await;
        for number in 0..20 {
            let _conversation = open_conversation(&client, &number.to_string()).await;
        }
        receiver.wait_for(1).await;

        let (_, status) = server.stop();

        assert!(status.success(), "{engine:?}: {status}");
        let _server = stage.serve(&[]);
        let all = receiver.wait_until(|received| ids(received).len() == 20).await;
        assert_eq!(all.len(), 20, "{engine:?}: nothing is sent twice");
    }
}

/// The deliveries that took more than one attempt.
async fn attempts(client: &ApiClient) -> Vec<Value> {
    let mut found = Vec::new();
    for webhook in client.get("/api/v1/webhooks").await.listed().0 {
        let path = format!("/api/v1/webhooks/{}/deliveries", id(&webhook));
        let (deliveries, _) = client.get(&path).await.listed();
        found.extend(deliveries.into_iter().filter(|each| {
            each["attempts"].as_array().is_none_or(|attempts| attempts.len() > 1)
                || each["status"] != "success"
        }));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_work_and_one_can_go() {
    let stage = Stage::new(Engine::Postgres).await;
    let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let timeout = ["--webhook-timeout", "2s"];
    let servers = [stage.serve(&timeout), stage.serve(&timeout)];
    let clients = [stage.client(&servers[0]), stage.client(&servers[1])];
    for receiver in &receivers {
        let _made = create_webhook(&clients[0], receiver, &["conversation.created"]).await;
    }

    for number in 0..15 {
        let _made = open_conversation(&clients[number % 2], &number.to_string()).await;
    }
    for receiver in &receivers {
        let received = receiver.wait_for(15).await;
        let attempts = attempts(&clients[0]).await;
        assert_eq!((received.len(), ids(&received).len()), (15, 15), "each once: {attempts:#?}");
    }

    let [killed, server] = servers;
    killed.kill();
    let client = stage.client(&server);
    for number in 0..5 {
        let _made = open_conversation(&client, &number.to_string()).await;
    }
    for receiver in &receivers {
        receiver.wait_until(|received| ids(received).len() == 20).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_receiver_delays_no_other() {
    for engine in Engine::ALL {
        let stage = Stage::new(engine).await;
        let dead = Receiver::start().await;
        dead.answer(0);
        let live = [Receiver::start().await, Receiver::start().await];
        let server = stage.serve(&["--webhook-timeout", "60s"]);
        let client = stage.client(&server);
        let made = create_webhook(&client, &dead, &["conversation.created"]).await;
        for receiver in &live {
            let _made = create_webhook(&client, receiver, &["conversation.created"]).await;
        }

        for number in 0..30 {
            let _conversation = open_conversation(&client, &number.to_string()).await;
        }
        for receiver in &live {
            receiver.wait_for(30).await;
        }

        // Its first requests are still without an answer.
        assert_eq!(dead.received().len(), 8, "{engine:?}");
        assert!(webhook(&client, &made).await["behind"].as_u64() >= Some(30));
        server.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_secrets_sign_while_one_replaces_the_other() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let server = stage.serve(&[]);
        let client = stage.client(&server);
        let made = create_webhook(&client, &receiver, &["conversation.created"]).await;
        let rotate = format!("/api/v1/webhooks/{}/secret", id(&made));
        let rotated = client.post(&rotate, &json!({ "expiresIn": 3600 })).await;

        let _conversation = open_conversation(&client, "Two").await;

        assert!(rotated.status.is_success(), "{engine:?}");
        let received = receiver.wait_for(1).await.remove(0);
        let signatures: Vec<_> = received.headers["webhook-signature"].split(' ').collect();
        assert_eq!(signatures.len(), 2, "{engine:?}");
        assert!(signatures.iter().all(|each| each.starts_with("v1,")), "{signatures:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_disabled_with_an_event() {
    for engine in Engine::ALL {
        let (stage, receiver) = (Stage::new(engine).await, Receiver::start().await);
        let watching = Receiver::start().await;
        let server = stage.serve(&[]);
        let client = stage.client(&server);
        let made = create_webhook(&client, &receiver, &["conversation.*"]).await;
        let _watching = create_webhook(&client, &watching, &["webhook.*"]).await;
        receiver.answer(410);

        let _conversation = open_conversation(&client, "Gone").await;

        let told = watching.wait_for(1).await.remove(0);
        assert_eq!(
            (told.kind(), &told.event["subject"]["_id"]),
            ("webhook.disabled", &made["_id"])
        );
        let shown = webhook(&client, &made).await;
        assert_eq!(
            (&shown["status"], &shown["disabledReason"]),
            (&json!("disabled"), &json!("gone"))
        );
        let _another = open_conversation(&client, "Another").await;
        let told = feed(&client).await;
        assert!(told.iter().any(|event| event["type"] == "webhook.disabled"), "{engine:?}");
        assert_eq!(receiver.received().len(), 1, "{engine:?}");
    }
}
