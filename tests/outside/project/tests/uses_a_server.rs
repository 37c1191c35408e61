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
