//! The answer to COMMIT is lost on the way from PostgreSQL, so that the server itself cannot know
//! what happened: with a retry under the same key there is one of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Call, Client, Settled};
use crate::postgres::{self, Postgres};
use crate::proxy::{Mode, Proxy};
use crate::serial_stories::{not_run, sized, story};
use crate::server::Server;

const CLIENTS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_unknown_outcome_is_settled_by_a_retry() {
    let name = "ambiguous_commits";
    let mut story = story(name).await;
    let postgres = match Postgres::start(&mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => return not_run(name, &why),
    };
    let proxy = Arc::new(Proxy::before(postgres.port(), story.random.number()));
    let server = Server::start(&postgres::url(proxy.port()), &mut story.random).await;
    let enough = sized(20, 200);

    proxy.set(Mode::CutCommits);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|name| {
            let (client, inbox) = (server.client(), server.inbox().to_owned());
            let proxy = Arc::clone(&proxy);
            tokio::spawn(async move {
                let (mut made, mut unknown) = (BTreeMap::new(), 0);
                while proxy.cuts() < enough {
                    unknown += thread(&client, &inbox, name, &mut made).await;
                }
                (made, unknown)
            })
        })
        .collect();
    let (mut made, mut unknown, started) = (BTreeMap::new(), 0, Instant::now());
    for client in clients {
        let (some, open) = client.await.expect("a client whose every write was settled");
        made.extend(some);
        unknown += open;
    }
    proxy.set(Mode::Pass);

    println!("{} lost answers to COMMIT, {unknown} writes of unknown outcome", proxy.cuts());
    assert!(unknown > 0 && started.elapsed() < Duration::from_secs(240));
    server.assert_alive();
    let client = server.client();
    let found = client.everything("/api/v1/conversations").await;
    assert_eq!(found.len(), made.len(), "one conversation for each key");
    for conversation in found {
        let id = conversation["_id"].as_str().expect("an id");
        assert_eq!(
            made.get(id).map(|subject| json!(subject)).as_ref(),
            Some(&conversation["subject"])
        );
        assert_eq!(conversation["messageCount"], 2, "one message for each key");
        let messages = client.everything(&format!("/api/v1/conversations/{id}/messages")).await;
        assert_eq!(messages.len(), 2);
        assert_eq!(
            (&messages[0]["body"], &messages[1]["body"]),
            (&json!("first"), &json!("second"))
        );
    }
    let customers = client.everything("/api/v1/customers").await;
    assert_eq!(customers.len(), made.len(), "one customer for each key");
}

/// Opens a conversation and writes to it; how many of the two were open at first.
async fn thread(
    client: &Client,
    inbox: &str,
    name: usize,
    made: &mut BTreeMap<String, String>,
) -> usize {
    let subject = format!("Number {} of {name}", made.len());
    let body = json!({
        "subject": subject,
        "inboxId": inbox,
        "customer": { "profile": { "firstName": subject } },
        "message": { "body": "first" },
    });
    let call = Call::post("/api/v1/conversations", body).keyed(&subject);
    let Settled { answer, unknown: first } = client.settle(&call).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.id();
    let body = json!({ "body": "second", "author": { "type": "customer" } });
    let call = Call::post(format!("/api/v1/conversations/{id}/messages"), body).keyed(&subject);
    let Settled { answer, unknown: second } = client.settle(&call).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    made.insert(id, subject);
    usize::from(first > 0) + usize::from(second > 0)
}
