//! Far more callers than the server has places for: each gets its answer, after waiting its turn, or a
//! quick 503, and the server never seems dead. How much of its work it still does then is measured
//! elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::json;

use crate::client::{Call, Client};
use crate::load::{MARGIN, assert_acceptable};
use crate::serial_stories::{sized, story};
use crate::server::Server;

/// How many requests the server takes on at once, which is more than it has hands.
const PLACES: &str = "64";

/// Four times as many.
const CALLERS: usize = 256;

/// How long a caller stays away that was told to come back later, as it was told.
const LATER: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_answered_or_refused_quickly() {
    let mut story = story("overload").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let few = ["--request-concurrency", PLACES];
        let server = Server::start_with(database.url(), &mut story.random, &few).await;
        let stop = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (client, inbox) = (server.client(), server.inbox().to_owned());
                let random = Random::new(story.random.number());
                tokio::spawn(insist(client, inbox, random, Arc::clone(&stop)))
            })
            .collect();

        let watcher = server.client();
        let mut slowest = Duration::ZERO;
        for _ in 0..sized(15, 150) {
            let live = watcher.answer(&Call::get("/health/live")).await;
            assert!(live.status == 200 && live.took < MARGIN, "{live:?}");
            slowest = slowest.max(live.took);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stop.store(true, Ordering::SeqCst);
        let mut counts = BTreeMap::new();
        for caller in callers {
            for (status, count) in caller.await.expect("a caller that was always answered") {
                *counts.entry(status).or_insert(0) += count;
            }
        }

        println!("{engine:?}: {counts:?}; the slowest sign of life took {slowest:?}");
        assert!(counts.keys().all(|status| [200, 201, 503].contains(status)), "{counts:?}");
        assert!(counts.contains_key(&201), "work is still done");
        server.assert_alive();
        let made = watcher.everything("/api/v1/conversations").await.len();
        assert!(made >= counts[&201], "{made} there of {counts:?}");
    }
}

/// Calls without a pause, and counts what it is told.
async fn insist(
    client: Client,
    inbox: String,
    mut random: Random,
    stop: Arc<AtomicBool>,
) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    while !stop.load(Ordering::SeqCst) {
        let call = if random.percent(50) {
            let body = json!({ "subject": "Again", "inboxId": inbox });
            Call::post("/api/v1/conversations", body)
        } else {
            Call::get("/api/v1/conversations?limit=5")
        };
        let answer = client.answer(&call).await;
        assert_acceptable(&answer);
        *counts.entry(answer.status).or_insert(0) += 1;
        if answer.status == 503 {
            assert!(answer.took < MARGIN, "sent away, but not at once: {answer:?}");
            tokio::time::sleep(LATER).await;
        }
    }
    counts
}
