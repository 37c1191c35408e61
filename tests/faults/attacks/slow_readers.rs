//! Memory that is held by clients that do not read, or do not finish a head.

use std::time::Duration;

use conversations_testkit::Engine;
use serde_json::json;

use crate::attacks::outcome::Bounds;
use crate::attacks::sockets::Sockets;
use crate::attacks::stage::{EVIL, Stage};
use crate::attacks::wire::Request;
use crate::attacks::{Case, Plan, ended_after, tell};
use crate::serial_stories::sized;

pub(super) const CASE: Case = Case {
    name: "slow_readers_hold_little_and_not_for_long",
    short: &[Engine::Sqlite],
    over_tls: false,
    prepare,
};

pub(super) const HALF_HEADS: Case = Case {
    name: "half_heads_on_used_connections_are_ended",
    short: &[Engine::Sqlite],
    over_tls: false,
    prepare: prepare_half_heads,
};

/// By how much the memory of the server may grow, in MiB.
const GROWTH: usize = 256;

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_hold_little_and_not_for_long() {
    tell(&CASE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_heads_on_used_connections_are_ended() {
    tell(&HALF_HEADS).await;
}

fn prepare(stage: &Stage) -> Vec<Plan> {
    let mut attacker = stage.attacker(EVIL);
    let body = json!({ "subject": "Much to read", "inboxId": attacker.inbox });
    let conversation = attacker.make("/api/v1/conversations", &body);
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    // As many bytes as a message may have; fewer where a debug build has to write them all.
    let text = sized("x", "\u{1f600}").repeat(65_536);
    let long = json!({ "body": text, "author": { "type": "system" } });
    for _ in 0..sized(60, 100) {
        attacker.make(&messages, &long);
    }
    let key = stage.key(&["read:conversations"]);
    // As much as a page may hold at most, where that is bounded, and all of it.
    let requests = ["100", "15"].map(|limit| format!("{messages}?limit={limit}"));
    let sends = requests.map(|path| Request::get(&key, &path).bytes()).to_vec();
    let readers = Sockets {
        count: sized(100, 200),
        per_second: sized(100, 20),
        sends,
        receives: Some(4096),
        ended_within: sized(None, Some(ended_after(10))),
        ..Sockets::default()
    };
    let bounds = Bounds { memory: Some(GROWTH), write_delay: None };
    vec![Plan::new("large unread replies", readers).bounded(bounds)]
}

fn prepare_half_heads(_: &Stage) -> Vec<Plan> {
    let half = format!("GET /health/live HTTP/1.1\r\nX-Padding: {}", "x".repeat(127_000));
    let sockets = Sockets {
        count: sized(200, 3_000),
        per_second: sized(400, 600),
        before: Some(Request::get("", "/health/live")),
        sends: vec![half.into_bytes()],
        ended_within: Some(ended_after(5)),
        ..Sockets::default()
    };
    let bounds = Bounds { memory: Some(GROWTH), write_delay: None };
    let mut plan = Plan::new("half heads on used connections", sockets).bounded(bounds);
    // Nothing of it needs a database, or a window of time: it ends when they are ended.
    plan.window = Some(Duration::from_secs(sized(1, 5)));
    vec![plan]
}
