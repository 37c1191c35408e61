//! POST /conversations/{id}/claim

use conversations_testkit::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, conversation, id, user};

on_both_databases! {
    the_first_claim_wins,
    exactly_one_concurrent_claim_wins,
    claiming_an_own_conversation_changes_nothing,
    a_claim_needs_a_user_of_the_workspace,
    a_claim_respects_if_match,
}

async fn the_first_claim_wins(server: &TestServer) {
    let client = server.client();
    let (grace, alan) =
        (user(&client, "grace@example.org").await, user(&client, "alan@example.org").await);
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);

    let claimed = client.claim_conversation(&thread, &json!({ "assignedTo": grace })).await;
    let tag = claimed.headers["etag"].clone();
    let claimed = claimed.ok();
    let late = client.claim_conversation(&thread, &json!({ "assignedTo": alan })).await;

    assert_eq!(claimed["assignedTo"]["_id"], grace.as_str());
    let read = client.get_conversation(&thread).await;
    assert_eq!(read.headers["etag"], tag);
    assert_eq!(read.ok(), claimed);
    let error = late.refused(409, "CONFLICT");
    assert_eq!(error["details"], json!({ "assignedTo": grace }));
    let (history, _) = client.list_history(&thread, "").await.listed();
    assert_eq!(history.len(), 1);
    assert_eq!((&history[0]["from"], &history[0]["to"]), (&Value::Null, &json!(grace)));

    let _freed = client.update_conversation(&thread, &json!({ "assignedTo": null })).await.ok();
    let now = client.claim_conversation(&thread, &json!({ "assignedTo": alan })).await.ok();
    assert_eq!(now["assignedTo"]["_id"], alan.as_str());
}

async fn exactly_one_concurrent_claim_wins(server: &TestServer) {
    let (client, other_node) = (server.client(), server.start_beside().await);
    let mut users = Vec::new();
    for number in 0..64 {
        users.push(user(&client, &format!("{number}@example.org")).await);
    }
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);

    let claims: Vec<_> = users
        .into_iter()
        .enumerate()
        .map(|(number, user)| {
            let node = if number % 2 == 0 { server.client() } else { other_node.client() };
            let thread = thread.clone();
            tokio::spawn(async move {
                (node.claim_conversation(&thread, &json!({ "assignedTo": user })).await, user)
            })
        })
        .collect();
    let (mut winners, mut told) = (Vec::new(), Vec::new());
    for claim in claims {
        let (reply, user) = claim.await.expect("a reply");
        if reply.status == 200 {
            assert_eq!(reply.ok()["assignedTo"]["_id"], user.as_str());
            winners.push(user);
        } else {
            told.push(reply.refused(409, "CONFLICT")["details"]["assignedTo"].clone());
        }
    }

    assert_eq!((winners.len(), told.len()), (1, 63));
    assert!(told.iter().all(|by| *by == winners[0].as_str()), "{told:?}");
    let (history, _) = client.list_history(&thread, "").await.listed();
    assert_eq!(history.len(), 1);
}

async fn claiming_an_own_conversation_changes_nothing(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let claim = json!({ "assignedTo": grace });
    let claimed = client.claim_conversation(&thread, &claim).await;

    let again = client.claim_conversation(&thread, &claim).await;

    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.body, claimed.body);
    assert_eq!(again.headers["etag"], claimed.headers["etag"]);
    let (history, _) = client.list_history(&thread, "").await.listed();
    assert_eq!(history.len(), 1);
}

async fn a_claim_respects_if_match(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);
    let tag = client.get_conversation(&thread).await.headers["etag"].clone();
    let path = format!("/api/v1/conversations/{thread}/claim");
    let claim = |tag: &str| {
        let request = client.request(Method::POST, &path).header("if-match", tag);
        client.send(request.json(&json!({ "assignedTo": grace })))
    };

    let _error = claim("\"0\"").await.refused(412, "PRECONDITION_FAILED");
    assert_eq!(client.get_conversation(&thread).await.ok()["assignedTo"], Value::Null);
    let claimed = claim(tag.to_str().expect("visible ASCII")).await.ok();

    assert_eq!(claimed["assignedTo"]["_id"], grace.as_str());
}

async fn a_claim_needs_a_user_of_the_workspace(server: &TestServer) {
    let client = server.client();
    let theirs = user(&server.client_of("acme").await, "eve@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let thread = id(&conversation(&client, server.inbox(), json!({})).await);

    for body in [
        json!({ "assignedTo": UNKNOWN }),
        json!({ "assignedTo": theirs }),
        json!({ "assignedTo": "grace" }),
        json!({ "assignedTo": null }),
        json!({}),
    ] {
        let refused = client.claim_conversation(&thread, &body).await;
        assert_eq!(refused.invalid_fields(), ["assignedTo"], "{body}");
    }
    let more = json!({ "assignedTo": grace, "status": "open" });
    assert_eq!(client.claim_conversation(&thread, &more).await.invalid_fields(), ["status"]);
    let nowhere = client.claim_conversation(UNKNOWN, &json!({ "assignedTo": grace })).await;
    let _error = nowhere.refused(404, "NOT_FOUND");
    assert_eq!(client.get_conversation(&thread).await.ok()["assignedTo"], Value::Null);
}
