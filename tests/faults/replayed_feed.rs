//! Who follows the feed ends with what the API shows, after random operations of many writers on all
//! kinds of resources, deletions and erasures included: both a follower that reads along, and one that
//! begins when all is done.

mod kinds;
mod model;
mod operations;
mod shown;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestDatabase};
use serde_json::Value;

use crate::client::Client;
use crate::feed_follower::{latest, read, text};
use crate::serial_stories::{sized, story};
use crate::server::Server;
use model::Model;
use operations::{Acknowledged, Resources, Writer};
use shown::Shown;

const WRITERS: usize = 8;

/// How many follow the feed meanwhile.
const FOLLOWERS: usize = 3;

/// A deletion that takes long goes on after its reply, in steps that come sooner than this.
const QUIET_AFTER: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_ends_with_what_the_api_shows_after_random_operations() {
    let mut story = story("replayed_feed").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let mut servers = vec![Server::start(database.url(), &mut story.random).await];
        if engine == Engine::Postgres {
            servers.push(Server::start(database.url(), &mut story.random).await);
        }
        let resources = Arc::new(Resources::default());
        let left = Arc::new(AtomicUsize::new(sized(1_500, 100_000)));
        let stop = Arc::new(AtomicBool::new(false));
        let reader = servers.last().expect("a server").client();
        // Readers number events, so more than one reads.
        let along: Vec<_> = (0..FOLLOWERS)
            .map(|name| {
                let client = servers[name % servers.len()].client();
                tokio::spawn(read_along(client, Arc::clone(&stop)))
            })
            .collect();

        let began = Instant::now();
        let writers: Vec<_> = (0..WRITERS)
            .map(|name| {
                let server = &servers[name % servers.len()];
                let random = conversations_testkit::Random::new(story.random.number());
                let writer = Writer::new(name, server, random, Arc::clone(&resources));
                tokio::spawn(writer.write(Arc::clone(&left)))
            })
            .collect();
        let mut acknowledged = Acknowledged::default();
        for writer in writers {
            acknowledged.add(writer.await.expect("a writer that got what it may"));
        }
        let (took, outcomes) = (began.elapsed(), acknowledged.outcomes());
        println!("{engine:?}: operations of {took:?}, done and refused: {outcomes:?}");
        assert!(outcomes.values().all(|[done, _]| *done > 0), "{outcomes:?}");
        if acknowledged.is_pending() {
            wait_until_quiet(&reader).await;
        }
        stop.store(true, Ordering::SeqCst);
        let replayed = replay(&servers[0].client()).await;
        let shown = Shown::read(&reader).await;

        println!("{engine:?}: {} events, {} resources remain", replayed.last(), shown.len());
        for follower in along {
            let along = follower.await.expect("a follower that was answered");
            assert_eq!(along.places(), replayed.places(), "a number names another event later");
            shown.assert_equals(&along, false);
        }
        shown.assert_equals(&replayed, true);
        acknowledged.are_told_by(&replayed);
    }
}

/// A page of events, and the cursor after it.
async fn page_after(client: &Client, cursor: &mut String, wait: u8) -> (Vec<Value>, bool) {
    let mut page = read(client, cursor, wait).await;
    text(&page["pagination"]["cursor"]).clone_into(cursor);
    let is_end = page["pagination"]["remaining"] == 0;
    let Value::Array(events) = page["data"].take() else { panic!("no list: {page}") };
    (events, is_end)
}

/// Follows a feed from its beginning until it is told to stop, and then to the end.
async fn read_along(client: Client, stop: Arc<AtomicBool>) -> Model {
    let (mut model, mut cursor) = (Model::beside_writers(), "earliest".to_owned());
    loop {
        // What was written before the stop is there, too.
        let is_last = stop.load(Ordering::SeqCst);
        let (events, is_end) = page_after(&client, &mut cursor, u8::from(!is_last)).await;
        for event in events {
            model.apply(event);
        }
        if is_last && is_end {
            return model;
        }
    }
}

/// Follows a feed from its beginning to its end, while nothing is written.
async fn replay(client: &Client) -> Model {
    let (mut model, mut cursor) = (Model::after_writers(), "earliest".to_owned());
    loop {
        let (events, is_end) = page_after(client, &mut cursor, 0).await;
        for event in events {
            model.apply(event);
        }
        if is_end {
            return model;
        }
    }
}

/// Waits until nothing has been written for a while.
async fn wait_until_quiet(client: &Client) {
    let mut last = latest(client).await;
    loop {
        tokio::time::sleep(QUIET_AFTER).await;
        let now = latest(client).await;
        if now == last {
            return;
        }
        last = now;
    }
}

/// What operations came to, by their names: how many were done, and how many refused.
type Outcomes = BTreeMap<&'static str, [usize; 2]>;
