//! What the example foretells is what the API does.

use actix_web::dev::ServiceResponse;
use actix_web::{App, test};
use conversations_testkit::{Engine, TestServer};
use serde_json::{Value, json};

async fn ask(question: Value) -> ServiceResponse {
    let service = test::init_service(App::new().configure(conversations_what_if::configure)).await;
    let request = test::TestRequest::post().uri("/what-if").set_json(question).to_request();
    test::call_service(&service, request).await
}

/// What the service answers to a question.
async fn what_if(question: Value) -> Value {
    test::read_body_json(ask(question).await).await
}

#[actix_web::test]
async fn a_change_does_what_was_foretold() {
    let server = TestServer::start(Engine::Sqlite).await;
    let client = server.client();
    let new = json!({ "subject": "Refund", "inboxId": server.inbox(), "labels": ["refund"] });
    let conversation = client.create_conversation(&new).await.created();
    let id = conversation["_id"].as_str().expect("an id");
    let change = json!({ "status": "closed", "priority": "medium" });

    let foretold =
        what_if(json!({ "conversation": conversation, "happens": { "change": change } })).await;
    let changed = client.update_conversation(id, &change).await.ok();

    let expected = json!([{ "field": "status", "from": "open", "to": "closed" }]);
    assert_eq!(foretold["changes"], expected, "it has that priority already");
    assert_eq!(foretold["status"], changed["status"]);
    assert!(foretold["closedAt"].is_string() && changed["closedAt"].is_string());
}

#[actix_web::test]
async fn a_customer_reopens_and_an_agent_does_not() {
    let server = TestServer::start(Engine::Sqlite).await;
    let client = server.client();
    let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let id = client.create_conversation(&new).await.created()["_id"].clone();
    let id = id.as_str().expect("an id");
    let closed = client.update_conversation(id, &json!({ "status": "closed" })).await.ok();

    for author in ["system", "customer"] {
        let happens = json!({ "messageBy": author });
        let foretold = what_if(json!({ "conversation": closed, "happens": happens.clone() })).await;
        let message = json!({ "body": "Again.", "author": { "type": author } });
        let written = client.create_message(id, &message).await.created();
        let after = client.get_conversation(id).await.ok();

        assert_eq!(foretold["status"], after["status"], "after a message by the {author}");
        assert_eq!(foretold["closedAt"], after["closedAt"]);
        assert_eq!(written["author"]["type"], author);
    }
}

#[actix_web::test]
async fn what_is_no_status_is_refused() {
    let server = TestServer::start(Engine::Sqlite).await;
    let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
    let conversation = server.client().create_conversation(&new).await.created();
    let question = |status: &str| json!({ "conversation": conversation, "happens": { "change": { "status": status } } });

    for (status, answered) in [("pending", 200), ("done", 400)] {
        assert_eq!(ask(question(status)).await.status(), answered, "{status}");
    }
}
