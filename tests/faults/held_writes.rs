//! Writes of one conversation that wait at the same time, and go on at once, are in the feed in the
//! order in which they changed it. No reader numbers events meanwhile, which would hide another order.

use std::time::Duration;

use serde_json::json;

use crate::client::Call;
use crate::feed_follower::{FeedFollower, assert_sound, count, latest};
use crate::postgres::{self, Postgres};
use crate::serial_stories::{not_run, sized, story};
use crate::server::{Server, eventually};

/// How many messages arrive while the table is held.
const MESSAGES: usize = 7;

/// Enough connections for all of these writes, so that they wait in the database.
const ARGUMENTS: [&str; 6] =
    ["--workers", "1", "--database-connections", "30", "--request-timeout", "60"];

/// No row can be locked or changed, but all can be read.
const HOLD: &str = "LOCK TABLE conversations IN EXCLUSIVE MODE";

const WAITING: &str = "SELECT count(*) FROM pg_locks \
    WHERE NOT granted AND relation = 'conversations'::regclass";

const HELD: &str = "SELECT count(*) FROM pg_locks WHERE granted \
    AND relation = 'conversations'::regclass AND mode = 'ExclusiveLock'";

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_waited_are_in_the_feed_in_the_order_of_their_versions() {
    const NAME: &str = "held_writes";
    let mut story = story(NAME).await;
    let postgres = match Postgres::start(&mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => return not_run(NAME, &why),
    };
    let url = postgres::url(postgres.port());
    let server = Server::start_with(&url, &mut story.random, &ARGUMENTS).await;
    let client = server.client();
    let body = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let made = client.answer(&Call::post("/api/v1/conversations", body)).await;
    let path = format!("/api/v1/conversations/{}", made.id());
    let message = json!({ "body": "The lamp", "author": { "type": "system" } });
    let append = Call::post(format!("{path}/messages"), message);

    let rounds = sized(8, 200);
    for round in 0..rounds {
        let gone = client.answer(&append).await.id();
        // All before has its numbers.
        latest(&client).await;
        let held = postgres.hold(HOLD);
        eventually("the table is held", Duration::from_secs(20), async || {
            postgres.sql(HELD) != "0"
        })
        .await;
        let mut calls = vec![append.clone(); MESSAGES];
        calls.push(Call::delete(format!("{path}/messages/{gone}")));
        calls.push(Call::patch(&path, json!({ "subject": format!("Refund {round}") })));
        let expected = calls.len().to_string();
        let writes: Vec<_> = calls
            .into_iter()
            .map(|call| {
                let client = server.client();
                tokio::spawn(async move { client.answer(&call).await })
            })
            .collect();
        eventually("all of them wait", Duration::from_secs(20), async || {
            postgres.sql(WAITING) == expected
        })
        .await;
        held.end(&postgres);
        for write in writes {
            let answer = write.await.expect("a write that was answered");
            assert!(answer.is_success(), "{answer:?}");
        }
    }

    let followers = [0, 0].map(|wait| FeedFollower::start(client.clone(), wait));
    let events = assert_sound(&client, followers).await;
    assert_eq!(count(&events, "message.sent").len(), rounds * (MESSAGES + 1));
    assert_eq!(count(&events, "message.deleted").len(), rounds);
    assert_eq!(count(&events, "conversation.updated")[&*made.id()], rounds);
}
