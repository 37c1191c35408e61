//! `conversations serve --demo`: something to look at from the first moment on.

use std::collections::BTreeSet;
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestDatabase};
use serde_json::{Value, json};

use crate::process::{Program, as_printed, command, line_with, printed, run, secret_in};

/// Serves with these arguments until it listens, and then stops; what it printed.
fn said(database: &TestDatabase, arguments: &[&str]) -> String {
    let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
    let (printed, ended) = Program::from_command(command(database, &all)).stop();
    assert!(ended.success(), "{ended}");
    printed
}

/// How many conversations a list has in all.
async fn total(client: &ApiClient, query: &str) -> u64 {
    let (_, pagination) = client.list_conversations(query).await.listed();
    pagination["total"].as_u64().expect("a total")
}

/// All that hangs on a conversation, such as its messages.
async fn of(client: &ApiClient, conversation: &Value, what: &str) -> Vec<Value> {
    let id = conversation["_id"].as_str().expect("an id");
    let path = format!("/api/v1/conversations/{id}/{what}?limit=100");
    client.get(&path).await.listed().0
}

#[tokio::test]
async fn a_new_database_has_a_desk_to_look_at() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let said = said(&database, &["--demo"]);
        let key = secret_in(&said).expect("a key");
        // First where to go and what to paste there, and once more in the variables.
        let console = said.trim_start().lines().next().expect("a line").split_whitespace();
        assert!(console.last().is_some_and(|url| url.ends_with("/console")), "{said}");
        assert!(line_with(&said, "Sign in").ends_with(&key), "{said}");
        assert_eq!(said.matches(&key).count(), 2, "{said}");

        let server = Program::serve(&database);
        let client = server.client(&key);
        let me = client.me().await.ok();
        assert_eq!(me["user"]["email"], "maren.holt@pinewright.example", "{me}");
        let all = total(&client, "limit=1").await;
        assert!(all > 200, "{all}");
        assert!(said.contains(&format!(" {all} conversations with")), "{said}");
        let mut sum = 0;
        for (status, least) in [("open", 20), ("pending", 30), ("closed", 150)] {
            let some = total(&client, &format!("status={status}&limit=1")).await;
            assert!(some >= least, "{engine:?}: {some} {status}");
            sum += some;
        }
        assert_eq!(sum, all);
        // What is printed to be pasted finds something.
        for query in ["status=open&priority=high,urgent", "q=invoice"] {
            assert!(said.contains(&format!("/api/v1/conversations?{query}'")), "{said}");
            assert!(total(&client, query).await > 0, "{query}");
        }

        let (listed, _) = client.list_conversations("status=closed&limit=30").await.listed();
        let (mut notes, mut labels, mut changes) = (0, BTreeSet::new(), BTreeSet::new());
        for conversation in &listed {
            let messages = of(&client, conversation, "messages").await;
            assert_eq!(conversation["messageCount"], json!(messages.len()), "{conversation}");
            let last = messages.last().expect("a message");
            assert_eq!(conversation["lastMessageAt"], last["createdAt"]);
            notes += messages.iter().filter(|message| message["internal"] == true).count();
            for label in conversation["labels"].as_array().expect("labels") {
                labels.insert(label.to_string());
            }
            let history = of(&client, conversation, "history").await;
            assert!(!history.is_empty(), "{conversation}");
            changes.extend(history.iter().map(|change| change["field"].to_string()));
        }
        assert!(notes > 5 && labels.len() > 5, "{notes}, {labels:?}");
        assert!(
            changes.contains("\"status\"") && changes.contains("\"assignedTo\""),
            "{changes:?}"
        );

        let checked = printed(&run(&database, &["check"]));
        assert!(checked.ends_with("all agree.\n"), "{checked}");
    }
}

#[tokio::test]
async fn a_second_start_makes_nothing_and_says_so() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let first = said(&database, &["--demo"]);
        let again = said(&database, &["--demo"]);
        let console = again.trim_start().lines().next().expect("a line").split_whitespace();
        assert!(console.last().is_some_and(|url| url.ends_with("/console")), "{again}");
        let text = "\n\nThe workspace \"default\" has the demo of an earlier start: nothing was \
                    inserted, and its people\ngo on writing. ";
        assert!(again.contains(text), "{again}");
        let create = line_with(&again, " keys create --workspace default --name demo ");
        assert!(secret_in(&printed(&as_printed(create, &database))).is_some(), "{again}");

        let other = said(&database, &["--demo=Our desk"]);
        let create = line_with(&other, " keys create --workspace 'Our desk' --name demo ");
        let made = as_printed(create, &database);
        let theirs = secret_in(&printed(&made)).expect("a key");
        assert!(other.trim_start().starts_with("Console "), "{other}");

        let server = Program::serve(&database);
        let key = secret_in(&first).expect("a key");
        for key in [key, theirs] {
            let all = total(&server.client(&key), "limit=1").await;
            assert!((201..400).contains(&all), "{engine:?}: {all}");
        }
    }
}

#[tokio::test]
async fn a_workspace_with_a_conversation_is_left_alone() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let key = secret_in(&said(&database, &[])).expect("a key");
        let server = Program::serve(&database);
        let client = server.client(&key);
        let inbox = client.post("/api/v1/inboxes", &json!({ "name": "Ours" })).await.created();
        let body = json!({ "subject": "Ours", "inboxId": inbox["_id"] });
        let _ours = client.post("/api/v1/conversations", &body).await.created();
        drop(server);

        let told = said(&database, &["--demo"]);

        assert_eq!(
            told,
            "The workspace \"default\" is not empty, so it is left as it is: no demo was made.\n\
             For one in a workspace of its own, start with --demo=NAME, such as --demo=desk.\n"
        );
        let server = Program::serve(&database);
        assert_eq!(total(&server.client(&key), "limit=1").await, 1, "{engine:?}");
    }
}

/// How long the first sign of life may take: the first step comes after some seconds, and others within
/// a minute each.
const PATIENCE: Duration = Duration::from_secs(150);

#[tokio::test]
async fn the_desk_lives_at_a_first_start_and_at_a_second_one() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--demo", "--json"];
        let create = ["keys", "create", "--workspace", "default", "--name", "a", "--role", "admin"];
        let key = secret_in(&printed(&run(&database, &create))).expect("a key");
        for _ in ["first", "second"] {
            let server = Program::from_command(command(&database, &arguments));
            let client = server.client(&key);
            let listed = client.list_conversations("limit=1").await.body;
            let cursor = listed["pagination"]["asOf"].as_str().expect("a cursor").to_owned();

            let event = tokio::time::timeout(PATIENCE, async {
                loop {
                    let page = client.list_events(&format!("after={cursor}&wait=20")).await.body;
                    if let Some(event) = page["data"].get(0) {
                        return event.clone();
                    }
                }
            });
            let event = event.await.expect("the desk does something");
            assert_eq!(event["by"]["name"], "cli", "{event}");

            let (_, ended) = server.stop();
            assert!(ended.success(), "{engine:?}: {ended}");
        }
        let checked = printed(&run(&database, &["check"]));
        assert!(checked.ends_with("all agree.\n"), "{checked}");
    }
}
