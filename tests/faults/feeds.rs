//! The feed is complete and in order when a reader is frozen in any phase, while a long read is open,
//! and after a restore: a cursor of before is then exact, or refused.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestDatabase};
use serde_json::{Value, json};

use crate::client::{Answer, Call, Client};
use crate::feed_follower::{FeedFollower, assert_sound, count, latest, read, text};
use crate::postgres::{self, Postgres};
use crate::serial_stories::{not_run, sized, story};
use crate::server::Server;

/// About how long a frozen reader is frozen.
const FROZEN: Duration = Duration::from_millis(1_500);

/// No write waits as long for a frozen reader, on a machine that runs other tests.
const WRITTEN_WITHIN: Duration = Duration::from_millis(1_200);

/// An acknowledged write is in the feed this soon while a long read is open.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

fn create(server: &Server, subject: &str) -> Call {
    let body = json!({
        "subject": subject,
        "inboxId": server.inbox(),
        "message": { "body": subject, "author": { "type": "system" } },
    });
    Call::post("/api/v1/conversations", body)
}

/// Readers number events. One that is frozen while it does so delays other readers, but no writer.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_reader_stops_no_writes_and_loses_no_event() {
    let mut story = story("frozen_reader").await;
    let database = TestDatabase::new(Engine::Postgres).await;
    let frozen = Arc::new(Server::start(database.url(), &mut story.random).await);
    let running = Server::start(database.url(), &mut story.random).await;
    let followers = [1, 0].map(|wait| FeedFollower::start(running.client(), wait));
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (server, stop) = (Arc::clone(&frozen), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let _cursor = latest(&server.client()).await;
                }
            })
        })
        .collect();

    let (mut longest, mut made) = (Duration::ZERO, 0);
    for _ in 0..sized(6, 100) {
        let began = Instant::now();
        let phase = Duration::from_millis(20 + story.random.below(60) as u64);
        let mut is_frozen = false;
        while began.elapsed() < FROZEN {
            if !is_frozen && began.elapsed() > phase {
                frozen.freeze();
                is_frozen = true;
            }
            let answer = running.client().answer(&create(&running, "meanwhile")).await;
            assert_eq!(answer.status, 201, "{answer:?}");
            longest = longest.max(answer.took);
            made += 1;
        }
        frozen.thaw();
    }
    stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.expect("a reader that was answered");
    }

    println!("{made} writes, the longest {longest:?} while a reader was frozen");
    assert!(longest < WRITTEN_WITHIN, "a write waited {longest:?} for a frozen reader");
    let events = assert_sound(&running.client(), followers).await;
    assert_eq!(count(&events, "conversation.created").len(), made);
    assert_eq!(count(&events, "message.sent").len(), made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_read_delays_no_event() {
    const NAME: &str = "a_long_read_delays_no_event";
    let mut story = story(NAME).await;
    let postgres = match Postgres::start(&mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => return not_run(NAME, &why),
    };
    let server = Server::start(&postgres::url(postgres.port()), &mut story.random).await;
    let client = server.client();
    let held = postgres.hold(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM conversations",
    );
    let followers = [1, 0].map(|wait| FeedFollower::start(client.clone(), wait));

    let (mut longest, mut cursor) = (Duration::ZERO, latest(&client).await);
    let writes = sized(400, 10_000);
    for number in 0..writes {
        let answer = client.answer(&create(&server, &number.to_string())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let began = Instant::now();
        let page = read(&client, &cursor, 5).await;
        longest = longest.max(began.elapsed());
        let shown = page["data"].as_array().is_some_and(|events| {
            events.iter().any(|event| text(&event["subject"]["_id"]) == answer.id())
        });
        assert!(shown, "{page} lacks {}", answer.id());
        text(&page["pagination"]["cursor"]).clone_into(&mut cursor);
    }
    held.end(&postgres);

    println!("{writes} events, the longest {longest:?} after its write");
    assert!(longest < SHOWN_WITHIN, "{longest:?}");
    let events = assert_sound(&client, followers).await;
    assert_eq!(count(&events, "conversation.created").len(), writes);
}

/// Cursors of a server before a backup, at it and after it.
struct Cursors {
    before: String,
    at: String,
    after: String,
}

/// Makes changes around a backup.
async fn changes_around(server: &Server, backup: impl AsyncFnOnce()) -> Cursors {
    let client = server.client();
    let change = async |number: u8| {
        let answer = client.answer(&create(server, &number.to_string())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        latest(&client).await
    };
    let before = change(1).await;
    let at = change(2).await;
    // These have no numbers when the backup is made.
    for number in 3..6 {
        let answer = client.answer(&create(server, &number.to_string())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    backup().await;
    let mut after = String::new();
    for number in 6..9 {
        after = change(number).await;
    }
    Cursors { before, at, after }
}

async fn follow_from(client: &Client, cursor: &str) -> Answer {
    client.answer(&Call::get(format!("/api/v1/events?after={cursor}&limit=200"))).await
}

/// Makes sure that a restored server goes on after cursors that it knows, and refuses the other.
async fn is_exact(restored: &Server, Cursors { before, at, after }: &Cursors) {
    let client = restored.client();
    let subjects = |answer: &Answer| -> Vec<String> {
        let Value::Array(events) = &answer.body["data"] else { panic!("no list: {answer:?}") };
        let created = events.iter().filter(|event| event["type"] == "conversation.created");
        created.map(|event| text(&event["data"]["subject"]).to_owned()).collect()
    };
    assert_eq!(subjects(&follow_from(&client, before).await), ["2", "3", "4", "5"]);
    assert_eq!(subjects(&follow_from(&client, at).await), ["3", "4", "5"]);
    let refused = |answer: Answer| {
        assert_eq!((answer.status, answer.code()), (410, "CURSOR_GONE"), "{answer:?}");
        assert_eq!(answer.body["error"]["details"]["reason"], "unknown", "{answer:?}");
    };
    refused(follow_from(&client, after).await);
    // Now the same numbers name other events.
    for number in 6..12 {
        let answer = client.answer(&create(restored, &number.to_string())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    refused(follow_from(&client, after).await);
    assert_eq!(subjects(&follow_from(&client, at).await).len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_file_refuses_cursors_that_are_newer() {
    let mut story = story("restored_file").await;
    let database = TestDatabase::new(Engine::Sqlite).await;
    let server = Server::start(database.url(), &mut story.random).await;
    let directory = tempfile::tempdir().expect("a directory");
    let backup = directory.path().join("backup.db");
    let path = backup.to_str().expect("a name in UTF-8");

    let cursors = changes_around(&server, async || {
        let output = server.command(&["backup", path]).output().expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
    })
    .await;
    server.kill();
    let file = database.url().strip_prefix("sqlite://").expect("a file");
    for end in ["-wal", "-shm"] {
        // Neither has to be there.
        let _removed = std::fs::remove_file(format!("{file}{end}"));
    }
    std::fs::copy(&backup, Path::new(file)).expect("the backup is copied");
    server.restart();

    is_exact(&server, &cursors).await;
}

/// The new cluster counts transactions anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_refuses_cursors_that_are_newer() {
    const NAME: &str = "restored_dump";
    let mut story = story(NAME).await;
    let clusters = Postgres::start(&mut story.random)
        .and_then(|one| Ok((one, Postgres::start(&mut story.random)?)));
    let (postgres, other) = match clusters {
        Ok(clusters) => clusters,
        Err(why) => return not_run(NAME, &why),
    };
    // So that its transactions have larger numbers than those of the new cluster.
    for _ in 0..20 {
        let _spent = postgres.sql("SELECT txid_current()");
    }
    let mut server = Server::start(&postgres::url(postgres.port()), &mut story.random).await;

    let cursors = changes_around(&server, async || {
        let (from, to) = (postgres::url(postgres.port()), postgres::url(other.port()));
        let mut dump = postgres.program("pg_dump");
        let mut dump = dump.arg(from).stdout(Stdio::piped()).spawn().expect("pg_dump runs");
        let dumped = dump.stdout.take().expect("a pipe");
        let mut restore = other.program("psql");
        restore.args(["-Xq", "-v", "ON_ERROR_STOP=1", &to]).stdin(dumped);
        let output = restore.output().expect("psql runs");
        assert!(output.status.success(), "{output:?}");
        assert!(dump.wait().expect("pg_dump ends").success());
    })
    .await;
    server.move_to(&postgres::url(other.port()));

    is_exact(&server, &cursors).await;
}
