//! The process is killed while it writes: what it acknowledged is there and whole, and nothing is
//! there by half.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestDatabase};
use reqwest::Method;
use serde_json::{Value, json};

use crate::process::{Program, printed, run, secret_in};

const CREATES: usize = 1_000;
const CLIENTS: usize = 8;
const KILLED_AFTER: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_create_survives_whole_and_none_is_there_by_half() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let permissions = [
            "read:conversations",
            "write:conversations",
            "write:inboxes",
            "read:customers",
            "write:customers",
        ];
        let mut arguments = vec!["keys", "create", "--workspace", "acme", "--name", "robot"];
        arguments.extend(permissions.iter().flat_map(|each| ["--permission", *each]));
        let key = secret_in(&printed(&run(&database, &arguments))).expect("a key");
        let server = Program::serve(&database);
        let inbox = json!({ "name": "Sales" });
        let inbox = server.client(&key).post("/api/v1/inboxes", &inbox).await.created();
        let inbox = inbox["_id"].as_str().expect("an id").to_owned();

        let acknowledged = write_until_killed(server, &key, &inbox).await;
        assert!((KILLED_AFTER..CREATES).contains(&acknowledged.len()), "{}", acknowledged.len());

        let server = Program::serve(&database);
        let client = server.client(&key);
        let found = everything(&client).await;
        for (id, subject) in &acknowledged {
            assert_eq!(
                found.get(id).map(|each| &each["subject"]),
                Some(&json!(subject)),
                "{engine:?}"
            );
        }
        for (id, conversation) in &found {
            assert_eq!(conversation["messageCount"], 1);
            assert!(conversation["customerId"].is_object());
            let (messages, _) = client.list_messages(id, "").await.listed();
            assert_eq!(messages.len(), 1);
            assert_eq!(messages[0]["body"], conversation["subject"]);
        }
        let (_, customers) = client.get("/api/v1/customers").await.listed();
        assert_eq!(customers["total"], found.len(), "{engine:?}: nothing is there by half");
    }
}

/// Opens conversations from many clients, kills the server in the middle, and answers what was
/// acknowledged: subjects by id.
async fn write_until_killed(server: Program, key: &str, inbox: &str) -> BTreeMap<String, String> {
    let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
    let next = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (client, inbox) = (server.client(key), inbox.to_owned());
            let (next, acknowledged) = (Arc::clone(&next), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= CREATES {
                        break;
                    }
                    let subject = format!("Number {number}");
                    // The server is gone: what was sent may be there or not, but not by half.
                    let Some(id) = create(&client, &inbox, &subject).await else { break };
                    acknowledged.lock().expect("no panic").insert(id, subject);
                }
            })
        })
        .collect();
    while acknowledged.lock().expect("no panic").len() < KILLED_AFTER {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.kill();
    for writer in writers {
        writer.await.expect("a writer that ends");
    }
    let acknowledged = acknowledged.lock().expect("no panic");
    acknowledged.clone()
}

async fn create(client: &ApiClient, inbox: &str, subject: &str) -> Option<String> {
    let body = json!({
        "subject": subject,
        "inboxId": inbox,
        "customer": { "profile": { "firstName": subject } },
        "message": { "body": subject },
    });
    let request = client.request(Method::POST, "/api/v1/conversations").json(&body);
    let reply: Value = request.send().await.ok()?.json().await.ok()?;
    reply["data"]["_id"].as_str().map(str::to_owned)
}

async fn everything(client: &ApiClient) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for page in 1.. {
        let query = format!("limit=100&page={page}");
        let (conversations, _) = client.list_conversations(&query).await.listed();
        if conversations.is_empty() {
            break;
        }
        for each in conversations {
            found.insert(each["_id"].as_str().expect("an id").to_owned(), each);
        }
    }
    found
}
