//! The feed of changes: complete, in order, and without deleted content.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, TestServer};
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, user};

on_both_databases! {
    events_show_the_current_resource,
    a_reader_beside_eight_writers_gets_every_event,
    after_a_write_another_server_shows_its_event,
    a_waiting_request_returns_the_first_event,
    deleted_resources_are_null_in_every_event,
    a_conversation_has_its_own_events_alone,
    a_key_gets_the_events_that_it_may_read,
    wrong_parameters_are_refused,
    a_repeated_request_creates_its_events_once,
}

/// The longest time from a write to the reply of a waiting request, on a machine that runs other tests.
const SOON: Duration = Duration::from_secs(5);

/// Reads the feed from after this cursor to its end.
async fn follow(client: &ApiClient, cursor: &mut String) -> Vec<Value> {
    let mut met = Vec::new();
    loop {
        let reply = client.list_events(&format!("after={cursor}&limit=37")).await;
        let pagination = reply.body["pagination"].clone();
        let Value::Array(events) = reply.ok() else { panic!("no list") };
        *cursor = text(&pagination["cursor"]);
        met.extend(events);
        if pagination["remaining"] == 0 {
            return met;
        }
    }
}

async fn latest(client: &ApiClient) -> String {
    let reply = client.list_events("after=latest").await;
    text(&reply.body["pagination"]["cursor"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

async fn events_show_the_current_resource(server: &TestServer) {
    let client = server.client();
    let mut cursor = latest(&client).await;
    let grace = user(&client, "grace@example.org").await;
    let fields = json!({
        "customer": { "profile": { "email": "ada@example.org" } },
        "message": { "body": "Hello", "author": { "type": "customer" } },
    });
    let made = id(&conversation(&client, server.inbox(), fields).await);
    let change = json!({ "status": "closed", "assignedTo": grace, "labels": ["vip"] });
    let _changed = client.update_conversation(&made, &change).await.ok();
    let _same = client.update_conversation(&made, &change).await.ok();
    let reply = client.get_conversation(&made).await;
    let (etag, shown) = (reply.headers["etag"].clone(), reply.ok());

    let events = follow(&client, &mut cursor).await;

    let expected = [
        "user.created",
        "conversation.created",
        "message.received",
        "customer.created",
        "conversation.updated",
        "conversation.assigned",
        "conversation.closed",
    ];
    assert_eq!(types(&events), expected);
    let closed = &events[6];
    assert_eq!(closed["subject"], json!({ "type": "conversation", "_id": made, "version": 2 }));
    assert_eq!(closed["changes"], json!([{ "field": "status", "from": "open", "to": "closed" }]));
    assert_eq!(closed["data"], shown);
    assert_eq!(closed["etag"], etag.to_str().expect("ASCII"));
    assert_eq!(closed["cursor"], cursor.as_str());
    assert_eq!(closed["conversation"], Value::Null);
    let message = &events[2];
    assert_eq!(message["data"]["body"], "Hello");
    assert_eq!(message["subject"]["number"], 1);
    assert_eq!(message["subject"]["conversationId"], made.as_str());
    assert_eq!(message["conversation"]["data"], shown);
    assert_eq!(events[0]["data"]["_id"], grace.as_str());
    let priority = json!({ "priority": "high" });
    let _changed = client.update_conversation(&made, &priority).await.ok();
    let rename = json!({ "name": "Grace H." });
    let _renamed = client.update_user(&grace, &rename).await.ok();
    let events = follow(&client, &mut cursor).await;
    assert_eq!(types(&events), ["conversation.updated", "user.updated"]);
    assert_eq!(events[1]["changes"], json!([{ "field": "name" }]));
}

async fn a_reader_beside_eight_writers_gets_every_event(server: &TestServer) {
    const WRITERS: usize = 8;
    const EACH: usize = 25;

    let client = server.client();
    let begin = latest(&client).await;
    let mut cursor = begin.clone();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (client, inbox) = (server.client(), server.inbox().to_owned());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0..EACH {
                    let made = id(&conversation(&client, &inbox, json!({})).await);
                    acknowledged.push(("conversation.created", made.clone()));
                    let message = client.create_message(&made, &by_system("Hello")).await.created();
                    acknowledged.push(("message.sent", id(&message)));
                    if number % 5 == 0 {
                        client.delete_conversation(&made).await.deleted();
                        acknowledged.push(("conversation.deleted", made));
                    }
                }
                acknowledged
            })
        })
        .collect();

    let (mut met, mut polls) = (Vec::new(), 0);
    while writers.iter().any(|writer| !writer.is_finished()) {
        met.extend(follow(&client, &mut cursor).await);
        polls += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        let all = writer.await.expect("a writer");
        acknowledged.extend(all.into_iter().map(|(kind, id)| (kind.to_owned(), id)));
    }
    met.extend(follow(&client, &mut cursor).await);

    assert!(polls > 2, "it was followed meanwhile");
    let told: Vec<_> =
        met.iter().map(|event| (text(&event["type"]), text(&event["subject"]["_id"]))).collect();
    assert_eq!(told.len(), acknowledged.len());
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), acknowledged);
    let numbers: Vec<_> = met.iter().filter_map(|event| event["sequence"].as_u64()).collect();
    assert!(numbers.is_sorted_by(|one, next| one + 1 == *next), "there is a gap");
    let again = follow(&client, &mut begin.clone()).await;
    let places = |events: &[Value]| -> Vec<_> {
        events.iter().map(|event| (event["sequence"].clone(), event["_id"].clone())).collect()
    };
    assert_eq!(places(&again), places(&met), "a number identifies another event later");
    let mut versions: HashMap<String, u64> = HashMap::new();
    for event in &met {
        let subject = &event["subject"];
        let of = subject.get("conversationId").unwrap_or(&subject["_id"]);
        let version = subject["version"].as_u64().expect("a version");
        let before = versions.insert(text(of), version).unwrap_or_default();
        assert!(before <= version, "{event}");
    }
}

async fn after_a_write_another_server_shows_its_event(server: &TestServer) {
    let other = server.start_beside().await;
    let (here, there) = (server.client(), other.client());
    let mut cursor = latest(&there).await;

    for round in 0..40 {
        let (writer, reader) = if round % 2 == 0 { (&here, &there) } else { (&there, &here) };
        let made = id(&conversation(writer, server.inbox(), json!({})).await);
        let events = follow(reader, &mut cursor).await;
        assert_eq!(types(&events), ["conversation.created"]);
        assert_eq!(events[0]["subject"]["_id"], made.as_str());
    }
}

async fn a_waiting_request_returns_the_first_event(server: &TestServer) {
    let other = server.start_beside().await;
    let client = server.client();
    let cursor = latest(&client).await;

    for writer in [server.client(), other.client()] {
        let before = latest(&client).await;
        let waiting = {
            let client = client.clone();
            let query = format!("after={before}&types=conversation.*&wait=30");
            tokio::spawn(async move { (client.list_events(&query).await, Instant::now()) })
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        // Nothing that it waits for.
        let _user = user(&writer, &format!("{before}@example.org")).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(!waiting.is_finished());
        let made = id(&conversation(&writer, server.inbox(), json!({})).await);
        let written = Instant::now();

        let (reply, answered) = waiting.await.expect("a reply");

        assert!(answered.saturating_duration_since(written) < SOON);
        let Value::Array(events) = reply.ok() else { panic!("no list") };
        assert_eq!(types(&events), ["conversation.created"]);
        assert_eq!(events[0]["subject"]["_id"], made.as_str());
    }
    let began = Instant::now();
    let reply = client.list_events("after=latest&wait=1").await;
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_ne!(reply.body["pagination"]["cursor"], cursor.as_str());
    assert_eq!(reply.ok(), json!([]));
}

async fn deleted_resources_are_null_in_every_event(server: &TestServer) {
    let client = server.client();
    let begin = latest(&client).await;
    let ada = customer(&client, "canary-ada@example.org").await;
    let fields = json!({ "subject": "canary-subject", "customerId": ada });
    let erased = id(&conversation(&client, server.inbox(), fields).await);
    let canary = json!({ "body": "canary-body", "author": { "type": "system" } });
    let _message = client.create_message(&erased, &canary).await.created();
    let change = json!({ "subject": "canary-other", "labels": ["canary-label"] });
    let _changed = client.update_conversation(&erased, &change).await.ok();
    let kept = id(&conversation(&client, server.inbox(), json!({})).await);
    let message = id(&client.create_message(&kept, &canary).await.created());

    client.delete_customer(&format!("{ada}?erase=true")).await.deleted();
    client.delete_message(&kept, &message).await.deleted();

    let events = follow(&client, &mut begin.clone()).await;
    assert!(!json!(events).to_string().contains("canary"), "{events:?}");
    let expected = [
        "customer.created",
        "conversation.created",
        "message.sent",
        "conversation.updated",
        "conversation.created",
        "message.sent",
        "conversation.deleted",
        "customer.deleted",
        "message.deleted",
    ];
    assert_eq!(types(&events), expected);
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["data"].is_null(), place != 4, "{event}");
        assert_eq!(event["etag"].is_null(), place != 4, "{event}");
        assert_eq!(event["changes"], json!([]), "{event}");
    }
    // The conversation of a message that is gone is still there.
    assert_eq!(events[8]["conversation"]["data"]["_id"], kept.as_str());
    assert_eq!(events[2]["conversation"], Value::Null);
}

async fn a_conversation_has_its_own_events_alone(server: &TestServer) {
    let client = server.client();
    let (ada, grace) =
        (customer(&client, "ada@example.org").await, user(&client, "grace@example.org").await);
    let with_ada = json!({ "customerId": ada });
    let made = id(&conversation(&client, server.inbox(), with_ada).await);
    let _message = client.create_message(&made, &by_system("Hello")).await.created();
    let _other = conversation(&client, server.inbox(), json!({})).await;

    for (of, expected) in [
        (made.as_str(), &["conversation.created", "message.sent"][..]),
        (ada.as_str(), &[]),
        (grace.as_str(), &[]),
        (server.inbox(), &[]),
    ] {
        let reply = client.list_events(&format!("conversationId={of}")).await;
        assert_eq!(reply.body["pagination"]["remaining"], 0);
        let Value::Array(events) = reply.ok() else { panic!("no list") };
        assert_eq!(types(&events), expected, "{of}");
    }
}

async fn a_key_gets_the_events_that_it_may_read(server: &TestServer) {
    let admin = server.client();
    let mut begin = latest(&admin).await;
    let (ada, grace) =
        (customer(&admin, "ada@example.org").await, user(&admin, "grace@example.org").await);
    let with_ada = json!({ "customerId": ada });
    let made = id(&conversation(&admin, server.inbox(), with_ada).await);
    let _assigned = admin.update_conversation(&made, &json!({ "assignedTo": grace })).await.ok();

    let reader = server.client_allowed(&[Permission::ReadConversations]).await;
    let events = follow(&reader, &mut begin.clone()).await;
    assert_eq!(types(&events), ["conversation.created", "conversation.assigned"]);
    for event in &events {
        assert_eq!(event["data"]["customerId"], json!({ "_id": ada }));
        assert_eq!(event["data"]["assignedTo"], json!({ "_id": grace }));
    }
    let both = [Permission::ReadConversations, Permission::ReadUsers];
    let reader = server.client_allowed(&both).await;
    let events = follow(&reader, &mut begin.clone()).await;
    let expected = ["user.created", "conversation.created", "conversation.assigned"];
    assert_eq!(types(&events), expected);
    assert_eq!(events[2]["data"]["customerId"], json!({ "_id": ada }));
    assert_eq!(events[2]["data"]["assignedTo"]["email"], "grace@example.org");
    let reader = server.client_allowed(&[Permission::ReadInboxes]).await;
    let all = follow(&reader, &mut begin).await;
    assert_eq!(all, [json!(null); 0]);
    assert_eq!(begin, latest(&admin).await, "the cursor is past what was left out");

    let stranger = server.client_allowed(&[Permission::WriteConversations]).await;
    let error = stranger.list_events("").await.refused(403, "INSUFFICIENT_PERMISSIONS");
    let any_of = ["read:conversations", "read:customers", "read:inboxes", "read:users"];
    assert_eq!(error["details"]["required"], json!(any_of));
}

async fn wrong_parameters_are_refused(server: &TestServer) {
    let client = server.client();
    for (query, field) in [
        ("after=", "after"),
        ("after=1", "after"),
        ("after=1-9F3A77C1", "after"),
        ("types=conversation", "types"),
        ("types=conversation.closed,calls.*", "types"),
        ("conversationId=7", "conversationId"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("wait=31", "wait"),
        ("wait=-1", "wait"),
        ("wait=01", "wait"),
        ("before=latest", "before"),
    ] {
        assert_eq!(client.list_events(query).await.invalid_fields(), [field], "{query}");
    }
    let foreign = latest(&server.client_of("elsewhere").await).await;
    for unknown in [foreign.as_str(), "7777-9f3a77c1", "0-9f3a77c1"] {
        let reply = client.list_events(&format!("after={unknown}")).await;
        let error = reply.refused(410, "CURSOR_GONE");
        assert_eq!(error["details"]["reason"], "unknown");
        assert_eq!(error["details"]["latest"], latest(&client).await);
        let earliest = text(&error["details"]["earliest"]);
        let _all = client.list_events(&format!("after={earliest}")).await.ok();
    }
}

async fn a_repeated_request_creates_its_events_once(server: &TestServer) {
    let client = server.client();
    let mut cursor = latest(&client).await;
    let body = json!({ "subject": "Refund", "inboxId": server.inbox() });

    for _ in 0..3 {
        let request = client.request(reqwest::Method::POST, "/api/v1/conversations");
        let request = request.header("idempotency-key", "the-same").json(&body);
        let _made = client.send(request).await.created();
    }

    assert_eq!(types(&follow(&client, &mut cursor).await), ["conversation.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_are_deleted() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.events_keep = Duration::from_secs(2);
        })
        .await;
        let client = server.client();
        let first = latest(&client).await;
        let _old = conversation(&client, server.inbox(), json!({})).await;
        let second = latest(&client).await;

        let began = Instant::now();
        let mut reply = client.list_events("").await;
        while reply.body["pagination"]["earliest"] != second.as_str() {
            assert!(began.elapsed() < Duration::from_secs(30), "{engine:?}: {reply:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
            reply = client.list_events("").await;
        }

        assert_eq!(reply.ok(), json!([]), "{engine:?}");
        let error = client.list_events(&format!("after={first}")).await;
        let error = error.refused(410, "CURSOR_GONE");
        assert_eq!(error["details"]["reason"], "expired", "{engine:?}");
        assert_eq!(error["details"]["earliest"], second.as_str(), "{engine:?}");
        let at_the_floor = client.list_events(&format!("after={second}")).await;
        assert_eq!(at_the_floor.ok(), json!([]), "{engine:?}");
    }
}
