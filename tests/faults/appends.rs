//! Messages as appends of unique numbers to lists, from many clients at once, checked the way
//! databases are: no append is lost, none is stored twice, none is invented, every read is a part
//! of the one final order, and the order is that of real time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::{Value, json};

use crate::client::{Call, Client, Settled};
use crate::serial_stories::{sized, story};
use crate::server::Server;

const CLIENTS: usize = 8;
const CONVERSATIONS: usize = 20;
const PAGE: usize = 100;

/// An append that was acknowledged.
struct Append {
    conversation: usize,
    value: String,
    /// Its place in the conversation, as it was told.
    number: usize,
    began: Instant,
    ended: Instant,
}

/// A read of a page.
struct Read {
    conversation: usize,
    page: usize,
    values: Vec<String>,
    total: usize,
    /// How many appends were acknowledged before it began.
    at_least: usize,
}

#[derive(Default)]
struct Log {
    appends: Vec<Append>,
    reads: Vec<Read>,
    unknown: usize,
}

/// What the clients share.
struct Shared {
    ids: Vec<String>,
    acknowledged: Vec<AtomicUsize>,
    left: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_are_in_one_order_that_every_read_shows() {
    let mut story = story("appends").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let log = append(&server, sized(1_000, 50_000), &mut story.random, 0).await;
        check(&server.client(), &log).await;
        println!("{engine:?}: {} appends, {} reads", log.0.appends.len(), log.0.reads.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_are_in_one_order_while_the_server_dies() {
    let mut story = story("appends_with_kills").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let kills = sized(2, 10);
        let log = append(&server, sized(800, 10_000), &mut story.random, kills).await;
        check(&server.client(), &log).await;
        let Log { appends, reads, unknown } = &log.0;
        let (appends, reads) = (appends.len(), reads.len());
        println!("{engine:?}: {appends} appends, {reads} reads, {unknown} of unknown outcome");
        assert!(*unknown > 0, "nothing was under way when the server died");
    }
}

/// Lets clients append and read this many times, while the server is killed now and then.
async fn append(
    server: &Server,
    operations: usize,
    random: &mut Random,
    kills: usize,
) -> (Log, Vec<String>) {
    let mut ids = Vec::new();
    for _ in 0..CONVERSATIONS {
        let body = json!({ "subject": "A list", "inboxId": server.inbox() });
        let made = server.client().data(Call::post("/api/v1/conversations", body)).await;
        ids.push(made["_id"].as_str().expect("an id").to_owned());
    }
    let acknowledged = (0..CONVERSATIONS).map(|_| AtomicUsize::new(0)).collect();
    let left = AtomicUsize::new(operations);
    let shared = Arc::new(Shared { ids, acknowledged, left });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|name| {
            let (client, shared) = (server.client(), Arc::clone(&shared));
            tokio::spawn(work(name, client, shared, Random::new(random.number())))
        })
        .collect();

    for kill in 1..=kills {
        let due = operations - operations * kill / (kills + 1);
        while shared.left.load(Ordering::SeqCst) > due {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        server.restart();
    }
    let mut all = Log::default();
    for client in clients {
        let Log { appends, reads, unknown } = client.await.expect("a client that is answered");
        all.appends.extend(appends);
        all.reads.extend(reads);
        all.unknown += unknown;
    }
    (all, shared.ids.clone())
}

async fn work(name: usize, client: Client, shared: Arc<Shared>, mut random: Random) -> Log {
    let mut log = Log::default();
    loop {
        let left = shared
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let Ok(left) = left else { return log };
        let conversation = random.below(CONVERSATIONS);
        let known = &shared.acknowledged[conversation];
        let path = format!("/api/v1/conversations/{}/messages", shared.ids[conversation]);
        let (began, at_least) = (Instant::now(), known.load(Ordering::SeqCst));
        if random.percent(70) {
            let value = format!("{name}-{left}");
            let body = json!({ "body": value, "author": { "type": "system" } });
            let call = Call::post(path, body).keyed(&value);
            let Settled { answer, unknown } = client.settle(&call).await;
            assert_eq!(answer.status, 201, "{answer:?}");
            known.fetch_add(1, Ordering::SeqCst);
            log.unknown += usize::from(unknown > 0);
            let number = number(&answer.body["data"]["number"]);
            let ended = Instant::now();
            log.appends.push(Append { conversation, value, number, began, ended });
        } else {
            let page = 1 + random.below(at_least / PAGE + 1);
            let call = Call::get(format!("{path}?limit={PAGE}&page={page}"));
            let Settled { answer, .. } = client.settle(&call).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let total = number(&answer.body["pagination"]["total"]);
            let values = values(answer.body["data"].as_array().expect("a list"));
            log.reads.push(Read { conversation, page, values, total, at_least });
        }
    }
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).expect("a number")
}

fn values(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|each| each["body"].as_str().expect("a body").to_owned()).collect()
}

async fn check(client: &Client, (log, ids): &(Log, Vec<String>)) {
    for (conversation, id) in ids.iter().enumerate() {
        let path = format!("/api/v1/conversations/{id}");
        let messages = client.everything(&format!("{path}/messages")).await;
        let order = values(&messages);
        let counted = &client.data(Call::get(path)).await["messageCount"];
        assert_eq!(number(counted), order.len(), "{id}");
        for (place, message) in messages.iter().enumerate() {
            assert_eq!(number(&message["number"]), place + 1, "{id}: a number is left out");
        }
        let appends = log.appends.iter().filter(|append| append.conversation == conversation);
        check_appends(id, &order, &appends.collect::<Vec<_>>());
        for read in log.reads.iter().filter(|read| read.conversation == conversation) {
            check_read(id, &order, read);
        }
    }
}

fn check_appends(id: &str, order: &[String], appends: &[&Append]) {
    let told: BTreeMap<_, _> = appends.iter().map(|append| (append.number, *append)).collect();
    assert_eq!(told.len(), appends.len(), "{id}: two were told the same number");
    let distinct: BTreeSet<_> = order.iter().collect();
    assert_eq!(distinct.len(), order.len(), "{id}: something is there twice");
    assert_eq!(order.len(), appends.len(), "{id}: lost or invented");
    let mut latest_beginning: Option<Instant> = None;
    for (number, append) in told {
        assert_eq!(order[number - 1], append.value, "{id}: not where it was told to be");
        assert!(
            latest_beginning.is_none_or(|began| began <= append.ended),
            "{id}: number {number} was acknowledged before one that is before it had begun"
        );
        latest_beginning = latest_beginning.max(Some(append.began));
    }
}

fn check_read(id: &str, order: &[String], read: &Read) {
    let Read { page, values, total, at_least, .. } = read;
    assert!(total >= at_least, "{id}: {total} shown when {at_least} were acknowledged");
    let start = (page - 1) * PAGE;
    let end = (*total).min(start + PAGE);
    assert_eq!(values.len(), end.saturating_sub(start), "{id}: page {page} of {total}");
    assert_eq!(values[..], order[start..end], "{id}: no part of the final order");
}
