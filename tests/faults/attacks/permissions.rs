//! A key that may only write.

use conversations_testkit::Engine;
use serde_json::json;

use crate::attacks::senders::Senders;
use crate::attacks::stage::{EVIL, Stage};
use crate::attacks::wire::Request;
use crate::attacks::{Case, Plan, tell};

pub(super) const CASE: Case = Case {
    name: "a_key_that_may_only_write_learns_nothing",
    short: &Engine::ALL,
    over_tls: false,
    prepare,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_only_write_learns_nothing() {
    tell(&CASE).await;
}

/// What is known of a customer, and is not sent.
const SECRET: &str = "DE02120300000000202051";

fn prepare(stage: &Stage) -> Vec<Plan> {
    let mut attacker = stage.attacker(EVIL);
    let email = "vip@bank.example";
    let known = json!({
        "profile": { "firstName": "Ada", "email": email },
        "customFields": { "iban": SECRET },
    });
    attacker.make("/api/v1/customers", &known);
    let key = stage.key(&["write:conversations", "write:customers"]);
    let body = json!({
        "subject": "Hello",
        "inboxId": attacker.inbox,
        "customer": { "profile": { "email": email } },
    });
    let requests = vec![Request::post(&key, "/api/v1/conversations", &body)];
    let senders = Senders { secret: Some(SECRET), ..Senders::new(2, requests) };
    vec![Plan::new("writes with a key that may not read", senders)]
}
