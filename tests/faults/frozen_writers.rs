//! A server that is frozen while it writes holds locks, and loses them soon: the writes of another
//! server go on, and its own are whole or absent once it goes on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::client::{Answer, Call, Client};
use crate::feed_follower::{FeedFollower, assert_sound, count};
use crate::serial_stories::{sized, story};
use crate::server::Server;

/// For how many milliseconds a server is frozen mostly: longer than a lock is waited for.
const FROZEN: usize = 1_900;

/// How many callers write at each server.
const WRITERS: usize = 6;

/// No write of the other server takes as long, on a machine that runs other tests: much less than how
/// long a lock is waited for.
const WRITTEN_WITHIN: Duration = Duration::from_millis(1_200);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_frozen_while_it_writes_stops_no_other_and_writes_nothing_by_half() {
    let mut story = story("frozen_writers").await;
    let database = TestDatabase::new(Engine::Postgres).await;
    let frozen = Server::start(database.url(), &mut story.random).await;
    let running = Server::start(database.url(), &mut story.random).await;
    let followers = [1, 0].map(|wait| FeedFollower::start(running.client(), wait));
    let (stop, is_frozen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let mut writers_at = |server: &Server| -> Vec<JoinHandle<Writer>> {
        let begin = |number| {
            let name = format!("{number} at {}", server.listens_on());
            let mut writer = Writer::new(name, server, story.random.number());
            let (stop, is_frozen) = (Arc::clone(&stop), Arc::clone(&is_frozen));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    writer.write(&is_frozen).await;
                }
                writer
            })
        };
        (0..WRITERS).map(begin).collect()
    };
    let (settling, timed) = (writers_at(&frozen), writers_at(&running));

    for _ in 0..sized(6, 100) {
        let before = Duration::from_millis(100 + story.random.below(400) as u64);
        tokio::time::sleep(before).await;
        is_frozen.store(true, Ordering::SeqCst);
        frozen.freeze();
        // At times for longer than a lock is waited for.
        let short = story.random.percent(30);
        let length = if short { 100 + story.random.below(1_000) } else { FROZEN };
        tokio::time::sleep(Duration::from_millis(length as u64)).await;
        frozen.thaw();
        is_frozen.store(false, Ordering::SeqCst);
    }
    stop.store(true, Ordering::SeqCst);
    let (settling, timed) = (all(settling).await, all(timed).await);

    frozen.assert_alive();
    let unknown: usize = settling.iter().map(|writer| writer.unknown).sum();
    let beside = Times::of(timed.iter().flat_map(|writer| &writer.beside_frozen));
    let alone = Times::of(timed.iter().flat_map(|writer| &writer.beside_running));
    println!("beside a frozen server: {beside:?}; beside one that runs: {alone:?}");
    println!("{unknown} tries at the frozen server were not answered with success");
    let refused: usize = timed.iter().map(|writer| writer.unknown).sum();
    assert_eq!(refused, 0, "tries at the other server that were not answered with success");
    assert!(beside.longest < WRITTEN_WITHIN, "{beside:?}");
    assert!(unknown > 0, "nothing was under way when the server was frozen");
    let writers: Vec<_> = settling.into_iter().chain(timed).collect();
    let events = assert_sound(&running.client(), followers).await;
    are_told_once(&running.client(), &events, &writers).await;
}

/// How long answers took.
#[derive(Debug)]
struct Times {
    #[expect(dead_code, reason = "it is printed")]
    count: usize,
    #[expect(dead_code, reason = "it is printed")]
    p50: Duration,
    #[expect(dead_code, reason = "it is printed")]
    p99: Duration,
    longest: Duration,
}

impl Times {
    fn of<'a>(times: impl Iterator<Item = &'a Duration>) -> Self {
        let mut times: Vec<_> = times.copied().collect();
        times.sort();
        let at = |hundredth: usize| times[(times.len() * hundredth / 100).min(times.len() - 1)];
        assert!(!times.is_empty(), "no write was answered");
        Self { count: times.len(), p50: at(50), p99: at(99), longest: at(100) }
    }
}

async fn all(writers: Vec<JoinHandle<Writer>>) -> Vec<Writer> {
    let mut ended = Vec::new();
    for writer in writers {
        ended.push(writer.await.expect("a writer whose every write was settled"));
    }
    ended
}

/// A client that settles each of its writes before the next.
struct Writer {
    name: String,
    client: Client,
    inbox: String,
    random: Random,
    writes: usize,
    /// How many tries had to be repeated.
    unknown: usize,
    living: Vec<(String, Vec<String>)>,
    deleted: BTreeSet<String>,
    /// How long each took while the other server was frozen, and while it was not.
    beside_frozen: Vec<Duration>,
    beside_running: Vec<Duration>,
}

impl Writer {
    fn new(name: String, server: &Server, seed: u64) -> Self {
        Self {
            name,
            client: server.client(),
            inbox: server.inbox().to_owned(),
            random: Random::new(seed),
            writes: 0,
            unknown: 0,
            living: Vec::new(),
            deleted: BTreeSet::new(),
            beside_frozen: Vec::new(),
            beside_running: Vec::new(),
        }
    }

    /// Creates, changes or deletes a conversation, or adds a message.
    async fn write(&mut self, is_frozen: &AtomicBool) {
        self.writes += 1;
        let was_frozen = is_frozen.load(Ordering::SeqCst);
        let text = format!("Write {} of {}", self.writes, self.name).replace(['.', ':'], "-");
        let choice = if self.living.is_empty() { 0 } else { self.random.below(10) };
        let place = self.random.below(self.living.len().max(1));
        let took = match choice {
            0..4 => {
                let message = json!({ "body": text, "author": { "type": "system" } });
                let body = json!({ "subject": text, "inboxId": self.inbox, "message": message });
                let call = Call::post("/api/v1/conversations", body).keyed(&text);
                let answer = self.settle(&call).await;
                assert_eq!(answer.status, 201, "{answer:?}");
                self.living.push((answer.id(), vec![text]));
                answer.took
            }
            4..7 => {
                let path = format!("/api/v1/conversations/{}", self.living[place].0);
                let status = *self.random.pick(&["open", "pending", "closed"]);
                let call = Call::patch(path, json!({ "status": status, "labels": [text] }));
                let answer = self.settle(&call).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                answer.took
            }
            7..9 => {
                let path = format!("/api/v1/conversations/{}/messages", self.living[place].0);
                let body = json!({ "body": text, "author": { "type": "customer" } });
                let answer = self.settle(&Call::post(path, body).keyed(&text)).await;
                assert_eq!(answer.status, 201, "{answer:?}");
                self.living[place].1.push(text);
                answer.took
            }
            _ => {
                let (id, _) = self.living.swap_remove(place);
                let before = self.unknown;
                let call = Call::delete(format!("/api/v1/conversations/{id}"));
                let answer = self.settle(&call).await;
                let done = answer.status == 200 || answer.status == 404 && self.unknown > before;
                assert!(done, "{answer:?}");
                self.deleted.insert(id);
                answer.took
            }
        };
        let is_frozen = was_frozen || is_frozen.load(Ordering::SeqCst);
        let times = if is_frozen { &mut self.beside_frozen } else { &mut self.beside_running };
        times.push(took);
    }

    async fn settle(&mut self, call: &Call) -> Answer {
        let settled = self.client.settle(call).await;
        self.unknown += settled.unknown;
        settled.answer
    }
}

/// Makes sure that the conversations are those that the writers were told, and that the feed has each
/// creation, message and deletion once.
async fn are_told_once(client: &Client, events: &[Value], writers: &[Writer]) {
    let living: BTreeSet<_> =
        writers.iter().flat_map(|writer| &writer.living).map(|(id, _)| id.clone()).collect();
    let deleted: BTreeSet<_> = writers.iter().flat_map(|writer| writer.deleted.clone()).collect();
    let found = client.everything("/api/v1/conversations").await;
    let found: BTreeSet<_> =
        found.iter().map(|each| each["_id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(found, living);
    let once = |told: &str, ids: BTreeSet<&String>| {
        let told = count(events, told);
        assert!(told.values().all(|&times| times == 1), "{told:?}");
        assert_eq!(
            told.into_keys().collect::<BTreeSet<_>>(),
            ids.into_iter().map(String::as_str).collect()
        );
    };
    once("conversation.created", living.union(&deleted).collect());
    once("conversation.deleted", deleted.iter().collect());
    for (id, messages) in writers.iter().flat_map(|writer| &writer.living) {
        let stored = client.everything(&format!("/api/v1/conversations/{id}/messages")).await;
        let bodies: Vec<_> = stored.iter().map(|message| message["body"].clone()).collect();
        assert_eq!(json!(bodies), json!(messages), "{id}");
    }
}
