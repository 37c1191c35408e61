//! The server is killed again and again while it upgrades a database of an older version: each start
//! goes on where the one before was stopped, nothing is lost, and what was stored is found by the
//! present rules.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::serial_stories::{sized, story};
use crate::server::Server;
use crate::sqlite::assert_whole;

/// What undoes the tables of the search and of the keys of addresses. Both databases undo the latter
/// alike.
const UNDO: [[&str; 2]; 2] = [
    [
        include_str!("../../migrations/sqlite/2026-11-25-140000_search_conversations/down.sql"),
        include_str!("../../migrations/sqlite/2026-11-30-120000_compare_emails/down.sql"),
    ],
    [
        include_str!("../../migrations/postgres/2026-11-25-140000_search_conversations/down.sql"),
        include_str!("../../migrations/postgres/2026-11-30-120000_compare_emails/down.sql"),
    ],
];

/// How an older version had stored what is searched and compared, and what it knew of migrations.
const OLD: [&str; 2] = [
    "UPDATE customers SET search_folded = 'as before', email_folded = 'before ' || email",
    "DELETE FROM __diesel_schema_migrations \
     WHERE version IN ('20261125140000', '20261130100000', '20261130120000')",
];

const WRITERS: usize = 8;
/// Far more than it takes: most starts get some way.
const MOST_STARTS: usize = 500;

/// How far a start got before it was killed.
struct Life {
    /// How many times it had stored a part of the upgrade.
    parts: usize,
    /// Whether it was done, and served.
    served: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_survives_the_death_of_the_server_and_comes_to_its_end() {
    let mut story = story("killed_upgrade").await;
    for (engine, undo) in Engine::ALL.into_iter().zip(UNDO) {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let count = sized(1_000, 10_000);
        fill(&server, count).await;
        let before = everything(&server.client()).await;
        server.kill();
        for statements in undo.into_iter().chain(OLD) {
            database.execute(statements).await;
        }

        let (mut starts, mut interrupted) = (0, 0);
        loop {
            let life = start_and_kill(&server, &mut story.random);
            assert_whole(database.url());
            starts += 1;
            if life.served {
                break;
            }
            interrupted += usize::from(life.parts > 0);
            assert!(starts < MOST_STARTS, "{engine:?}: the upgrade does not come to its end");
        }
        println!("{engine:?}: {starts} starts, {interrupted} killed after a part of the upgrade");
        assert!(interrupted > 1, "{engine:?}: no start went on where another was stopped");

        server.restart();
        let client = server.client();
        assert!(everything(&client).await == before, "{engine:?}: something is lost");
        is_found(&client, &server, count).await;
        server.kill();
        assert_whole(database.url());
    }
}

/// Opens conversations of as many customers.
async fn fill(server: &Server, count: usize) {
    let writers = (0..WRITERS).map(|writer| {
        let (client, inbox) = (server.client(), server.inbox().to_owned());
        tokio::spawn(async move {
            for number in (writer..count).step_by(WRITERS) {
                let body = json!({
                    "subject": format!("Rückgabe {number}"),
                    "inboxId": inbox,
                    "customer": { "profile": {
                        "firstName": format!("Zoë {number}"),
                        "lastName": "Löwe",
                        // Not composed, as some keyboards write it.
                        "email": format!("jose\u{301}{number}@example.com"),
                    } },
                    "message": { "body": format!("パパ {number}") },
                });
                client.data(Call::post("/api/v1/conversations", body)).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer that is answered");
    }
}

/// All conversations and all customers, as callers see them.
async fn everything(client: &Client) -> [Vec<Value>; 2] {
    let conversations = client.everything("/api/v1/conversations").await;
    [conversations, client.everything("/api/v1/customers").await]
}

/// Starts the server, and kills it some moments after it has stored some parts of the upgrade.
fn start_and_kill(server: &Server, random: &mut Random) -> Life {
    let mut command = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let log = BufReader::new(child.stderr.take().expect("a log"));
    let mut log = log.lines().map_while(Result::ok);
    let mut life = Life { parts: 0, served: false };
    let enough = random.below(3);
    while life.parts < enough && !life.served {
        let line = log.next().expect("a server that does not end by itself");
        life.note(&line);
    }
    std::thread::sleep(Duration::from_millis(random.below(30) as u64));
    child.kill().expect("a process that can be killed");
    child.wait().expect("the end of the process");
    log.for_each(|line| life.note(&line));
    life
}

impl Life {
    /// Reads a line of the log.
    fn note(&mut self, line: &str) {
        self.parts += usize::from(line.contains(r#""done":"#));
        self.served |= line.contains(r#""message":"listening""#);
    }
}

/// Makes sure that every conversation and every customer is found by what they hold.
async fn is_found(client: &Client, server: &Server, count: usize) {
    let total = async |path: String| {
        let answer = client.answer(&Call::get(path)).await;
        answer.body["pagination"]["total"].clone()
    };
    assert_eq!(total("/api/v1/conversations?q=rückgabe パパ".to_owned()).await, count);
    assert_eq!(total("/api/v1/conversations?q=ハハ".to_owned()).await, 0);
    assert_eq!(total("/api/v1/customers?search=löwe".to_owned()).await, count);
    for number in (0..count).step_by(count / 20) {
        let query = format!("/api/v1/conversations?q=\"パパ {number}\"");
        assert_eq!(total(query).await, 1, "{number}");
        let query = format!("/api/v1/customers?search=zoë {number} löwe");
        assert_eq!(total(query).await, 1, "{number}");

        // Who writes again by the composed spelling is who they were.
        let body = json!({
            "subject": "Again",
            "inboxId": server.inbox(),
            "customer": { "profile": { "email": format!("JOS\u{c9}{number}@example.com") } },
        });
        client.data(Call::post("/api/v1/conversations", body)).await;
    }
    assert_eq!(total("/api/v1/customers".to_owned()).await, count);
}
