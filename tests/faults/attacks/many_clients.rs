//! One key that asks for ordinary things, and for far more of them than there are hands.

use conversations_testkit::Engine;
use serde_json::json;

use crate::attacks::senders::Senders;
use crate::attacks::stage::{EVIL, Stage};
use crate::attacks::wire::Request;
use crate::attacks::{Case, Plan, tell};
use crate::serial_stories::sized;

pub(super) const CASE: Case = Case {
    name: "one_key_with_many_clients_stops_nobody",
    short: &Engine::ALL,
    over_tls: false,
    prepare,
};

#[tokio::test(flavor = "multi_thread")]
async fn one_key_with_many_clients_stops_nobody() {
    tell(&CASE).await;
}

fn prepare(stage: &Stage) -> Vec<Plan> {
    let attacker = stage.attacker(EVIL);
    stage.seed(EVIL, &[("conversations", 200), ("messages-per", 1)]);
    let key = stage.key(&["read:conversations", "write:conversations"]);
    let path = "/api/v1/conversations";
    let body = json!({ "subject": "Again", "inboxId": attacker.inbox });
    let (list, create) =
        (Request::get(&key, &format!("{path}?limit=50")), Request::post(&key, path, &body));
    let callers = sized(64, 400);
    vec![
        Plan::new("lists of one key, many clients", Senders::new(callers, vec![list])),
        Plan::new(
            "new conversations of one key, many clients",
            Senders::new(callers, vec![create]),
        ),
    ]
}
