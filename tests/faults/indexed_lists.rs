//! Lists and counts by list indexes while sixteen callers write, on PostgreSQL at two servers: each answer
//! is that of one moment, and whenever the callers pause, it is what all conversations say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use conversations_persistence::ListIndexLimits;
use conversations_server::Settings;
use conversations_testkit::{Engine, Random, TestServer};
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::feed_follower::text;
use crate::serial_stories::{sized, story};

const WRITERS: usize = 16;
const PATH: &str = "/api/v1/conversations";
const STATUSES: [&str; 3] = ["open", "pending", "closed"];
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "urgent"];
const LABELS: [&str; 3] = ["refund", "vip", "legal"];
const ORDERS: [&str; 6] =
    ["-createdAt", "createdAt", "-updatedAt", "updatedAt", "-priority", "priority"];

/// How many conversations a page has.
const LIMIT: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn lists_by_an_index_are_exact_while_others_write() {
    let mut story = story("indexed_lists").await;
    for engine in Engine::ALL {
        let first = TestServer::start_with(engine, with_small_indexes).await;
        let second = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(first.start_beside_with(with_small_indexes).await),
        };
        let key = first.client().key().expect("a key").to_owned();
        let clients = [Some(&first), second.as_ref()].into_iter().flatten();
        let clients =
            clients.map(|server| Client::new(format!("http://{}", server.address()), &key));
        let mut desk = Desk {
            clients: clients.collect(),
            inbox: first.inbox().to_owned(),
            conversations: Vec::new(),
        };
        desk.open(sized(100, 1_500)).await;

        for _ in 0..sized(3, 20) {
            desk.list_while_writing(&mut story.random).await;
            let all = desk.clients[0].everything(PATH).await;
            assert_eq!(all.len(), desk.conversations.len());
            for _ in 0..sized(40, 200) {
                let question = Question::random(&mut story.random);
                let expected = question.answer(&all);
                for client in &desk.clients {
                    let answer = client.answer(&question.call()).await;
                    assert_eq!(shown(&answer.body), expected, "{engine:?}: {question:?}");
                }
            }
            desk.replace(5).await;
        }
    }
}

/// An index of every workspace, which is brought up to date every few changes.
fn with_small_indexes(settings: &mut Settings) {
    settings.limits.list_index =
        ListIndexLimits { memory: 1 << 24, fewest: 0, lag: 20, in_background: true };
}

/// Conversations, and the servers that show them.
struct Desk {
    clients: Vec<Client>,
    inbox: String,
    /// Their paths.
    conversations: Vec<String>,
}

impl Desk {
    async fn open(&mut self, count: usize) {
        for number in 0..count {
            let body = json!({
                "subject": "indexed",
                "inboxId": self.inbox,
                "labels": [LABELS[number % LABELS.len()]],
            });
            let made = self.clients[0].data(Call::post(PATH, body)).await;
            self.conversations.push(format!("{PATH}/{}", text(&made["_id"])));
        }
    }

    /// Deletes some conversations, and opens as many.
    async fn replace(&mut self, count: usize) {
        for path in self.conversations.drain(..count) {
            let deleted = self.clients[0].answer(&Call::delete(path)).await;
            assert!(deleted.is_success(), "{deleted:?}");
        }
        self.open(count).await;
    }

    /// Lists and counts while all writers change the conversations.
    async fn list_while_writing(&self, random: &mut Random) {
        let is_over = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let client = self.clients[number % self.clients.len()].clone();
                let (paths, is_over) = (self.conversations.clone(), Arc::clone(&is_over));
                tokio::spawn(write(client, paths, Random::new(random.number()), is_over))
            })
            .collect();
        for round in 0..sized(30, 200) {
            let client = &self.clients[round % self.clients.len()];
            let question = Question::random(random);
            let answer = client.answer(&question.call()).await;
            question.assert_possible(&answer.body);
            // None is opened or deleted meanwhile.
            let by = *random.pick(&["status", "priority", "channel", "status,priority"]);
            let counts = client.data(Call::get(format!("{PATH}/counts?by={by}&source=api"))).await;
            let counts = counts.as_array().expect("counts").iter();
            let counted: u64 = counts.map(|each| each["count"].as_u64().expect("a number")).sum();
            assert_eq!(counted, self.conversations.len() as u64, "{by}");
        }
        is_over.store(true, Ordering::Relaxed);
        let mut written = 0;
        for writer in writers {
            written += writer.await.expect("a writer whose writes were acknowledged");
        }
        assert!(written > WRITERS, "{written}");
    }
}

/// Changes conversations until it is over. Returns how often.
async fn write(
    client: Client,
    paths: Vec<String>,
    mut random: Random,
    is_over: Arc<AtomicBool>,
) -> usize {
    let mut written = 0;
    while !is_over.load(Ordering::Relaxed) {
        let change = match random.below(4) {
            0 => json!({ "status": random.pick(&STATUSES) }),
            1 => json!({ "priority": random.pick(&PRIORITIES) }),
            2 => json!({ "labels": [random.pick(&LABELS)] }),
            _ => json!({ "status": random.pick(&STATUSES), "labels": LABELS[..random.below(3)] }),
        };
        let answer = client.settle(&Call::patch(random.pick(&paths).as_str(), change)).await.answer;
        assert!(answer.is_success(), "{answer:?}");
        written += 1;
    }
    written
}

/// A page of a list.
#[derive(Debug)]
struct Question {
    statuses: Vec<&'static str>,
    priorities: Vec<&'static str>,
    label: &'static str,
    order: &'static str,
    page: usize,
}

impl Question {
    /// Which no index of the database answers at once.
    fn random(random: &mut Random) -> Self {
        let mut some = |words: &[&'static str]| {
            let from = random.below(words.len());
            words[from..].to_vec()
        };
        let (statuses, priorities) = (some(&STATUSES), some(&PRIORITIES));
        let (label, order) = (*random.pick(&LABELS), *random.pick(&ORDERS));
        Self { statuses, priorities, label, order, page: 1 + random.below(3) }
    }

    fn call(&self) -> Call {
        let Self { statuses, priorities, label, order, page } = self;
        let (statuses, priorities) = (statuses.join(","), priorities.join(","));
        Call::get(format!(
            "{PATH}?status={statuses}&priority={priorities}&label={label}&sort={order}\
             &page={page}&limit={LIMIT}"
        ))
    }

    fn allows(&self, conversation: &Value) -> bool {
        self.statuses.contains(&text(&conversation["status"]))
            && self.priorities.contains(&text(&conversation["priority"]))
            && conversation["labels"]
                .as_array()
                .is_some_and(|labels| labels.iter().any(|label| label == self.label))
    }

    /// What conversations are sorted by.
    fn place<'a>(&self, conversation: &'a Value) -> (Option<usize>, &'a str, &'a str) {
        let id = text(&conversation["_id"]);
        match self.order.trim_start_matches('-') {
            "priority" => {
                let rank = PRIORITIES.iter().position(|name| conversation["priority"] == *name);
                (rank, "", id)
            }
            "updatedAt" => (None, text(&conversation["updatedAt"]), id),
            _ => (None, "", id),
        }
    }

    fn sort(&self, conversations: &mut [&Value]) {
        conversations.sort_by_key(|&conversation| self.place(conversation));
        if self.order.starts_with('-') {
            conversations.reverse();
        }
    }

    /// The total and the ids of the page, of these conversations.
    fn answer(&self, all: &[Value]) -> (u64, Vec<String>) {
        let mut found: Vec<_> = all.iter().filter(|each| self.allows(each)).collect();
        self.sort(&mut found);
        let page = found.iter().skip((self.page - 1) * LIMIT).take(LIMIT);
        (found.len() as u64, page.map(|each| text(&each["_id"]).to_owned()).collect())
    }

    /// Whether the page can be of one moment, whichever that was.
    fn assert_possible(&self, body: &Value) {
        let rows: Vec<&Value> = body["data"].as_array().expect("a list").iter().collect();
        for row in &rows {
            assert!(self.allows(row), "{self:?} shows {row}");
        }
        let mut sorted = rows.clone();
        self.sort(&mut sorted);
        assert_eq!(rows, sorted, "{self:?}");
        let (total, ids) = shown(body);
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{self:?}");
        let before = ((self.page - 1) * LIMIT) as u64;
        let expected = total.saturating_sub(before).min(LIMIT as u64);
        assert_eq!(ids.len() as u64, expected, "{self:?} of {total}");
    }
}

/// The total and the ids of a page.
fn shown(body: &Value) -> (u64, Vec<String>) {
    let total = body["pagination"]["total"].as_u64().expect("a total");
    let rows = body["data"].as_array().expect("a list").iter();
    (total, rows.map(|each| text(&each["_id"]).to_owned()).collect())
}
