//! PUT /conversations/external/{source}/{externalId}

use std::collections::BTreeSet;

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, customer, id, location, user};

on_both_databases! {
    creates_and_then_changes,
    of_many_at_once_one_creates,
    names_what_is_wrong,
}

const PATH: &str = "/api/v1/conversations/external/desk/35436";

async fn creates_and_then_changes(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let body = json!({
        "subject": "Refund", "inboxId": server.inbox(), "status": "closed", "priority": "high",
        "assignedTo": grace, "labels": ["vip"], "customerId": ada,
    });

    let reply = client.put(PATH, &body).await;
    let path = location(&reply);
    let made = reply.created();
    assert_eq!(path, format!("/api/v1/conversations/{}", id(&made)));
    assert_eq!(made["externalId"], json!({ "source": "desk", "id": "35436" }));
    assert_eq!((&made["status"], &made["closedAt"]), (&json!("closed"), &made["createdAt"]));
    assert_eq!(
        (&made["customerId"]["_id"], &made["assignedTo"]["_id"]),
        (&json!(ada), &json!(grace))
    );
    assert_eq!(client.get(&path).await.ok(), made);

    let changed = client.put(PATH, &json!({ "status": "open" })).await.ok();
    let mut expected = made;
    expected["status"] = json!("open");
    expected["closedAt"] = json!(null);
    expected["updatedAt"] = changed["updatedAt"].clone();
    assert_eq!(changed, expected);
    assert_eq!(client.put(PATH, &json!({ "status": "open" })).await.ok(), changed);
    let (history, _) = client.list_history(&id(&changed), "").await.listed();
    assert_eq!(history.len(), 1, "{history:?}");
    let elsewhere = server.client_of("elsewhere").await;
    let refused = elsewhere.put(PATH, &json!({ "status": "open" })).await;
    assert_eq!(refused.invalid_fields(), ["inboxId", "subject"]);
}

async fn of_many_at_once_one_creates(server: &TestServer) {
    let client = server.client();

    for round in 0..4 {
        let path = format!("/api/v1/conversations/external/desk/{round}");
        let sent: Vec<_> = (0..6)
            .map(|place| {
                let (client, path) = (client.clone(), path.clone());
                let body = json!({ "subject": format!("{place}"), "inboxId": server.inbox() });
                tokio::spawn(async move { client.put(&path, &body).await })
            })
            .collect();
        let (mut statuses, mut ids) = (Vec::new(), BTreeSet::new());
        for reply in sent {
            let reply = reply.await.expect("a reply");
            statuses.push(reply.status.as_u16());
            ids.insert(id(&reply.body["data"]));
        }

        statuses.sort_unstable();
        assert_eq!((statuses, ids.len()), (vec![200, 200, 200, 200, 200, 201], 1));
    }
}

async fn names_what_is_wrong(server: &TestServer) {
    let client = server.client();

    let refused = client.put(PATH, &json!({ "status": "open" })).await;
    assert_eq!(refused.invalid_fields(), ["inboxId", "subject"]);
    let body = json!({ "subject": "a", "inboxId": UNKNOWN, "assignedTo": UNKNOWN });
    assert_eq!(client.put(PATH, &body).await.invalid_fields(), ["assignedTo", "inboxId"]);
    let request = client.request(reqwest::Method::PUT, PATH).header("if-match", "*");
    let body = json!({ "subject": "a", "inboxId": server.inbox() });
    let _error = client.send(request.json(&body)).await.refused(412, "PRECONDITION_FAILED");
    // What looks like a path below a conversation.
    let path = "/api/v1/conversations/external/messages/1";
    let made = client.put(path, &body).await.created();
    assert_eq!(made["externalId"], json!({ "source": "messages", "id": "1" }));
    let (_, pagination) = client.list_conversations("").await.listed();
    assert_eq!(pagination["total"], 1);
}
