//! Many keys of one workspace, which together take no more than their share.

use conversations_testkit::Engine;

use crate::attacks::senders::Senders;
use crate::attacks::sockets::Sockets;
use crate::attacks::stage::{EVIL, Stage};
use crate::attacks::wire::Request;
use crate::attacks::{Case, Plan, tell};
use crate::serial_stories::sized;

pub(super) const BODIES: Case = Case {
    name: "bodies_that_stall_shut_out_nobody",
    short: &Engine::ALL,
    over_tls: false,
    prepare: prepare_bodies,
};

pub(super) const PLACES: Case = Case {
    name: "places_of_many_keys_shut_out_nobody",
    short: &Engine::ALL,
    over_tls: false,
    prepare: prepare_places,
};

/// How many keys the attacker has made.
const KEYS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stall_shut_out_nobody() {
    tell(&BODIES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn permits_of_many_keys_shut_out_nobody() {
    tell(&PLACES).await;
}

/// Bodies in chunks of which only the first bytes come.
fn prepare_bodies(stage: &Stage) -> Vec<Plan> {
    let begun = |key: String| {
        format!(
            "POST /api/v1/inboxes HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"nam\r\n"
        )
        .into_bytes()
    };
    let keys = (0..KEYS).map(|_| stage.key(&["write:inboxes"]));
    let sockets = Sockets {
        count: KEYS * 64,
        per_second: 2_000,
        sends: keys.map(begun).collect(),
        ..Sockets::default()
    };
    vec![Plan::new("4 keys with 64 bodies each that stall", sockets)]
}

/// Lists of much, as many at once as each key may ask for.
fn prepare_places(stage: &Stage) -> Vec<Plan> {
    stage.seed(EVIL, &[("conversations", sized(2_000, 20_000)), ("messages-per", 2)]);
    let path = "/api/v1/conversations?q=a%20b%20c%20d%20e%20f%20g%20h&limit=100";
    let keys = (0..KEYS).map(|_| stage.key(&["read:conversations"]));
    let requests = keys.map(|key| vec![Request::get(&key, path)]).collect();
    let senders = Senders { callers: KEYS * 256, requests, secret: None };
    vec![Plan::new("4 keys with 256 searches each at once", senders)]
}
