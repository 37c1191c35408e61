//! Two servers on one PostgreSQL whose clocks differ by two seconds: the feed has the order in which
//! requests were answered, and each server shows at once what the other one acknowledged.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, Random, TestClock, TestServer};
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::feed_follower::{FeedFollower, assert_sound, latest, read, text};
use crate::serial_stories::{sized, story};

const DIFFERENCE: Duration = Duration::from_secs(2);

/// Callers who write and read at once, each one request after the other.
const CALLERS: usize = 4;

/// A write that was acknowledged, and an event that tells of it.
struct Write {
    event: String,
    began: Instant,
    answered: Instant,
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_change_neither_the_order_nor_what_is_shown() {
    let mut story = story("different_clocks").await;
    let clocks = [TestClock::new(), TestClock::new()].map(Arc::new);
    clocks[0].advance(DIFFERENCE);
    let [ahead, behind] = clocks.each_ref().map(Arc::clone);
    let first = TestServer::start_with_clock(Engine::Postgres, ahead).await;
    let second = first.start_beside_with(|settings| settings.clock = behind).await;
    let clients = [&first, &second].map(|server| {
        let key = server.client().key().expect("a key").to_owned();
        Client::new(format!("http://{}", server.address()), &key)
    });
    let followers = clients.clone().map(|client| FeedFollower::start(client, 1));
    let body = json!({ "subject": "shared", "inboxId": first.inbox() });
    let shared = clients[0].data(Call::post("/api/v1/conversations", body)).await;
    let shared = format!("/api/v1/conversations/{}", text(&shared["_id"]));

    let callers: Vec<_> = (0..CALLERS)
        .map(|name| {
            let (clients, clocks, shared) = (clients.clone(), clocks.clone(), shared.clone());
            let inbox = first.inbox().to_owned();
            let random = Random::new(story.random.number());
            let caller = Caller { name, clients, clocks, shared, inbox, random };
            tokio::spawn(caller.write_and_read(sized(100, 1_000) / CALLERS))
        })
        .collect();
    let mut writes = Vec::new();
    for caller in callers {
        writes.extend(caller.await.expect("a caller who was shown each of its writes"));
    }

    let events = assert_sound(&clients[1], followers).await;
    let places: HashMap<_, _> =
        events.iter().enumerate().map(|(place, event)| (text(&event["_id"]), place)).collect();
    writes.sort_by_key(|write| places[write.event.as_str()]);
    let mut latest_begin: Option<Instant> = None;
    for Write { event, began, answered } in &writes {
        // It is after all these, so none of them began when this was answered already.
        let is_in_order = latest_begin.is_none_or(|latest| latest < *answered);
        assert!(is_in_order, "{event} comes after a write that began after its answer");
        latest_begin = latest_begin.max(Some(*began));
    }
    let times: Vec<_> = events.iter().map(|event| text(&event["timestamp"])).collect();
    assert!(!times.is_sorted(), "the clocks did not differ");
}

/// Writes at one server and reads at the other, or the other way round.
struct Caller {
    name: usize,
    clients: [Client; 2],
    clocks: [Arc<TestClock>; 2],
    /// The path of a conversation that all callers change.
    shared: String,
    inbox: String,
    random: Random,
}

impl Caller {
    async fn write_and_read(mut self, rounds: usize) -> Vec<Write> {
        let mut writes = Vec::new();
        let mut cursor = latest(&self.clients[0]).await;
        for round in 0..rounds {
            let [writer, reader] = if self.random.percent(50) { [0, 1] } else { [1, 0] };
            for clock in &self.clocks {
                clock.advance(Duration::from_millis(self.random.below(4) as u64));
            }
            let text = format!("{round} of {}", self.name);
            let call = self.some_write(&text);

            let began = Instant::now();
            let answer = self.clients[writer].answer(&call).await;
            let answered = Instant::now();

            assert!(answer.is_success(), "{answer:?}");
            let event = self.find(reader, &mut cursor, &text).await;
            writes.push(Write { event, began, answered });
        }
        writes
    }

    /// A write that has this text.
    fn some_write(&mut self, text: &str) -> Call {
        match self.random.below(3) {
            0 => {
                let body = json!({ "subject": text, "inboxId": self.inbox });
                Call::post("/api/v1/conversations", body).keyed(text)
            }
            1 => Call::patch(&*self.shared, json!({ "subject": text })),
            _ => {
                let body = json!({ "body": text, "author": { "type": "system" } });
                Call::post(format!("{}/messages", self.shared), body).keyed(text)
            }
        }
    }

    /// Reads on at a server, whose reply has to have the event of a write with this text.
    async fn find(&self, reader: usize, cursor: &mut String, of: &str) -> String {
        let is_of = |event: &&Value| {
            let kind = text(&event["type"]);
            let became = |change: &Value| change["field"] == "subject" && change["to"] == of;
            kind == "conversation.created" && event["data"]["subject"] == of
                || kind == "message.sent" && event["data"]["body"] == of
                || event["changes"].as_array().is_some_and(|changes| changes.iter().any(became))
        };
        let mut page = read(&self.clients[reader], cursor, 0).await;
        text(&page["pagination"]["cursor"]).clone_into(cursor);
        let Value::Array(events) = page["data"].take() else { panic!("no list: {page}") };
        let found = events.iter().find(is_of);
        let found = found.unwrap_or_else(|| panic!("{of} is not shown at once: {events:?}"));
        text(&found["_id"]).to_owned()
    }
}
