//! GET /conversations/{id}

use conversations_testkit::TestServer;
use reqwest::Method;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, customer, id, user};

on_both_databases! {
    shows_the_people,
    is_not_found_for_anything_but_its_id,
    answers_head_without_a_body,
    takes_no_parameters,
}

async fn shows_the_people(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let made = conversation(&client, server.inbox(), json!({ "customerId": ada })).await;
    let made = client.update_conversation(&id(&made), &json!({ "assignedTo": grace })).await.ok();

    let read = client.get_conversation(&id(&made)).await.ok();

    assert_eq!(read, made);
    assert_eq!(read["customerId"]["profile"]["email"], "ada@example.org");
    let assignee = client.get(&format!("/api/v1/users/{grace}")).await.ok();
    assert_eq!(read["assignedTo"], assignee);
}

async fn is_not_found_for_anything_but_its_id(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    for other in [
        UNKNOWN.to_owned(),
        made.to_uppercase(),
        made.replace('-', ""),
        format!("{{{made}}}"),
        format!("urn:uuid:{made}"),
        format!("{made}%00"),
        format!("{made}/"),
        format!("x%2F{made}"),
        "0".to_owned(),
    ] {
        let error = client.get_conversation(&other).await.refused(404, "NOT_FOUND");
        assert_eq!(error["details"], json!({}), "{other}");
    }
}

async fn answers_head_without_a_body(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let path = format!("/api/v1/conversations/{made}");

    let head = client.send(client.request(Method::HEAD, &path)).await;
    let get = client.get(&path).await;

    assert_eq!(head.status, 200);
    assert_eq!(head.headers["content-length"], get.headers["content-length"]);
}

async fn takes_no_parameters(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let reply = client.get_conversation(&format!("{made}?expand=customer")).await;

    assert_eq!(reply.invalid_fields(), ["expand"]);
}
