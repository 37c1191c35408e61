//! DELETE /users/{id}

use std::sync::Arc;
use std::time::Duration;

use conversations_testkit::{Engine, TestClock, TestServer};
use serde_json::{Value, json};

use crate::support::{conversation, id, user};

on_both_databases! {
    is_gone_for_good,
    unassigns_their_conversations_and_tells_so,
    what_they_wrote_keeps_their_id,
}

async fn is_gone_for_good(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let eve = user(&client, "eve@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let reply = client.delete_user(&grace).await;

    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, json!({ "success": true, "message": "The user was deleted." }));
    let _gone = client.get_user(&grace).await.refused(404, "NOT_FOUND");
    let _gone = client.delete_user(&grace).await.refused(404, "NOT_FOUND");
    let (left, pagination) = client.list_users("").await.listed();
    assert_eq!((id(&left[0]), &pagination["total"]), (eve, &json!(1)));
    let assigned = client.update_conversation(&made, &json!({ "assignedTo": grace })).await;
    assert_eq!(assigned.invalid_fields(), ["assignedTo"]);
    let message = json!({ "body": "a", "author": { "type": "agent", "_id": grace } });
    assert_eq!(client.create_message(&made, &message).await.invalid_fields(), ["author._id"]);
    let again = user(&client, "grace@example.org").await;
    assert_ne!(again, grace);
}

async fn unassigns_their_conversations_and_tells_so(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let eve = user(&client, "eve@example.org").await;
    let assign = async |user: &str| {
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        client.update_conversation(&made, &json!({ "assignedTo": user })).await.ok()
    };
    let (one, other, eves) = (assign(&grace).await, assign(&grace).await, assign(&eve).await);

    client.delete_user(&grace).await.deleted();

    for before in [&one, &other] {
        let read = client.get_conversation(&id(before)).await.ok();
        assert_eq!(read["assignedTo"], json!(null));
        let (history, _) = client.list_history(&id(before), "").await.listed();
        let [assigned, unassigned] = &history[..] else { panic!("{history:?}") };
        assert_eq!(assigned["to"], grace.as_str());
        assert_eq!(unassigned["field"], "assignedTo");
        assert_eq!(unassigned["from"], grace.as_str());
        assert_eq!(unassigned["to"], json!(null));
        assert_eq!(unassigned["by"], assigned["by"]);
        assert_eq!(unassigned["conversationId"], before["_id"]);
    }
    assert_eq!(client.get_conversation(&id(&eves)).await.ok(), eves);
    let (unassigned, pagination) = client.list_conversations("assignedTo=none").await.listed();
    assert_eq!((unassigned.len(), &pagination["total"]), (2, &json!(2)));
    let query = format!("assignedTo={grace}");
    let (found, _) = client.list_conversations(&query).await.listed();
    assert_eq!(found, Vec::<Value>::new());
    let changed = client.update_conversation(&id(&one), &json!({ "assignedTo": eve })).await.ok();
    assert_eq!(changed["assignedTo"]["_id"], eve.as_str());
}

async fn what_they_wrote_keeps_their_id(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let message = json!({ "body": "a", "author": { "type": "agent", "_id": grace } });
    let written = client.create_message(&made, &message).await.created();

    client.delete_user(&grace).await.deleted();

    assert_eq!(written["author"], json!({ "type": "agent", "_id": grace }));
    assert_eq!(client.get_message(&made, &id(&written)).await.ok(), written);
    let (messages, _) = client.list_messages(&made, "").await.listed();
    assert_eq!(messages, [written]);
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_the_time_of_their_conversations() {
    for engine in Engine::ALL {
        let clock = Arc::new(TestClock::new());
        let server = TestServer::start_with_clock(engine, clock.clone()).await;
        let client = server.client();
        let grace = user(&client, "grace@example.org").await;
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        let other = conversation(&client, server.inbox(), json!({})).await;
        let _set = client.update_conversation(&made, &json!({ "assignedTo": grace })).await.ok();
        clock.advance(Duration::from_millis(1_500));

        client.delete_user(&grace).await.deleted();

        let read = client.get_conversation(&made).await.ok();
        assert_eq!(read["updatedAt"], "2026-11-22T15:04:06.623Z");
        assert_eq!(client.get_conversation(&id(&other)).await.ok(), other);
    }
}
