//! Callers that go on calling whatever happens, and remember what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use conversations_testkit::Random;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::client::{Answer, Call, Client};
use crate::serial_stories::sized;
use crate::server::Server;

/// The default of `--request-timeout`.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// What a busy machine adds to whatever is measured here.
pub(crate) const MARGIN: Duration = Duration::from_millis(1_500);

/// More than a server of two workers has connections to PostgreSQL.
const CALLERS: usize = 24;
const PAUSE: Duration = Duration::from_millis(60);

/// Callers at work.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<ObservedReplies>>,
}

/// What callers were told.
#[derive(Default)]
pub(crate) struct ObservedReplies {
    /// The bodies of acknowledged messages by the id of their acknowledged conversation.
    kept: BTreeMap<String, Vec<String>>,
    told: Vec<ObservedReply>,
}

struct ObservedReply {
    at: Instant,
    status: u16,
}

struct Caller {
    name: usize,
    client: Client,
    inbox: String,
    random: Random,
    seen: ObservedReplies,
}

impl Load {
    /// Starts callers of this server.
    pub(crate) fn start(server: &Server, random: &mut Random) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let callers = (0..CALLERS)
            .map(|name| {
                let mut caller = Caller {
                    name,
                    client: server.client(),
                    inbox: server.inbox().to_owned(),
                    random: Random::new(random.number()),
                    seen: ObservedReplies::default(),
                };
                let stop = Arc::clone(&stop);
                tokio::spawn(async move {
                    while !stop.load(Ordering::SeqCst) {
                        caller.call().await;
                        tokio::time::sleep(PAUSE).await;
                    }
                    caller.seen
                })
            })
            .collect();
        Self { stop, callers }
    }

    /// Lets them come to an end, and answers what they were told. Every answer was one that a
    /// caller can act on, and came in time.
    pub(crate) async fn stop(self) -> ObservedReplies {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = ObservedReplies::default();
        for caller in self.callers {
            let ObservedReplies { kept, told } =
                caller.await.expect("a caller that was always answered");
            all.kept.extend(kept);
            all.told.extend(told);
        }
        all
    }
}

impl Caller {
    async fn call(&mut self) {
        let number = self.seen.told.len();
        let text = format!("Call {number} of {}", self.name);
        let known: Vec<_> = self.seen.kept.keys().cloned().collect();
        if known.is_empty() || self.random.percent(40) {
            let body = json!({
                "subject": text,
                "inboxId": self.inbox,
                "customer": { "profile": { "firstName": text } },
                "message": { "body": text },
            });
            let answer = self.told(&Call::post("/api/v1/conversations", body)).await;
            if answer.is_success() {
                self.seen.kept.insert(answer.id(), vec![text]);
            }
            return;
        }
        let id = self.random.pick(&known).clone();
        let path = format!("/api/v1/conversations/{id}");
        match self.random.below(3) {
            0 => {
                let body = json!({ "body": text, "author": { "type": "system" } });
                let answer = self.told(&Call::post(format!("{path}/messages"), body)).await;
                if answer.is_success() {
                    self.seen.kept.entry(id).or_default().push(text);
                }
            }
            1 => drop(self.told(&Call::patch(path, json!({ "subject": text }))).await),
            _ => drop(self.told(&Call::get(path)).await),
        }
    }

    async fn told(&mut self, call: &Call) -> Answer {
        let answer = self.client.answer(call).await;
        assert_acceptable(&answer);
        self.seen.told.push(ObservedReply { at: Instant::now(), status: answer.status });
        answer
    }
}

impl ObservedReplies {
    /// How many were told this since then.
    pub(crate) fn count(&self, status: u16, since: Instant) -> usize {
        self.told.iter().filter(|told| told.at >= since && told.status == status).count()
    }

    /// Makes sure that from some moment on everybody got what they asked for.
    #[track_caller]
    pub(crate) fn assert_only_success_since(&self, since: Instant) {
        let late: BTreeSet<_> =
            self.told.iter().filter(|told| told.at >= since).map(|told| told.status).collect();
        assert!(!late.is_empty() && late.iter().all(|&status| status < 300), "{late:?}");
    }

    /// Makes sure that everything that was acknowledged is there, and nothing by half. The short
    /// version reads the messages of some conversations only.
    pub(crate) async fn assert_kept(&self, client: &Client) {
        let found: BTreeMap<_, _> = client
            .everything("/api/v1/conversations")
            .await
            .into_iter()
            .map(|each| (each["_id"].as_str().expect("an id").to_owned(), each))
            .collect();
        let one_in = sized(8, 1);
        for (place, (id, bodies)) in self.kept.iter().enumerate() {
            let conversation = found.get(id).unwrap_or_else(|| panic!("{id} is lost"));
            let count = conversation["messageCount"].as_u64().unwrap_or_default();
            assert!(count >= bodies.len() as u64, "a message of {id} is lost: {conversation}");
            if place % one_in > 0 {
                continue;
            }
            let messages = client.everything(&format!("/api/v1/conversations/{id}/messages")).await;
            assert_eq!(count, messages.len() as u64, "{id}");
            let there: BTreeSet<_> =
                messages.iter().filter_map(|message| message["body"].as_str()).collect();
            for body in bodies {
                assert!(there.contains(&**body), "{body:?} of {id} is lost");
            }
        }
        for conversation in found.values() {
            assert!(conversation["customerId"].is_object(), "by half: {conversation}");
            assert_ne!(conversation["messageCount"], Value::from(0), "by half: {conversation}");
        }
    }
}

/// Makes sure of an answer that a caller can act on, in time.
#[track_caller]
pub(crate) fn assert_acceptable(answer: &Answer) {
    let (status, code) = (answer.status, answer.code());
    match status {
        200 | 201 | 409 | 412 => {}
        503 => {
            assert_eq!(code, "SERVICE_UNAVAILABLE", "{answer:?}");
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        }
        507 => assert_eq!(code, "INSUFFICIENT_STORAGE", "{answer:?}"),
        _ => panic!("not an answer to a caller in need: {answer:?}"),
    }
    assert!(answer.took < DEADLINE + MARGIN, "late: {answer:?}");
}
