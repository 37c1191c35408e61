//! Races: many clients count by reading, adding one and writing with If-Match, and no count is
//! lost; deletions meet appends, and every deletion takes all of its conversation with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::json;

use crate::client::{Call, Client, Settled};
use crate::serial_stories::{sized, story};
use crate::server::Server;
use crate::sqlite::assert_whole;

const COUNTERS: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn no_read_modify_write_is_lost() {
    let mut story = story("read_modify_write").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let body = json!({ "subject": "0", "inboxId": server.inbox() });
        let made = server.client().data(Call::post("/api/v1/conversations", body)).await;
        let path = format!("/api/v1/conversations/{}", made["_id"].as_str().expect("an id"));

        let clients: Vec<_> = (0..COUNTERS)
            .map(|_| tokio::spawn(count(server.client(), path.clone(), sized(10, 200))))
            .collect();
        let mut wins = 0;
        for client in clients {
            wins += client.await.expect("a client that is answered");
        }

        let read = server.client().data(Call::get(&*path)).await;
        println!("{engine:?}: {wins} wins of {}", COUNTERS * sized(10, 200));
        assert!(wins > 0);
        assert_eq!(read["subject"], wins.to_string(), "{engine:?}");
        let history = server.client().everything(&format!("{path}/history")).await;
        assert_eq!(history.len(), wins, "{engine:?}");
    }
}

/// Reads and adds one this many times, and answers how often that came through.
async fn count(client: Client, path: String, times: usize) -> usize {
    let mut wins = 0;
    for _ in 0..times {
        let read = client.answer(&Call::get(&*path)).await;
        assert_eq!(read.status, 200, "{read:?}");
        let subject = read.body["data"]["subject"].as_str().expect("a subject");
        let next = subject.parse::<usize>().expect("a number") + 1;
        let body = json!({ "subject": next.to_string() });
        let answer = client.answer(&Call::patch(&*path, body).if_match(read.tag())).await;
        match answer.status {
            200 => wins += 1,
            // A 503 would leave open whether it was done: without faults there is none.
            412 => assert_eq!(answer.code(), "PRECONDITION_FAILED", "{answer:?}"),
            _ => panic!("neither won nor lost: {answer:?}"),
        }
    }
    wins
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_takes_along_what_arrives_and_stays_a_deletion() {
    let mut story = story("delete_against_append").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let left = Arc::new(AtomicUsize::new(sized(100, 5_000)));
        let runners: Vec<_> = (0..8)
            .map(|_| {
                let (client, inbox) = (server.client(), server.inbox().to_owned());
                let random = Random::new(story.random.number());
                tokio::spawn(race(client, inbox, random, Arc::clone(&left)))
            })
            .collect();
        let mut counts = BTreeMap::new();
        for runner in runners {
            counts.extend(runner.await.expect("a client that is answered"));
        }

        let client = server.client();
        let mut audit = client.everything("/api/v1/audit").await;
        audit.retain(|entry| entry["action"] == "conversation.deleted");
        let audited: BTreeMap<_, _> = audit
            .iter()
            .map(|entry| (entry["targetId"].as_str().expect("an id"), &entry["messageCount"]))
            .collect();
        assert_eq!(audit.len(), audited.len(), "{engine:?}: a deletion was audited twice");
        assert_eq!(audited.len(), counts.len(), "{engine:?}: a deletion was not audited");
        for (id, messages) in &counts {
            assert_eq!(audited[&**id], messages, "{engine:?}: {id} had other messages");
        }
        let arrived = counts.values().filter(|&&messages| messages == 2).count();
        println!("{engine:?}: {arrived} of {} appends came before the deletion", counts.len());
        assert!(client.everything("/api/v1/conversations").await.is_empty(), "{engine:?}");
        if engine == Engine::Postgres {
            assert_eq!(database.places_of("orphan").await, Vec::<String>::new());
        }
        assert_whole(database.url());
    }
}

/// Deletes conversations while messages arrive, and answers how many messages each had at its end.
async fn race(
    client: Client,
    inbox: String,
    mut random: Random,
    left: Arc<AtomicUsize>,
) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let next = || {
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    };
    while next() {
        let body = json!({
            "subject": "An orphan?",
            "inboxId": inbox,
            "message": { "body": "no orphan" },
        });
        let made = client.data(Call::post("/api/v1/conversations", body)).await;
        let id = made["_id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/conversations/{id}");
        let body = json!({ "body": "an orphan", "author": { "type": "system" } });
        let append = Call::post(format!("{path}/messages"), body);
        let delete = Call::delete(&*path);
        // The order in which they are first polled is the order in which they are sent.
        let (Settled { answer: appended, .. }, Settled { answer: deleted, .. }) = if random
            .percent(50)
        {
            tokio::join!(client.settle(&append), client.settle(&delete))
        } else {
            let (deleted, appended) = tokio::join!(client.settle(&delete), client.settle(&append));
            (appended, deleted)
        };
        assert_eq!(deleted.status, 200, "{deleted:?}");
        assert!([201, 404].contains(&appended.status), "{appended:?}");
        for gone in [Call::get(&*path), Call::get(format!("{path}/messages")), delete] {
            let answer = client.answer(&gone).await;
            assert_eq!(answer.status, 404, "{answer:?}");
        }
        counts.insert(id, 1 + usize::from(appended.status == 201));
    }
    counts
}
