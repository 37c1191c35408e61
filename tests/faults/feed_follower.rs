//! Followers of a feed, who go on whatever dies, and what they have to agree on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::client::{Call, Client};

/// Reads a feed from its beginning until it is stopped.
pub(crate) struct FeedFollower {
    reading: JoinHandle<Vec<Value>>,
    stop: Arc<AtomicBool>,
}

impl FeedFollower {
    /// Begins to read, by requests that each wait this many seconds for an event.
    pub(crate) fn start(client: Client, wait: u8) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let reading = tokio::spawn(async move {
            let (mut events, mut cursor) = (Vec::new(), "earliest".to_owned());
            loop {
                // What was written before the stop is there, too.
                let is_last = stopped.load(Ordering::SeqCst);
                let page = read(&client, &cursor, if is_last { 0 } else { wait }).await;
                let pagination = &page["pagination"];
                text(&pagination["cursor"]).clone_into(&mut cursor);
                let is_end = pagination["remaining"] == 0;
                let Value::Array(some) = &page["data"] else { panic!("no list: {page}") };
                events.extend_from_slice(some);
                if is_last && is_end {
                    return events;
                }
            }
        });
        Self { reading, stop }
    }

    /// Reads to the end, and answers all events.
    pub(crate) async fn stop(self) -> Vec<Value> {
        self.stop.store(true, Ordering::SeqCst);
        self.reading.await.expect("a follower that was answered")
    }
}

/// The events after a cursor.
pub(crate) async fn read(client: &Client, cursor: &str, wait: u8) -> Value {
    let path = format!("/api/v1/events?after={cursor}&limit=200&wait={wait}");
    let settled = client.settle(&Call::get(path)).await;
    assert_eq!(settled.answer.status, 200, "{:?}", settled.answer);
    settled.answer.body
}

/// The cursor of the end of the feed.
pub(crate) async fn latest(client: &Client) -> String {
    let page = read(client, "latest", 0).await;
    text(&page["pagination"]["cursor"]).to_owned()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Makes sure that a feed is dense, that two followers and a later reader were told the same, and that
/// versions only grow.
pub(crate) async fn assert_sound(client: &Client, followers: [FeedFollower; 2]) -> Vec<Value> {
    let [one, other] = followers;
    let (one, other) = (one.stop().await, other.stop().await);
    let again = FeedFollower::start(client.clone(), 0).stop().await;
    let places = |events: &[Value]| -> Vec<_> {
        events.iter().map(|event| (event["sequence"].clone(), event["_id"].clone())).collect()
    };
    assert_eq!(places(&one), places(&other), "two followers disagree");
    assert_eq!(places(&one), places(&again), "a number names another event later");
    for (place, event) in one.iter().enumerate() {
        assert_eq!(event["sequence"], place + 1, "there is a gap");
    }
    let ids: BTreeSet<_> = one.iter().map(|event| text(&event["_id"])).collect();
    assert_eq!(ids.len(), one.len(), "an event has two numbers");
    let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
    for event in &one {
        let subject = &event["subject"];
        let of = text(subject.get("conversationId").unwrap_or(&subject["_id"]));
        let version = subject["version"].as_u64().expect("a version");
        let before = versions.insert(of, version).unwrap_or_default();
        assert!(before <= version, "{of} goes from {before} to {version}");
    }
    one
}

/// How many events of a type there are for each subject.
pub(crate) fn count<'a>(events: &'a [Value], kind: &str) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == kind) {
        *counts.entry(text(&event["subject"]["_id"])).or_default() += 1;
    }
    counts
}
