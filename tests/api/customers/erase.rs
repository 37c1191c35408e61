//! DELETE /customers/{id}?erase=true: a person's right to erasure

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{Engine, TestClock, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, customer, id, user};

on_both_databases! {
    takes_every_conversation_with_the_person_and_no_other,
    leaves_an_entry_for_the_person_and_one_for_each_conversation,
    needs_no_conversation,
}

async fn takes_every_conversation_with_the_person_and_no_other(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let eve = customer(&client, "eve@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let open = async |customer: &str| {
        let fields = json!({
            "customerId": customer, "labels": ["lamp"], "message": { "body": "Hello" },
        });
        let made = id(&conversation(&client, server.inbox(), fields).await);
        let changes = json!({ "assignedTo": grace });
        client.update_conversation(&made, &changes).await.ok()
    };
    let (one, other, eves) = (open(&ada).await, open(&ada).await, open(&eve).await);
    let (messages, _) = client.list_messages(&id(&one), "").await.listed();
    let (eves_messages, _) = client.list_messages(&id(&eves), "").await.listed();

    let reply = client.delete_customer(&format!("{ada}?erase=true")).await;

    let sentence = "The customer was erased, with every conversation with them.";
    assert_eq!(reply.body, json!({ "success": true, "message": sentence }), "{reply:?}");
    let _gone = client.get_customer(&ada).await.refused(404, "NOT_FOUND");
    for gone in [id(&one), id(&other)] {
        let _gone = client.get_conversation(&gone).await.refused(404, "NOT_FOUND");
        let _gone = client.list_messages(&gone, "").await.refused(404, "NOT_FOUND");
        let _gone = client.list_history(&gone, "").await.refused(404, "NOT_FOUND");
        let _gone = client.delete_conversation(&gone).await.refused(404, "NOT_FOUND");
    }
    let message = client.get_message(&id(&one), &id(&messages[0])).await;
    let _gone = message.refused(404, "NOT_FOUND");
    for query in ["", "label=lamp", &format!("assignedTo={grace}")] {
        let (left, pagination) = client.list_conversations(query).await.listed();
        assert_eq!((&left[..], &pagination["total"]), (&[eves.clone()][..], &json!(1)), "{query}");
    }
    assert_eq!(client.list_messages(&id(&eves), "").await.listed().0, eves_messages);
    assert_eq!(client.list_history(&id(&eves), "").await.listed().0.len(), 1);
    let again = client.delete_customer(&format!("{ada}?erase=true")).await;
    let _error = again.refused(404, "NOT_FOUND");
}

async fn leaves_an_entry_for_the_person_and_one_for_each_conversation(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let mut expected = vec![json!(["customer.erased", ada, null])];
    for count in 0..3_u32 {
        let fields = json!({ "customerId": ada, "subject": "a secret" });
        let made = id(&conversation(&client, server.inbox(), fields).await);
        for _ in 0..count {
            let _written = client.create_message(&made, &by_system("a secret")).await.created();
        }
        expected.push(json!(["conversation.deleted", made, count]));
    }
    let (before, _) = client.list_audit("").await.listed();

    let path = format!("/api/v1/customers/{ada}?erase=true");
    let request = client.request(Method::DELETE, &path).header("x-request-id", "of-ada");
    client.send(request.json(&json!({ "reason": "asked for it" }))).await.deleted();

    let (mut entries, pagination) = client.list_audit("").await.listed();
    assert_eq!(pagination["total"], before.len() + 4);
    assert_eq!(entries.split_off(4), before, "the newest come first");
    for entry in &entries {
        assert_eq!(entry["reason"], "asked for it");
        assert_eq!(entry["requestId"], "of-ada");
        assert_eq!(entry["by"]["name"], "admin");
        assert_eq!(entry["createdAt"], entries[0]["createdAt"]);
        assert!(!entry.to_string().contains("secret"), "{entry}");
        assert!(!entry.to_string().contains("example.org"), "{entry}");
    }
    let mut told: Vec<_> = entries
        .iter()
        .map(|entry| json!([entry["action"], entry["targetId"], entry["messageCount"]]))
        .collect();
    told.sort_unstable_by_key(Value::to_string);
    expected.sort_unstable_by_key(Value::to_string);
    assert_eq!(told, expected);
}

async fn needs_no_conversation(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;

    client.delete_customer(&format!("{ada}?erase=true&reason=asked")).await.deleted();

    let (entries, pagination) = client.list_audit("limit=1").await.listed();
    assert_eq!(pagination["total"], 2);
    assert_eq!(entries[0]["action"], "customer.erased");
    assert_eq!(entries[0]["targetId"], ada.as_str());
    assert_eq!(entries[0]["reason"], "asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_entries_are_the_newest() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let ada = customer(&client, "ada@example.org").await;
        let with_ada = json!({ "customerId": ada });
        let _made = conversation(&client, server.inbox(), with_ada).await;
        let eve = customer(&client, "eve@example.org").await;
        clock.advance(Duration::from_secs(1));
        client.delete_customer(&format!("{ada}?erase=true")).await.deleted();
        clock.advance(Duration::from_secs(1));
        client.delete_customer(&eve).await.deleted();

        let (entries, _) = client.list_audit("").await.listed();

        let times: Vec<_> = entries.iter().map(|entry| &entry["createdAt"]).collect();
        assert_eq!(
            times,
            [
                "2026-11-22T15:04:07.123Z",
                "2026-11-22T15:04:06.123Z",
                "2026-11-22T15:04:06.123Z",
                "2026-11-22T15:04:05.123Z",
            ]
        );
    }
}
