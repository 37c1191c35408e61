//! Texts that cost much more than their length: the event loop does not stop for them.

use conversations_testkit::Engine;
use serde_json::{Map, json};

use crate::attacks::senders::Senders;
use crate::attacks::stage::{EVIL, Stage};
use crate::attacks::wire::Request;
use crate::attacks::{Case, Plan, tell};
use crate::serial_stories::sized;

pub(super) const CUSTOM_FIELDS: Case = Case {
    name: "lists_with_large_custom_fields_stop_nobody",
    short: &Engine::ALL,
    over_tls: false,
    prepare: prepare_lists,
};

pub(super) const MESSAGES: Case = Case {
    name: "messages_that_expand_stop_nobody",
    short: &Engine::ALL,
    over_tls: false,
    prepare: prepare_messages,
};

#[tokio::test(flavor = "multi_thread")]
async fn lists_with_large_custom_fields_stop_nobody() {
    tell(&CUSTOM_FIELDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_expand_stop_nobody() {
    tell(&MESSAGES).await;
}

/// Lists of conversations, all of one customer whose custom fields are as large as is allowed.
fn prepare_lists(stage: &Stage) -> Vec<Plan> {
    let mut attacker = stage.attacker(EVIL);
    let text = "\u{1f600}".repeat(1_000);
    let fields: Map<_, _> =
        (0..50).map(|number| (format!("field {number}"), json!(text))).collect();
    let body = json!({ "profile": { "firstName": "Ada" }, "customFields": fields });
    let customer = attacker.make("/api/v1/customers", &body);
    let body = json!({ "subject": "?", "inboxId": attacker.inbox, "customerId": customer });
    for _ in 0..sized(25, 100) {
        attacker.make("/api/v1/conversations", &body);
    }
    let key = stage.key(&["read:conversations"]);
    let requests = [100, 18].map(|limit| {
        // As many as a page may hold at most where that is bounded, and all of them.
        Request::get(&key, &format!("/api/v1/conversations?limit={limit}"))
    });
    let senders = Senders::new(sized(4, 8), requests.to_vec());
    vec![Plan::new("lists with custom fields of emoji", senders)]
}

/// Messages of a character that stands for eighteen others.
fn prepare_messages(stage: &Stage) -> Vec<Plan> {
    let mut attacker = stage.attacker(EVIL);
    let body = json!({ "subject": "?", "inboxId": attacker.inbox });
    let conversation = attacker.make("/api/v1/conversations", &body);
    let key = stage.key(&["write:conversations"]);
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let text = "\u{fdfa}".repeat(sized(16_384, 65_536));
    let body = json!({ "body": text, "author": { "type": "system" } });
    let senders = Senders::new(sized(8, 16), vec![Request::post(&key, &path, &body)]);
    vec![Plan::new("messages of U+FDFA", senders)]
}
