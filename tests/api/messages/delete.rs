//! DELETE /conversations/{id}/messages/{messageId}

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, TestClock, TestServer};
use serde_json::{Value, json};

use crate::support::{UNKNOWN, by_system, conversation, id, ids, user};

on_both_databases! {
    takes_one_message_and_leaves_the_others,
    the_time_of_the_last_message_moves_back,
    a_number_is_never_used_again,
    notes_count_as_well,
    changes_no_status_and_leaves_no_history,
    is_not_found_through_another_conversation,
    is_not_found_the_second_time,
    happens_once_among_concurrent_requests,
}

/// Writes this many messages to a new conversation: its id, and theirs.
async fn thread(client: &ApiClient, inbox: &str, count: usize) -> (String, Vec<Value>) {
    let made = id(&conversation(client, inbox, json!({})).await);
    let mut messages = Vec::new();
    for number in 1..=count {
        let body = by_system(&number.to_string());
        messages.push(client.create_message(&made, &body).await.created());
    }
    (made, messages)
}

async fn takes_one_message_and_leaves_the_others(server: &TestServer) {
    let client = server.client();
    let (made, messages) = thread(&client, server.inbox(), 3).await;

    let reply = client.delete_message(&made, &id(&messages[1])).await;

    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, json!({ "success": true, "message": "The message was deleted." }));
    let _gone = client.get_message(&made, &id(&messages[1])).await.refused(404, "NOT_FOUND");
    let (left, pagination) = client.list_messages(&made, "").await.listed();
    assert_eq!(left, [messages[0].clone(), messages[2].clone()]);
    assert_eq!(pagination, json!({ "total": 2, "page": 1, "limit": 50, "totalPages": 1 }));
    let (second, pagination) = client.list_messages(&made, "limit=1&page=2").await.listed();
    assert_eq!(second, [messages[2].clone()]);
    assert_eq!(pagination["totalPages"], 2);
    let read = client.get_conversation(&made).await.ok();
    assert_eq!(read["messageCount"], 2);
    assert_eq!(read["lastMessageAt"], messages[2]["createdAt"]);
}

async fn the_time_of_the_last_message_moves_back(server: &TestServer) {
    let client = server.client();
    let (made, messages) = thread(&client, server.inbox(), 3).await;

    for (gone, count, last) in [
        (&messages[2], 2, &messages[1]["createdAt"]),
        (&messages[0], 1, &messages[1]["createdAt"]),
        (&messages[1], 0, &Value::Null),
    ] {
        client.delete_message(&made, &id(gone)).await.deleted();
        let read = client.get_conversation(&made).await.ok();
        assert_eq!(read["messageCount"], count);
        assert_eq!(&read["lastMessageAt"], last);
        let (listed, _) = client.list_conversations("").await.listed();
        assert_eq!(listed, [read]);
    }
}

async fn a_number_is_never_used_again(server: &TestServer) {
    let client = server.client();
    let (made, messages) = thread(&client, server.inbox(), 2).await;
    let write = async || {
        let written = client.create_message(&made, &by_system("a")).await.created();
        (id(&written), written["number"].clone())
    };

    client.delete_message(&made, &id(&messages[1])).await.deleted();
    let (third, number) = write().await;
    assert_eq!(number, 3);
    client.delete_message(&made, &third).await.deleted();
    client.delete_message(&made, &id(&messages[0])).await.deleted();
    let (_, number) = write().await;
    assert_eq!(number, 4);
    assert_eq!(client.get_conversation(&made).await.ok()["messageCount"], 1);
}

async fn notes_count_as_well(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let (made, messages) = thread(&client, server.inbox(), 1).await;
    let author = json!({ "type": "agent", "_id": grace });
    let note = json!({ "body": "a", "internal": true, "author": author });
    let note = client.create_message(&made, &note).await.created();
    let read = client.get_conversation(&made).await.ok();
    assert_eq!((&read["messageCount"], &read["lastMessageAt"]), (&json!(2), &note["createdAt"]));

    client.delete_message(&made, &id(&note)).await.deleted();

    let read = client.get_conversation(&made).await.ok();
    let last = &messages[0]["createdAt"];
    assert_eq!((&read["messageCount"], &read["lastMessageAt"]), (&json!(1), last));
}

async fn changes_no_status_and_leaves_no_history(server: &TestServer) {
    let client = server.client();
    let fields = json!({ "message": { "body": "a" } });
    let made = id(&conversation(&client, server.inbox(), fields).await);
    let (messages, _) = client.list_messages(&made, "").await.listed();
    let closed = client.update_conversation(&made, &json!({ "status": "closed" })).await.ok();
    let (before, _) = client.list_history(&made, "").await.listed();

    client.delete_message(&made, &id(&messages[0])).await.deleted();

    let read = client.get_conversation(&made).await.ok();
    assert_eq!((&read["status"], &read["closedAt"]), (&json!("closed"), &closed["closedAt"]));
    assert_eq!(client.list_history(&made, "").await.listed().0, before);
}

async fn is_not_found_through_another_conversation(server: &TestServer) {
    let client = server.client();
    let (one, messages) = thread(&client, server.inbox(), 1).await;
    let (other, _) = thread(&client, server.inbox(), 1).await;
    let message = id(&messages[0]);

    for conversation in [other.as_str(), UNKNOWN, &message] {
        let reply = client.delete_message(conversation, &message).await;
        let _error = reply.refused(404, "NOT_FOUND");
    }

    assert_eq!(client.get_message(&one, &message).await.ok(), messages[0]);
    for made in [one, other] {
        assert_eq!(client.get_conversation(&made).await.ok()["messageCount"], 1);
    }
    let (audit, _) = client.list_audit("").await.listed();
    assert_eq!(audit.len(), 1, "the making of the first key alone: {audit:?}");
}

async fn is_not_found_the_second_time(server: &TestServer) {
    let client = server.client();
    let (made, messages) = thread(&client, server.inbox(), 2).await;
    let message = id(&messages[0]);

    let _error = client.delete_message(&made, UNKNOWN).await.refused(404, "NOT_FOUND");
    let upper = message.to_uppercase();
    let _error = client.delete_message(&made, &upper).await.refused(404, "NOT_FOUND");
    client.delete_message(&made, &message).await.deleted();
    let _error = client.delete_message(&made, &message).await.refused(404, "NOT_FOUND");

    let (left, _) = client.list_messages(&made, "").await.listed();
    assert_eq!(ids(&left), [id(&messages[1])]);
    assert_eq!(client.get_conversation(&made).await.ok()["messageCount"], 1);
}

async fn happens_once_among_concurrent_requests(server: &TestServer) {
    let client = server.client();
    let (made, messages) = thread(&client, server.inbox(), 2).await;

    let deletions: Vec<_> = (0..20)
        .map(|number| {
            let (client, made) = (client.clone(), made.clone());
            let message = id(&messages[number % 2]);
            tokio::spawn(async move { client.delete_message(&made, &message).await.status })
        })
        .collect();
    let mut done = 0;
    for deletion in deletions {
        match deletion.await.expect("a reply").as_u16() {
            200 => done += 1,
            status => assert_eq!(status, 404),
        }
    }

    assert_eq!(done, 2);
    let read = client.get_conversation(&made).await.ok();
    assert_eq!((&read["messageCount"], &read["lastMessageAt"]), (&json!(0), &Value::Null));
    let (_, pagination) = client.list_audit("").await.listed();
    assert_eq!(pagination["total"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_the_time_of_the_last_change() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let (made, messages) = thread(&client, server.inbox(), 1).await;
        clock.advance(Duration::from_millis(1_500));

        client.delete_message(&made, &id(&messages[0])).await.deleted();

        let read = client.get_conversation(&made).await.ok();
        assert_eq!(read["updatedAt"], "2026-11-22T15:04:06.623Z");
        assert_eq!(read["createdAt"], "2026-11-22T15:04:05.123Z");
    }
}
