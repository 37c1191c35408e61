//! `conversations seed`: as many as are wanted, whatever happens meanwhile.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestDatabase};
use serde_json::{Value, json};

use crate::process::{Program, command, printed, run, secret_in};

fn seed(database: &TestDatabase, conversations: &str, more: &[&str]) -> std::process::Output {
    let all = ["seed", "--workspace", "demo", "--conversations", conversations];
    run(database, &[&all[..], more].concat())
}

/// Begins to seed, and does not wait for it.
fn seeding(database: &TestDatabase, conversations: &str) -> Child {
    command(database, &["seed", "--workspace", "demo", "--conversations", conversations])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

/// A key that may read and write conversations of the workspace.
fn key(database: &TestDatabase) -> String {
    let may = ["read:conversations", "write:conversations", "read:inboxes", "write:inboxes"];
    let mut create = vec!["keys", "create", "--workspace", "demo", "--name", "robot"];
    for permission in may {
        create.extend(["--permission", permission]);
    }
    secret_in(&printed(&run(database, &create))).expect("a key")
}

/// How many conversations there are in all, and by status; these agree with what is listed.
async fn totals(server: &Program, key: &str) -> (u64, u64) {
    let total = async |query: &str| {
        let (_, pagination) = server.client(key).list_conversations(query).await.listed();
        pagination["total"].as_u64().expect("a total")
    };
    let by_status = total("status=open&limit=1").await
        + total("status=pending&limit=1").await
        + total("status=closed&limit=1").await;
    (total("limit=1").await, by_status)
}

#[tokio::test]
async fn seeds_as_many_conversations_as_requested() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;

        let said = printed(&seed(&database, "500", &["--messages-per", "3"]));
        assert_eq!(
            said,
            "The workspace \"demo\" has 500 new conversations, in addition to 0 existing ones.\n"
        );
        let again = printed(&seed(&database, "500", &["--messages-per", "3"]));
        assert_eq!(
            again,
            "The workspace \"demo\" has 0 new conversations, in addition to 500 existing ones.\n"
        );
        let more = printed(&seed(&database, "700", &["--messages-per", "3"]));
        assert_eq!(
            more,
            "The workspace \"demo\" has 200 new conversations, in addition to 500 existing ones.\n"
        );
        for refused in
            [seed(&database, "600", &["--messages-per", "3"]), seed(&database, "700", &[])]
        {
            assert_eq!(refused.status.code(), Some(1), "{refused:?}");
            assert!(String::from_utf8_lossy(&refused.stderr).contains("only the number"));
        }

        let key = key(&database);
        let server = Program::serve(&database);
        let client = server.client(&key);
        assert_eq!(totals(&server, &key).await, (700, 700));
        let (listed, _) = client.list_conversations("limit=100").await.listed();
        assert!(listed.iter().all(|one| one["messageCount"] == 3), "{listed:?}");
        for one in listed.iter().take(5) {
            let id = one["_id"].as_str().expect("an id");
            let path = format!("/api/v1/conversations/{id}/messages");
            let (messages, _) = client.get(&path).await.listed();
            let numbers: Vec<_> =
                messages.iter().map(|message| message["number"].clone()).collect();
            assert_eq!(numbers, [1, 2, 3]);
            assert_eq!(messages[2]["createdAt"], one["lastMessageAt"]);
        }
    }
}

#[tokio::test]
async fn a_killed_seed_resumes_where_it_stopped() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let _few = printed(&seed(&database, "10", &[]));
        for wait in [300, 600, 900] {
            let mut child = seeding(&database, "30000");
            std::thread::sleep(Duration::from_millis(wait));
            child.kill().expect("a process that can be killed");
            let _killed = child.wait().expect("the end of the process");
        }

        let said = printed(&seed(&database, "30000", &[]));
        assert!(said.contains("conversations, in addition"), "{said}");

        let key = key(&database);
        let server = Program::serve(&database);
        assert_eq!(totals(&server, &key).await, (30_000, 30_000));
    }
}

#[tokio::test]
async fn two_concurrent_seeds_create_everything_once() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let _migrated = printed(&run(&database, &["migrate"]));

        let children: Vec<_> = (0..2).map(|_| seeding(&database, "12000")).collect();
        for mut child in children {
            assert!(child.wait().expect("the end of the process").success());
        }

        let key = key(&database);
        let server = Program::serve(&database);
        assert_eq!(totals(&server, &key).await, (12_000, 12_000));
    }
}

#[tokio::test]
async fn a_server_keeps_serving_while_seeding() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let key = key(&database);
        let server = Program::serve(&database);
        let client = server.client(&key);
        let inbox = client.post("/api/v1/inboxes", &json!({ "name": "Ours" })).await.created();
        let body = json!({ "subject": "Beside it", "inboxId": inbox["_id"] });

        let mut child = seeding(&database, "12000");
        let (mut made, mut slowest) = (0, Duration::ZERO);
        while child.try_wait().expect("a child").is_none() {
            let begun = Instant::now();
            let opened: Value = client.post("/api/v1/conversations", &body).await.created();
            assert_eq!(opened["subject"], "Beside it");
            (made, slowest) = (made + 1, slowest.max(begun.elapsed()));
        }

        assert!(child.wait().expect("the end of the process").success());
        assert!(made > 0 && slowest < Duration::from_secs(4), "{made}, {slowest:?}");
        assert_eq!(totals(&server, &key).await, (12_000 + made, 12_000 + made));
    }
}

#[test]
fn an_impossible_request_is_explained_and_creates_nothing() {
    let database = TestDatabase::sqlite();

    for (arguments, part) in [
        (&["--conversations", "many"][..], "--conversations"),
        (&["--conversations", "5", "--inboxes", "0"], "--inboxes"),
        (&[], "--conversations"),
    ] {
        let output = run(&database, &[&["seed", "--workspace", "demo"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(part), "{output:?}");
    }
    let listed = run(&database, &["workspaces", "list"]);
    assert_eq!(listed.status.code(), Some(2), "{listed:?}");
    assert!(String::from_utf8_lossy(&listed.stderr).contains("no database file"));
}
