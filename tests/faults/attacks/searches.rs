//! Searches that look at everything there is, with a key that may only read.

use std::time::Duration;

use conversations_testkit::Engine;

use crate::attacks::senders::Senders;
use crate::attacks::stage::{EVIL, Stage};
use crate::attacks::wire::Request;
use crate::attacks::{Case, Plan, tell};
use crate::serial_stories::sized;

pub(super) const CASE: Case =
    Case { name: "searches_of_one_key_stop_nobody", short: &Engine::ALL, over_tls: false, prepare };

/// What is looked for: as many terms as are allowed, the shortest one, by relevance, what has none
/// of them, and a customer.
const SEARCHES: [&str; 5] = [
    "conversations?q=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k%20l%20m%20n%20o%20p",
    "conversations?q=a",
    "conversations?q=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k%20l%20m%20n%20o%20p&sort=relevance",
    "conversations?q=-a%20-b%20-c%20-d%20-e%20-f%20-g%20-h%20-i%20-j%20-k%20-l%20-m%20-n%20-o%20-p",
    "customers?search=a",
];

#[tokio::test(flavor = "multi_thread")]
async fn searches_of_one_key_stop_nobody() {
    tell(&CASE).await;
}

fn prepare(stage: &Stage) -> Vec<Plan> {
    let conversations = sized(6_000, 200_000);
    let customers = conversations / 2;
    let counts = [("conversations", conversations), ("customers", customers), ("messages-per", 2)];
    stage.seed(EVIL, &counts);
    let key = stage.key(&["read:conversations", "read:customers"]);
    let requests = SEARCHES.map(|search| Request::get(&key, &format!("/api/v1/{search}")));
    let plan = |name, senders| Plan::new(name, Senders::new(senders, requests.to_vec()));
    // What is written lies in the log at first, and is taken in meanwhile.
    std::thread::sleep(sized(Duration::ZERO, Duration::from_secs(6)));
    // With little data there have to be more of them.
    sized(
        vec![plan("searches, 64 senders", 64)],
        vec![plan("searches, 2 senders", 2), plan("searches, 8 senders", 8)],
    )
}
