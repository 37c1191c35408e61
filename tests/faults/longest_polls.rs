//! Whatever one request asks for, a worker is soon free for the others: the watchdog of the server
//! says how long it was kept at most.
//!
//! A machine that does something else meanwhile makes every time longer. So each request is tried a few
//! times, on a new process each, and the best try counts.

use std::time::Duration;

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::{Map, Value, json};

use crate::client::{Call, Client};
use crate::serial_stories::{sized, story};
use crate::server::{Server, free_port};

/// The characters of the longest message.
const LONGEST: usize = 65_536;

const TRIES: usize = 6;

/// How long a worker may be kept. What `make test` builds is slow.
fn bound() -> Duration {
    sized(Duration::from_millis(500), Duration::from_millis(20))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_allowed_request_keeps_a_worker() {
    let mut story = story("longest polls").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let metrics = format!("127.0.0.1:{}", free_port(&mut story.random));
        let arguments = ["--metrics-listen", metrics.as_str()];
        let server = Server::start_with(database.url(), &mut story.random, &arguments).await;
        let watched = Watched { server, metrics };

        let mut too_long = Vec::new();
        for (what, call, statuses) in worst_cases(&watched.server, &mut story.random).await {
            let longest = watched.longest_poll(what, &call, statuses).await;
            println!("{engine:?}: {what}: {longest:?}");
            if longest > bound() {
                too_long.push((what, longest));
            }
        }
        assert!(too_long.is_empty(), "{engine:?}: {too_long:?}");
    }
}

/// A server whose watchdog can be asked.
struct Watched {
    server: Server,
    metrics: String,
}

impl Watched {
    /// How long a request keeps a worker at most, in the best of some tries.
    async fn longest_poll(&self, what: &str, call: &Call, statuses: &[u16]) -> Duration {
        let mut best = Duration::MAX;
        for number in 0..TRIES {
            self.server.kill();
            self.server.restart();
            let client = self.server.client();
            client.data(Call::get("/api/v1/inboxes")).await;
            // Each is another request, also to a server that keeps replies.
            let call = call.clone().keyed(&format!("{what}, try {number}"));
            let answer = client.answer(&call).await;
            assert!(statuses.contains(&answer.status), "{what}: {}", answer.status);
            best = best.min(self.longest_so_far().await);
            if best <= bound() {
                break;
            }
        }
        best
    }

    async fn longest_so_far(&self) -> Duration {
        let metrics = reqwest::get(format!("http://{}/metrics", self.metrics)).await;
        let metrics = metrics.expect("a reply").text().await.expect("a text");
        let name = "conversations_worker_longest_poll_seconds{";
        let values = metrics.lines().filter(|line| line.starts_with(name));
        let seconds = values.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok());
        let longest = seconds.fold(0.0, f64::max);
        assert!(longest > 0.0, "no worker is watched: {metrics}");
        Duration::from_secs_f64(longest)
    }
}

/// The requests that cost most: what each is, itself, and how it may be answered.
async fn worst_cases(
    server: &Server,
    random: &mut Random,
) -> Vec<(&'static str, Call, &'static [u16])> {
    let (client, many) = (server.client(), sized(20, 100));
    let customers = customers(&client, many, random).await;
    conversations(&client, server.inbox(), &customers[0], many).await;
    let messages = messages(&client, server.inbox(), many).await;
    let history = relabelled(&client, server.inbox(), many).await;
    let customer = format!("/api/v1/customers/{}", customers[0]);
    let message = |text: &str| {
        let body: String = text.chars().cycle().take(LONGEST).collect();
        let body = json!({ "body": body, "author": { "type": "customer" } });
        Call::post(messages.clone(), body)
    };
    let many_keys: Map<_, _> = (0..60_000).map(|n| (format!("k{n}"), json!(n))).collect();
    let other = fields("\u{1f600}\u{1f601}");
    let labels: Vec<_> = (0..20).map(|n| format!("label-{n}")).collect();
    let parameters: Vec<_> = (0..6_000).map(|n| format!("a{n}=1")).collect();
    let long_parameters: Vec<_> =
        (0..64).map(|n| format!("a{n}{}=%61{}", "%61".repeat(150), "%61".repeat(150))).collect();
    let letters: Vec<_> = ('a'..='p').map(String::from).collect();
    let create = "/api/v1/customers";
    vec![
        ("a page of conversations with long fields", list("conversations"), &[200, 422]),
        ("a page of customers with long fields", list("customers"), &[200, 422]),
        ("a page of the longest messages", Call::get(format!("{messages}?limit=100")), &[200, 422]),
        ("a page of long changes", Call::get(format!("{history}?limit=100")), &[200]),
        ("a customer with long fields", Call::get(customer.clone()), &[200]),
        ("fields that change", Call::patch(customer, json!({ "customFields": other })), &[200]),
        ("a message of ligatures", message("\u{fdfa}"), &[201]),
        ("a message of squared words", message("\u{3316}"), &[201]),
        ("a message of ideographs", message("語"), &[201]),
        ("a message of letters", message("a "), &[201]),
        ("a message of one word", message("x"), &[201]),
        ("a message of marks", message("\u{301}\u{316}\u{334}"), &[201]),
        ("a message of quotes", message("\""), &[201]),
        ("a body of many keys", Call::post(create, Value::Object(many_keys)), &[422]),
        (
            "a text for a list",
            Call::post(create, json!({ "tags": "\u{1f600}".repeat(260_000) })),
            &[422],
        ),
        (
            "a text for a status",
            Call::post(create, json!({ "status": "é".repeat(500_000) })),
            &[422],
        ),
        (
            "a page of many labels",
            Call::get(format!("/api/v1/conversations?label={}", labels.join(","))),
            &[200],
        ),
        (
            "a long search",
            Call::get(format!("/api/v1/conversations?q={}", letters.join("+"))),
            &[200, 422, 503],
        ),
        (
            "many parameters",
            Call::get(format!("/api/v1/conversations?{}", parameters.join("&"))),
            &[400],
        ),
        (
            "as many parameters as there may be",
            Call::get(format!("/api/v1/conversations?{}", long_parameters.join("&"))),
            &[422],
        ),
        (
            "a status that is said often",
            Call::get(format!("/api/v1/conversations?status={}", vec!["open"; 12_000].join(","))),
            &[200],
        ),
    ]
}

fn list(what: &str) -> Call {
    Call::get(format!("/api/v1/{what}?limit=100"))
}

/// As many and as long fields as a customer may have.
fn fields(text: &str) -> Value {
    let text: String = text.chars().cycle().take(1_000).collect();
    Value::Object((0..50).map(|n| (format!("field {n}"), json!(text))).collect())
}

async fn customers(client: &Client, count: usize, random: &mut Random) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let email = format!("{n}-{}@example.org", random.number());
        let body = json!({ "profile": { "email": email }, "customFields": fields("\u{1f600}") });
        ids.push(client.answer(&Call::post("/api/v1/customers", body)).await.id());
    }
    ids
}

async fn conversations(client: &Client, inbox: &str, customer: &str, count: usize) {
    for _ in 0..count {
        let body = json!({ "subject": "x", "inboxId": inbox, "customerId": customer });
        client.data(Call::post("/api/v1/conversations", body)).await;
    }
}

/// The path of the messages of a conversation with the longest there can be.
async fn messages(client: &Client, inbox: &str, count: usize) -> String {
    let path = format!("{}/messages", opened(client, inbox).await);
    let body = "\u{1f600}".repeat(LONGEST);
    for _ in 0..count {
        let body = json!({ "body": body, "author": { "type": "customer" } });
        client.data(Call::post(path.clone(), body)).await;
    }
    path
}

/// The path of the history of a conversation whose labels were often changed.
async fn relabelled(client: &Client, inbox: &str, count: usize) -> String {
    let path = opened(client, inbox).await;
    for n in 0..count {
        let labels: Vec<_> = (0..20).map(|label| format!("label {n} {label}")).collect();
        client.data(Call::patch(path.clone(), json!({ "labels": labels }))).await;
    }
    format!("{path}/history")
}

async fn opened(client: &Client, inbox: &str) -> String {
    let body = json!({ "subject": "x", "inboxId": inbox });
    let opened = client.answer(&Call::post("/api/v1/conversations", body)).await;
    format!("/api/v1/conversations/{}", opened.id())
}
