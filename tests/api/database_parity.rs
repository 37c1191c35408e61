//! The two databases are one service: the same random script of requests, with the same clock and
//! the same ids, gets the same replies from both, byte for byte.

mod bodies;
mod script;

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, Random, TestClock, TestIds, TestServer};
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use script::{Request, Script};

/// Enough that every operation comes often, on things in every state.
const REQUESTS: usize = 3_000;

/// A server with a clock and with ids that its twin has too.
struct ParityServer {
    server: TestServer,
    client: ApiClient,
    clock: Arc<TestClock>,
}

/// What of a reply has to be the same.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl ParityServer {
    async fn start(engine: Engine) -> Self {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with(engine, |settings| {
            settings.clock = clock.clone();
            settings.ids = Arc::new(TestIds::new());
            // When it is stored that a key was used is a matter of real time.
            settings.store_uses_every = Duration::from_secs(3_600);
            // So is when the sender of webhooks takes ids.
            settings.webhooks.is_sending = false;
        })
        .await;
        let client = server.client();
        Self { server, client, clock }
    }

    async fn answer(&self, request: &Request, number: usize) -> Answer {
        self.clock.advance(request.after);
        let mut builder = self.client.request(request.method.clone(), &request.path);
        builder = builder.header("X-Request-Id", format!("request-{number}"));
        if let Some(body) = &request.body {
            builder = builder.header("Content-Type", "application/json").body(body.clone());
        }
        let response = builder.send().await.expect("a reply");
        let status = response.status().as_u16();
        let mut headers = response.headers().clone();
        // The time of the real clock, and what becomes of the connection: a matter of when an
        // unread body arrived.
        headers.remove(HeaderName::from_static("date"));
        headers.remove(HeaderName::from_static("connection"));
        let body = response.text().await.expect("a body");
        Answer { status, headers, body }.without_secrets(&request.path).without_positions()
    }
}

impl Answer {
    /// Secrets are random, and nothing may make them foreseeable: keys and webhooks are compared without
    /// theirs.
    fn without_secrets(mut self, path: &str) -> Self {
        if !["keys", "webhooks"].iter().any(|kind| path.starts_with(&format!("/api/v1/{kind}"))) {
            return self;
        }
        let mut body: Value = serde_json::from_str(&self.body).expect("JSON");
        let data = &mut body["data"];
        let keys = match data {
            Value::Array(keys) => keys.iter_mut().collect(),
            Value::Object(_) => vec![data],
            _ => Vec::new(),
        };
        for key in keys {
            for secret in ["key", "hint", "secret"] {
                if key[secret].is_string() {
                    key[secret] = json!("masked");
                }
            }
        }
        self.body = body.to_string();
        self.headers.remove("content-length");
        self
    }

    /// On PostgreSQL, events get their numbers later: lists are compared without the position of the feed.
    fn without_positions(mut self) -> Self {
        if let Ok(mut body) = serde_json::from_str::<Value>(&self.body)
            && body["pagination"]["asOf"].is_string()
        {
            body["pagination"]["asOf"] = json!("masked");
            self.body = body.to_string();
            self.headers.remove("content-length");
            self.headers.remove("etag");
        }
        self
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_answer_every_request_alike() {
    let (one, other) =
        tokio::join!(ParityServer::start(Engine::Sqlite), ParityServer::start(Engine::Postgres));
    assert_eq!(one.server.inbox(), other.server.inbox());
    let seed = 20_261_125;
    println!("seed {seed}");
    let mut script = Script::new(Random::new(seed), one.server.inbox());

    for number in 0..REQUESTS {
        let request = script.next();

        let (left, right) =
            tokio::join!(one.answer(&request, number), other.answer(&request, number));

        assert_eq!(left, right, "request {number} of seed {seed}: {request:?}");
        assert!(left.status < 500, "{request:?}: {left:?}");
        script.learn(&request, left.status, &left.body);
    }
    script.assert_varied();
}
