//! Two servers on one SQLite file.

use conversations_testkit::{ApiClient, TestDatabase};
use serde_json::json;
use tokio::task::JoinSet;

use crate::process::{Program, printed, run, secret_in};

const CLIENTS: usize = 4;
const CREATES: usize = 25;

#[tokio::test]
async fn two_servers_write_to_one_file() {
    let database = TestDatabase::sqlite();
    let mut create = vec!["keys", "create", "--workspace", "acme", "--name", "robot"];
    for permission in
        ["read:conversations", "write:conversations", "write:customers", "write:inboxes"]
    {
        create.extend(["--permission", permission]);
    }
    let key = secret_in(&printed(&run(&database, &create))).expect("a key");
    let servers = [Program::serve(&database), Program::serve(&database)];
    let inbox = servers[0].client(&key).post("/api/v1/inboxes", &json!({ "name": "Sales" })).await;
    let inbox = inbox.created()["_id"].as_str().expect("an id").to_owned();

    let mut writing = JoinSet::new();
    for server in &servers {
        for _ in 0..CLIENTS {
            writing.spawn(write(server.client(&key), inbox.clone()));
        }
    }
    writing.join_all().await;

    for server in &servers {
        let (_, pagination) = server.client(&key).list_conversations("").await.listed();
        assert_eq!(pagination["total"], servers.len() * CLIENTS * CREATES);
    }
    for server in servers {
        let (_, status) = server.stop();
        assert!(status.success(), "{status}");
    }
    assert_eq!(database.integrity().await, "ok");
}

/// Every write succeeds: none is refused because the other server writes.
async fn write(client: ApiClient, inbox: String) {
    for _ in 0..CREATES {
        let body = json!({
            "subject": "Together",
            "inboxId": inbox,
            "customer": { "profile": { "firstName": "Ada" } },
            "message": { "body": "Hello" },
        });
        let _made = client.create_conversation(&body).await.created();
    }
}
