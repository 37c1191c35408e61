//! The server is killed again and again under eight writers, who settle what they do not know with
//! a retry: every acknowledged write is there, every write happened once or not at all, and
//! messages, history, audit and the feed agree with what was told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::{Value, json};

use crate::client::{Call, Client, Settled};
use crate::feed_follower::{FeedFollower, assert_sound, count};
use crate::serial_stories::{sized, story};
use crate::server::Server;
use crate::sqlite::assert_whole;

const WRITERS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn writes_survive_the_death_of_the_server_once_and_whole() {
    let mut story = story("killed_server").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let followers = [2, 0].map(|wait| FeedFollower::start(server.client(), wait));
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|name| {
                let mut writer = Writer::new(name, &server, story.random.number());
                let stop = Arc::clone(&stop);
                tokio::spawn(async move {
                    while !stop.load(Ordering::SeqCst) {
                        writer.write().await;
                    }
                    writer
                })
            })
            .collect();

        for _ in 0..sized(3, 20) {
            let some = 200 + story.random.below(700) as u64;
            tokio::time::sleep(Duration::from_millis(some)).await;
            server.kill();
            assert_whole(database.url());
            server.restart();
        }
        stop.store(true, Ordering::SeqCst);
        let mut told = Vec::new();
        for writer in writers {
            told.push(writer.await.expect("a writer whose every write was settled"));
        }

        let writes: usize = told.iter().map(|writer| writer.writes).sum();
        let unknown: usize = told.iter().map(|writer| writer.unknown).sum();
        println!("{engine:?}: {writes} writes, {unknown} of unknown outcome");
        assert!(unknown > 0, "nothing was under way when the server died");
        agrees(&server.client(), &told).await;
        let events = assert_sound(&server.client(), followers).await;
        are_reported(&events, &told);
        server.kill();
        assert_whole(database.url());
    }
}

/// A client that writes to conversations of its own, so that it knows what they have to be.
struct Writer {
    name: usize,
    client: Client,
    inbox: String,
    random: Random,
    writes: usize,
    unknown: usize,
    living: BTreeMap<String, Thread>,
    /// How many messages the deleted ones had.
    deleted: BTreeMap<String, usize>,
}

/// What a conversation has to be.
#[derive(Default)]
struct Thread {
    subjects: Vec<String>,
    labels: Vec<String>,
    messages: Vec<String>,
}

impl Writer {
    fn new(name: usize, server: &Server, seed: u64) -> Self {
        Self {
            name,
            client: server.client(),
            inbox: server.inbox().to_owned(),
            random: Random::new(seed),
            writes: 0,
            unknown: 0,
            living: BTreeMap::new(),
            deleted: BTreeMap::new(),
        }
    }

    async fn write(&mut self) {
        self.writes += 1;
        let text = format!("Write {} of {}", self.writes, self.name);
        let known: Vec<_> = self.living.keys().cloned().collect();
        if known.is_empty() {
            return self.create(text).await;
        }
        let id = self.random.pick(&known).clone();
        match self.random.below(20) {
            0..6 => self.create(text).await,
            6..13 => self.append(&id, text).await,
            13..18 => self.update(&id, text).await,
            _ => self.delete(id).await,
        }
    }

    async fn create(&mut self, text: String) {
        let labels = vec![format!("label {}", self.random.below(5)), text.clone()];
        let body = json!({
            "subject": text,
            "inboxId": self.inbox,
            "labels": labels,
            "customer": { "profile": { "firstName": text } },
            "message": { "body": text },
        });
        let call = Call::post("/api/v1/conversations", body).keyed(&text);
        let settled = self.settle(&call).await;
        assert_eq!(settled.answer.status, 201, "{:?}", settled.answer);
        let thread = Thread { subjects: vec![text.clone()], labels, messages: vec![text] };
        let before = self.living.insert(settled.answer.id(), thread);
        assert!(before.is_none(), "the reply to another write");
    }

    async fn append(&mut self, id: &str, text: String) {
        let body = json!({ "body": text, "author": { "type": "customer" } });
        let path = format!("/api/v1/conversations/{id}/messages");
        let Settled { answer, .. } = self.settle(&Call::post(path, body).keyed(&text)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let messages = &mut self.living.get_mut(id).expect("one that lives").messages;
        messages.push(text);
        assert_eq!(answer.body["data"]["number"], messages.len(), "{answer:?}");
    }

    async fn update(&mut self, id: &str, text: String) {
        let path = format!("/api/v1/conversations/{id}");
        let Settled { answer: read, .. } = self.settle(&Call::get(&*path)).await;
        assert_eq!(read.status, 200, "{read:?}");
        let labels = vec![text.clone()];
        let body = json!({ "subject": text, "labels": labels });
        let call = Call::patch(&*path, body).if_match(read.tag());
        let Settled { answer, unknown } = self.settle(&call).await;
        // There is no other writer: if the tag has moved, the first try has moved it.
        let done = answer.status == 200 || answer.status == 412 && unknown > 0;
        assert!(done, "after {unknown} unknown: {answer:?}");
        let thread = self.living.get_mut(id).expect("one that lives");
        thread.subjects.push(text);
        thread.labels = labels;
        let Settled { answer: read, .. } = self.settle(&Call::get(path)).await;
        let thread = &self.living[id];
        assert_eq!(read.body["data"]["subject"], json!(thread.subjects.last()), "{read:?}");
        assert_eq!(read.body["data"]["labels"], json!(thread.labels), "{read:?}");
    }

    async fn delete(&mut self, id: String) {
        let call = Call::delete(format!("/api/v1/conversations/{id}"));
        let Settled { answer, unknown } = self.settle(&call).await;
        let done = answer.status == 200 || answer.status == 404 && unknown > 0;
        assert!(done, "after {unknown} unknown: {answer:?}");
        let thread = self.living.remove(&id).expect("one that lives");
        self.deleted.insert(id, thread.messages.len());
    }

    async fn settle(&mut self, call: &Call) -> Settled {
        let settled = self.client.settle(call).await;
        self.unknown += usize::from(settled.unknown > 0);
        settled
    }
}

/// Makes sure that there is what the writers were told, and nothing else.
async fn agrees(client: &Client, writers: &[Writer]) {
    let id = |each: &Value| each["_id"].as_str().expect("an id").to_owned();
    let mut found: BTreeMap<_, _> = client
        .everything("/api/v1/conversations")
        .await
        .into_iter()
        .map(|each| (id(&each), each))
        .collect();
    for (id, thread) in writers.iter().flat_map(|writer| &writer.living) {
        let conversation = found.remove(id).unwrap_or_else(|| panic!("{id} is lost"));
        agrees_with(client, id, &conversation, thread).await;
    }
    assert!(found.is_empty(), "stored, but not reported: {found:?}");

    let mut audited = BTreeMap::new();
    for entry in client.everything("/api/v1/audit").await {
        if entry["action"] == "conversation.deleted" {
            let target = entry["targetId"].as_str().expect("an id").to_owned();
            let again = audited.insert(target, entry["messageCount"].clone());
            assert!(again.is_none(), "audited twice: {entry}");
        }
    }
    let deleted: BTreeMap<_, _> = writers.iter().flat_map(|writer| &writer.deleted).collect();
    assert_eq!(audited.len(), deleted.len(), "an entry for each deletion");
    for (id, messages) in &deleted {
        assert_eq!(audited.get(*id), Some(&json!(messages)), "{id}");
    }
    let created: usize =
        writers.iter().map(|writer| writer.living.len() + writer.deleted.len()).sum();
    let customers = client.everything("/api/v1/customers").await;
    assert_eq!(customers.len(), created, "a customer for each that was created");
}

/// Makes sure that the feed has each change once.
fn are_reported(events: &[Value], writers: &[Writer]) {
    let living = writers.iter().flat_map(|writer| &writer.living);
    let deleted = writers.iter().flat_map(|writer| &writer.deleted);
    let created = living.clone().map(|(id, _)| id).chain(deleted.clone().map(|(id, _)| id));
    let created: BTreeMap<_, _> = created.map(|id| (id.as_str(), 1)).collect();
    assert_eq!(count(events, "conversation.created"), created);
    let updated = living
        .filter(|(_, thread)| thread.subjects.len() > 1)
        .map(|(id, thread)| (id.as_str(), thread.subjects.len() - 1));
    let mut told = count(events, "conversation.updated");
    told.retain(|id, _| !deleted.clone().any(|(gone, _)| gone == id));
    assert_eq!(told, updated.collect());
    let gone = deleted.clone().map(|(id, _)| (id.as_str(), 1));
    assert_eq!(count(events, "conversation.deleted"), gone.collect());
    let messages = writers.iter().map(|writer| {
        let living: usize = writer.living.values().map(|thread| thread.messages.len()).sum();
        living + writer.deleted.values().sum::<usize>()
    });
    let written = count(events, "message.received").len() + count(events, "message.sent").len();
    assert_eq!(written, messages.sum::<usize>());
}

/// Makes sure that a conversation, its messages and its history are what they have to be.
async fn agrees_with(client: &Client, id: &str, conversation: &Value, thread: &Thread) {
    let Thread { subjects, labels, messages } = thread;
    assert_eq!(conversation["subject"], json!(subjects.last()), "{id}");
    assert_eq!(conversation["labels"], json!(labels), "{id}");
    assert_eq!(conversation["messageCount"], messages.len(), "{id}");
    assert!(conversation["customerId"].is_object(), "{id}");

    let path = format!("/api/v1/conversations/{id}");
    let there = client.everything(&format!("{path}/messages")).await;
    for (place, message) in there.iter().enumerate() {
        assert_eq!(message["number"], place + 1, "{id}");
        assert_eq!(message["body"], messages[place], "{id}");
    }
    assert_eq!(there.len(), messages.len(), "{id}");

    let history = client.everything(&format!("{path}/history")).await;
    let changed: Vec<_> = history.iter().filter(|entry| entry["field"] == "subject").collect();
    let expected: Vec<_> =
        subjects.windows(2).map(|pair| (json!(pair[0]), json!(pair[1]))).collect();
    let told: Vec<_> =
        changed.iter().map(|entry| (entry["from"].clone(), entry["to"].clone())).collect();
    assert_eq!(told, expected, "{id}");
    assert_eq!(history.len(), 2 * expected.len(), "{id}: labels change with each subject");
}
