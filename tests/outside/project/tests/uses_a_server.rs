//! What another team's tests may do with the testkit.

use conversations_testkit::{Engine, TestServer};
use serde_json::json;

#[tokio::test]
async fn a_server_runs_and_takes_what_the_domain_takes() {
    let server = TestServer::start(Engine::Sqlite).await;
    let subject = "Refund for order 1042";
    assert!(outside::is_a_subject(subject));

    let new = json!({ "subject": subject, "inboxId": server.inbox() });
    let made = server.client().create_conversation(&new).await.created();

    let id = made["_id"].as_str().expect("an id");
    assert_eq!(server.client().get_conversation(id).await.ok()["subject"], subject);
    server.client().delete_conversation(id).await.deleted();
}

/// Pages of SQLite keep bytes of rows that were moved. They are wiped by whatever program writes the file.
#[tokio::test]
async fn what_is_deleted_is_gone_from_the_files() {
    let server = TestServer::start(Engine::Sqlite).await;
    let client = server.client();
    let mut ids = Vec::new();
    for number in 0..80 {
        let subject = format!("needle {number} {}", "x".repeat(number * 2));
        let new = json!({ "subject": subject, "inboxId": server.inbox() });
        let made = client.create_conversation(&new).await.created();
        ids.push(made["_id"].as_str().expect("an id").to_owned());
    }
    for id in &ids {
        let longer = json!({ "subject": format!("needle {}", "y".repeat(180)) });
        assert_eq!(
            client.update_conversation(id, &longer).await.ok()["subject"],
            longer["subject"]
        );
    }
    assert_ne!(server.database().places_of("needle").await, [""; 0]);

    for id in &ids {
        client.delete_conversation(id).await.deleted();
    }

    let database = server.stop();
    assert_eq!(database.places_of("needle").await, [""; 0]);
}
