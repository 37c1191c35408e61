//! A router between the server and PostgreSQL forgets the connections that were idle over night, without
//! a word: the first requests of the morning are answered all the same, and soon.

use std::time::Duration;

use serde_json::json;

use crate::client::{Answer, Call, Client};
use crate::load::MARGIN;
use crate::postgres::{self, Postgres};
use crate::proxy::Proxy;
use crate::serial_stories::{not_run, story};
use crate::server::Server;

/// A night: longer than an idle connection is trusted.
const NIGHT: Duration = Duration::from_secs(11);

/// For how long nothing was said on what the router forgets.
const IDLE: Duration = Duration::from_millis(10_500);

/// How soon each request has to be answered. A connection that is lost is waited for half a second, at
/// most twice: by who looks for the key and by who does the work.
const SOON: Duration = MARGIN;

/// How many ask at once.
const CALLERS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_after_a_quiet_night_are_answered() {
    let name = "forgotten_connections";
    let mut story = story(name).await;
    let postgres = match Postgres::start(&mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => return not_run(name, &why),
    };
    let proxy = Proxy::before(postgres.port(), story.random.number());
    let server = Server::start(&postgres::url(proxy.port()), &mut story.random).await;
    let client = server.client();
    let id = conversation(&server, &client).await;
    for _ in 0..3 {
        all_at_once(&server, &client, &id).await;
    }

    tokio::time::sleep(NIGHT).await;
    let forgotten = proxy.forget_idle_for(IDLE);
    let first = client.answer(&Call::get(format!("/api/v1/conversations/{id}"))).await;
    let others = all_at_once(&server, &client, &id).await;

    println!("{forgotten} connections were forgotten; the first answer took {:?}", first.took);
    assert!(forgotten >= 4, "only {forgotten} connections were idle");
    for answer in std::iter::once(first).chain(others) {
        assert!(matches!(answer.status, 200 | 201) && answer.took < SOON, "{answer:?}");
    }
    server.assert_alive();
}

async fn conversation(server: &Server, client: &Client) -> String {
    let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let made = client.data(Call::post("/api/v1/conversations", new)).await;
    made["_id"].as_str().expect("an id").to_owned()
}

/// Asks for one of each kind, some times, all at once.
async fn all_at_once(server: &Server, client: &Client, id: &str) -> Vec<Answer> {
    let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let calls = [
        Call::get(format!("/api/v1/conversations/{id}")),
        Call::get("/api/v1/conversations"),
        Call::get("/api/v1/conversations?q=refund"),
        Call::get("/health/ready"),
        Call::post("/api/v1/conversations", new),
    ];
    let mut asking = tokio::task::JoinSet::new();
    for call in calls.iter().cycle().take(CALLERS * calls.len()) {
        let (client, call) = (client.clone(), call.clone());
        asking.spawn(async move { client.answer(&call).await });
    }
    asking.join_all().await
}
