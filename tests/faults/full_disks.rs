//! The disk fills up: writes are refused with 507, reads go on, and with more room everything is
//! as before, with nothing lost that was acknowledged.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::client::{Call, Client};
use crate::load::{MARGIN, assert_acceptable};
use crate::postgres::{self, Postgres};
use crate::serial_stories::{not_run, sized, story};
use crate::server::{Server, eventually};
use crate::sqlite::assert_whole;
use crate::tmpfs::Tmpfs;

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_on_a_full_volume() {
    let name = "a_sqlite_file_on_a_full_volume";
    let mut story = story(name).await;
    for round in 1..=sized(1, 2) {
        let volume = match Tmpfs::mount(2 + 2 * round) {
            Ok(volume) => volume,
            Err(why) => return not_run(name, &why),
        };
        let url = format!("sqlite://{}/conversations.db", volume.path().display());
        let server = Server::start(&url, &mut story.random).await;
        let mut made = BTreeMap::new();

        fill_for_good(&server, &mut made).await;
        refuses_writes_and_reads_on(&server, &made).await;
        volume.grow(32);
        recovers(&server, &mut made).await;

        server.assert_alive();
        assert_whole(&url);
        // What was acknowledged on a full volume is there after a sudden end as well.
        server.kill();
        assert_whole(&url);
        server.restart();
        all_are_there(&server.client(), &made).await;
    }
}

/// The log takes the room that is left, although there is enough in the file: the server takes it in
/// by itself, and wipes what it could not wipe before.
#[tokio::test(flavor = "multi_thread")]
async fn a_wal_that_fills_the_volume_is_checkpointed() {
    const NEEDLE: &str = "Zimtschnecke";
    let name = "a_log_that_fills_the_volume";
    let mut story = story(name).await;
    let volume = match Tmpfs::mount(32) {
        Ok(volume) => volume,
        Err(why) => return not_run(name, &why),
    };
    let file = volume.path().join("conversations.db");
    let url = format!("sqlite://{}", file.display());
    let server = Server::start(&url, &mut story.random).await;
    let client = server.client();
    let mut made = BTreeMap::new();
    // Room in the file.
    for number in 0..40 {
        assert!(create(&server, &mut made, 50_000 + number).await);
    }
    made.clear();
    for customer in client.everything("/api/v1/customers").await {
        let path =
            format!("/api/v1/customers/{}?erase=true", customer["_id"].as_str().expect("an id"));
        assert_eq!(client.answer(&Call::delete(path)).await.status, 200);
    }
    let log = volume.path().join("conversations.db-wal");
    let is_cut = async || log.metadata().is_ok_and(|log| log.len() == 0);
    eventually("the log is cut", Duration::from_secs(10), is_cut).await;

    // What is written over again and again takes room in the log, and none in the file.
    assert!(create(&server, &mut made, 50_000).await);
    let kept = made.keys().next().expect("one that was made").clone();
    let kept = client.data(Call::get(format!("/api/v1/conversations/{kept}"))).await;
    let customer = kept["customerId"]["_id"].as_str().expect("an id").to_owned();
    assert_eq!(write_over(&client, &customer, 0).await, 200);
    eventually("the log is cut", Duration::from_secs(10), is_cut).await;

    // Rows that grow leave copies of themselves behind.
    let mut grown = Vec::new();
    for number in 0..6 {
        let body = json!({
            "subject": format!("{NEEDLE} {number}"),
            "inboxId": server.inbox(),
            "customer": { "profile": { "firstName": NEEDLE } },
            "message": { "body": NEEDLE.repeat(30) },
        });
        grown.push(client.data(Call::post("/api/v1/conversations", body)).await);
    }
    for each in &grown {
        let path = format!("/api/v1/conversations/{}", each["_id"].as_str().expect("an id"));
        let subject = json!({ "subject": NEEDLE.repeat(12) });
        let _grown = client.data(Call::patch(&path, subject)).await;
    }
    for each in &grown {
        let customer = each["customerId"]["_id"].as_str().expect("an id");
        let path = format!("/api/v1/customers/{customer}?erase=true");
        assert_eq!(client.answer(&Call::delete(path)).await.status, 200);
    }
    pour(&volume.path().join("ballast"), 512 * 1024).expect("a file that can be cut");
    let mut number = 1;
    while write_over(&client, &customer, number).await == 200 {
        number += 1;
        assert!(number < 1_000, "the volume does not fill up");
    }
    let ready = client.answer(&Call::get("/health/ready")).await;
    assert_eq!((ready.status, &ready.body["status"]), (200, &json!("degraded")));
    assert!(ready.body["reason"].as_str().is_some_and(|reason| reason.contains("full")));

    // No space is freed.
    let has_room = async || write_over(&client, &customer, 7).await == 200;
    let took = eventually("the log made room", Duration::from_secs(8), has_room).await;
    println!("full after {number} writes, and room again after {took:?}");
    let well =
        async || client.answer(&Call::get("/health/ready")).await.body["status"] == json!("ok");
    eventually("readiness says so", Duration::from_secs(3), well).await;
    assert!((1..3).contains(&server.complained("no disk space for the database")));
    let needles = async || {
        let held = [&file, &log].map(|file| std::fs::read(file).expect("a file"));
        held.iter().all(|held| !held.windows(NEEDLE.len()).any(|part| part == NEEDLE.as_bytes()))
    };
    eventually("what was deleted is gone", Duration::from_secs(15), needles).await;
    all_are_there(&client, &made).await;
    server.kill();
    assert_whole(&url);
    server.restart();
    all_are_there(&server.client(), &made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_data_on_a_full_volume() {
    let name = "postgres_data_on_a_full_volume";
    let mut story = story(name).await;
    let volume = match Tmpfs::mount(96) {
        Ok(volume) => volume,
        Err(why) => return not_run(name, &why),
    };
    let postgres = match Postgres::start_on(Some(volume.path()), &mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => return not_run(name, &why),
    };
    let server = Server::start(&postgres::url(postgres.port()), &mut story.random).await;
    let mut made = BTreeMap::new();
    let ballast = volume.path().join("ballast");

    let _full = pour(&ballast, 1024 * 1024);
    fill(&server, &mut made).await;
    refuses_writes_and_reads_on(&server, &made).await;
    std::fs::remove_file(&ballast).expect("a file that can go");
    recovers(&server, &mut made).await;

    server.assert_alive();
    assert!(postgres.runs());
    postgres.kill();
    postgres.restart();
    let client = server.client();
    let back = async || client.answer(&Call::get("/health/ready")).await.status == 200;
    eventually("readiness is back", Duration::from_secs(2) + MARGIN, back).await;
    all_are_there(&client, &made).await;
}

/// Writes other values over those of a customer: which answer came.
async fn write_over(client: &Client, customer: &str, number: usize) -> u16 {
    let values = (0..50).map(|each| (format!("field{each}"), json!(crowded(900 + number % 50))));
    let values: serde_json::Map<_, _> = values.collect();
    let values = json!({ "customFields": values });
    let answer = client.answer(&Call::patch(format!("/api/v1/customers/{customer}"), values)).await;
    assert!(matches!(answer.status, 200 | 507), "{answer:?}");
    answer.status
}

/// Fills a volume except for this many bytes.
fn pour(ballast: &Path, room: u64) -> std::io::Result<()> {
    let mut file = File::create(ballast)?;
    let lump = vec![1; 64 * 1024];
    while file.write_all(&lump).is_ok() {}
    let length = file.metadata()?.len();
    file.set_len(length.saturating_sub(room))
}

/// Opens conversations until there is no room.
async fn fill(server: &Server, made: &mut BTreeMap<String, usize>) {
    for number in 0..10_000 {
        if !create(server, made, 1_000 + number % 50_000).await {
            println!("full after {} conversations", made.len());
            assert!(made.len() > 3, "the volume was full from the beginning");
            return;
        }
    }
    panic!("the volume does not fill up");
}

/// Opens conversations until there is no room, and none either once the server has taken in its log.
async fn fill_for_good(server: &Server, made: &mut BTreeMap<String, usize>) {
    for _ in 0..20 {
        fill(server, made).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        if !create(server, made, 60_000).await {
            return;
        }
    }
    panic!("the volume never stays full");
}

/// Opens a conversation with a message of this length; whether there was room for it.
async fn create(server: &Server, made: &mut BTreeMap<String, usize>, length: usize) -> bool {
    let body = json!({
        "subject": format!("{length} characters"),
        "inboxId": server.inbox(),
        "customer": { "profile": { "firstName": "Ada" } },
        "message": { "body": crowded(length) },
    });
    let answer = server.client().answer(&Call::post("/api/v1/conversations", body)).await;
    assert_acceptable(&answer);
    match answer.status {
        201 => assert_eq!(made.insert(answer.id(), length), None),
        507 => {}
        _ => panic!("neither room nor none: {answer:?}"),
    }
    answer.status == 201
}

/// A text that a database cannot make shorter.
fn crowded(length: usize) -> String {
    let mut random = conversations_testkit::Random::new(length as u64);
    (0..length).map(|_| char::from(b'!' + u8::try_from(random.below(90)).unwrap_or(0))).collect()
}

async fn refuses_writes_and_reads_on(server: &Server, made: &BTreeMap<String, usize>) {
    let mut unused = BTreeMap::new();
    for _ in 0..sized(10, 50) {
        assert!(!create(server, &mut unused, 60_000).await, "room for that much, and not for less");
        let client = server.client();
        let id = made.keys().next_back().expect("one that was made");
        let _read = client.data(Call::get(format!("/api/v1/conversations/{id}"))).await;
        let live = client.answer(&Call::get("/health/live")).await;
        assert_eq!(live.status, 200);
    }
}

async fn recovers(server: &Server, made: &mut BTreeMap<String, usize>) {
    let mut fresh = BTreeMap::new();
    let has_room = async || create(server, &mut fresh, 60_000).await;
    eventually("there is room again", Duration::from_secs(2), has_room).await;
    made.append(&mut fresh);
    all_are_there(&server.client(), made).await;
}

/// Makes sure that there is what was acknowledged, whole, and nothing else.
async fn all_are_there(client: &Client, made: &BTreeMap<String, usize>) {
    let found = client.everything("/api/v1/conversations").await;
    assert_eq!(found.len(), made.len(), "what was refused is not there");
    for (id, length) in made {
        let messages = client.everything(&format!("/api/v1/conversations/{id}/messages")).await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["body"], crowded(*length));
    }
    let customers = client.everything("/api/v1/customers").await;
    assert_eq!(customers.len(), made.len(), "what was refused is not there by half");
}
