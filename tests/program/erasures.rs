//! Deletions that take long, and what becomes of them when the process is killed.

use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestDatabase};
use reqwest::Method;

use crate::process::{Program, command, printed, run, secret_in};

const CONVERSATIONS: &str = "8000";

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_with_what_it_was_deleting() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let key = one_customer(&database);
        let server = Program::serve(&database);
        let client = server.client(&key);
        let (customers, _) = client.get("/api/v1/customers").await.listed();
        let customer = customers[0]["_id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/customers/{customer}");
        let theirs = total(&client, &format!("conversations?customerId={customer}")).await;
        let others = total(&client, "conversations").await - theirs;

        let erasing = client.request(Method::DELETE, &format!("{path}?erase=true"));
        // Whether it is answered does not matter: the process is killed meanwhile.
        let asked = tokio::spawn(erasing.send());
        while client.get(&path).await.status != 404 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_only_others_are_left(&client, others).await;
        server.kill();
        let _answered = asked.await;

        let checked = printed(&run(&database, &["check"]));
        assert!(checked.contains("Pending: the deletion of the customer"), "{engine:?}: {checked}");
        assert!(checked.contains("no problems found"), "{engine:?}: {checked}");
        let server = Program::serve(&database);
        let client = server.client(&key);
        assert_only_others_are_left(&client, others).await;
        let _gone = client.get(&path).await.refused(404, "NOT_FOUND");
        until_nothing_is_pending(&database).await;
        let (_, audit) = client.get("/api/v1/audit").await.listed();
        let entries = theirs + 2;
        assert_eq!(audit["total"], entries, "{engine:?}: the key, the person, each conversation");
        assert_only_others_are_left(&client, others).await;
        drop(server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_was_half_deleted_is_finished_by_a_repair() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        one_customer(&database);
        let mut deleting = command(&database, &["workspaces", "delete", "big", "--yes"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the binary runs");
        while printed(&run(&database, &["workspaces", "list"])).contains("big") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        deleting.kill().expect("it runs still");
        deleting.wait().expect("it ends");

        let checked = printed(&run(&database, &["check"]));
        assert!(checked.contains("the deletion of the workspace"), "{engine:?}: {checked}");
        let repaired = printed(&run(&database, &["check", "--repair"]));
        assert!(repaired.contains("1 deletion pending: finished"), "{engine:?}: {repaired}");
        let checked = printed(&run(&database, &["check"]));
        assert!(!checked.to_lowercase().contains("pending"), "{engine:?}: {checked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_longer_than_its_answer_may_goes_on_after_it() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let key = one_customer(&database);
        let times = ["--request-timeout", "1", "--erase-timeout", "1"];
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], &times[..]].concat();
        let server = Program::from_command(command(&database, &arguments));
        let client = server.client(&key);
        let (customers, _) = client.get("/api/v1/customers").await.listed();
        let customer = customers[0]["_id"].as_str().expect("an id").to_owned();
        let theirs = total(&client, &format!("conversations?customerId={customer}")).await;
        let others = total(&client, "conversations").await - theirs;

        let path = format!("/api/v1/customers/{customer}?erase=true");
        let answer = client.send(client.request(Method::DELETE, &path)).await;

        // It may be over on a machine that is faster than any today.
        assert!([200, 202].contains(&answer.status.as_u16()), "{engine:?}: {}", answer.status);
        until_nothing_is_pending(&database).await;
        assert_only_others_are_left(&client, others).await;
        drop(server);
    }
}

/// Fills a workspace with the conversations of one customer, and answers a key for it.
fn one_customer(database: &TestDatabase) -> String {
    let seed = ["seed", "--workspace", "big", "--conversations", CONVERSATIONS];
    printed(&run(database, &[&seed[..], &["--customers", "1", "--messages-per", "1"]].concat()));
    let mut arguments = vec!["keys", "create", "--workspace", "big", "--name", "robot"];
    for permission in [
        "read:conversations",
        "write:conversations",
        "read:customers",
        "write:customers",
        "read:audit",
    ] {
        arguments.extend(["--permission", permission]);
    }
    secret_in(&printed(&run(database, &arguments))).expect("a key")
}

/// How many there are in a list.
async fn total(client: &ApiClient, list: &str) -> u64 {
    let (_, pagination) = client.get(&format!("/api/v1/{list}")).await.listed();
    pagination["total"].as_u64().expect("a total")
}

/// No customer is left, and only the conversations without one.
async fn assert_only_others_are_left(client: &ApiClient, others: u64) {
    assert_eq!(total(client, "customers").await, 0);
    assert_eq!(total(client, "conversations").await, others);
    for list in ["conversations?limit=100", "conversations?status=open&limit=100"] {
        let (items, _) = client.get(&format!("/api/v1/{list}")).await.listed();
        assert!(items.iter().all(|item| item["customerId"].is_null()), "{list}");
    }
}

async fn until_nothing_is_pending(database: &TestDatabase) {
    for _ in 0..300 {
        if !printed(&run(database, &["check"])).contains("Pending") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the deletion has no end");
}
