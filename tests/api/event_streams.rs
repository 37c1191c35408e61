//! Streams of events: the same events as in the list, at once, and no longer than the key allows.

mod limits;
mod permissions;

use std::time::Duration;

use conversations_testkit::{ApiClient, Engine, EventStream, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, id, user};

on_both_databases! {
    a_stream_sends_the_events_of_the_list,
    a_stream_starts_where_it_is_told,
    a_stream_sends_the_events_that_it_is_asked_for,
    streams_that_come_back_beside_writers_miss_and_repeat_nothing,
    a_stream_sends_the_events_of_another_server,
    a_stream_of_a_cursor_that_is_gone_resets,
    wrong_parameters_are_refused,
    a_wrong_start_is_told_what_after_takes,
    streams_of_other_workspaces_stay_silent,
}

async fn opened(client: &ApiClient, query: &str) -> (EventStream, String) {
    let (stream, open) = client.stream_events(query).await.opened().await;
    (stream, open.id)
}

async fn listed(client: &ApiClient, after: &str) -> Vec<Value> {
    let reply = client.list_events(&format!("after={after}&limit=500")).await.ok();
    reply.as_array().expect("a list").clone()
}

async fn a_stream_sends_the_events_of_the_list(server: &TestServer) {
    let client = server.client();
    let (mut stream, open) = client.stream_events("").await.opened().await;
    let headers = stream.response().headers();
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-accel-buffering"], "no");
    assert!(!headers.contains_key("content-encoding"));
    assert_eq!(open.data, json!({ "cursor": open.id, "heartbeat": 15 }));
    assert!(open.retry.is_some_and(|retry| (2_000..=4_000).contains(&retry)), "{open:?}");

    let grace = user(&client, "grace@example.org").await;
    let fields =
        json!({ "subject": "Refund für Ünal 🙂\u{2028}", "message": by_system("Line\nLine") });
    let made = id(&conversation(&client, server.inbox(), fields).await);
    let change = json!({ "status": "closed", "assignedTo": grace });
    let _changed = client.update_conversation(&made, &change).await.ok();

    let expected = listed(&client, &open.id).await;
    assert_eq!(expected.len(), 5);
    let mut last = None;
    for event in &expected {
        let frame = stream.event().await;
        assert_eq!(event["type"], frame.event.as_str());
        assert_eq!(event["cursor"], frame.id.as_str());
        assert_eq!(frame.data["_id"], event["_id"]);
        assert_eq!(frame.data["sequence"], event["sequence"]);
        // An event shows its subject as it was when the first stream sent it, or later.
        assert_eq!(frame.data["subject"], event["subject"]);
        last = Some(frame);
    }
    let closed = last.expect("a frame");
    assert_eq!((closed.event.as_str(), &closed.data), ("conversation.closed", &expected[4]));
}

async fn a_stream_starts_where_it_is_told(server: &TestServer) {
    let client = server.client();
    let _one = user(&client, "one@example.org").await;
    let all = listed(&client, "earliest").await;
    let (first, last) = (all[0]["cursor"].clone(), all.last().expect("an event")["cursor"].clone());
    let first = first.as_str().expect("a cursor");

    let (mut from_first, _) = opened(&client, "after=earliest").await;
    assert_eq!(from_first.event().await.id, first);
    let (_, at) = opened(&client, "after=latest").await;
    assert_eq!(last, at.as_str());
    let (_, at) = opened(&client, "").await;
    assert_eq!(last, at.as_str());
    // The header says where a client was, and the query where it wanted to start.
    let query = format!("after=earliest&lastEventId={}", last.as_str().expect("a cursor"));
    let (_, open) = client.stream_events_after(&query, Some(first)).await.opened().await;
    assert_eq!(open.id, first);
    let (_, at) = opened(&client, &query).await;
    assert_eq!(last, at.as_str());
    // Some clients send an empty one if they have none.
    let (_, open) = client.stream_events_after("", Some("")).await.opened().await;
    assert_eq!(last, open.id.as_str());
    // Others send the first one again, before the current one.
    for again in [first, "", "0-00000000"] {
        let request = client.request(Method::GET, "/api/v1/events/stream");
        let request = request.header("last-event-id", again).header("last-event-id", first);
        let error = client.send(request).await.refused(400, "BAD_REQUEST");
        assert!(error["message"].as_str().is_some_and(|it| it.contains("Last-Event-ID")));
    }

    let head = client.request(Method::HEAD, "/api/v1/events/stream").send().await.expect("a reply");
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    assert_eq!(head.bytes().await.expect("no body").len(), 0);
}

async fn a_stream_sends_the_events_that_it_is_asked_for(server: &TestServer) {
    let client = server.client();
    let one = id(&conversation(&client, server.inbox(), json!({})).await);
    let (mut closed, at) = opened(&client, "types=conversation.closed,user.*").await;
    let (mut of_one, _) = opened(&client, &format!("conversationId={one}")).await;

    let two = id(&conversation(&client, server.inbox(), json!({})).await);
    let grace = user(&client, "grace@example.org").await;
    for each in [&two, &one] {
        let _message = client.create_message(each, &by_system("Hello")).await.created();
        let _closed = client.update_conversation(each, &json!({ "status": "closed" })).await.ok();
    }

    let mut behind = client.stream_events(&format!("after={at}&types=user.*")).await;
    for stream in [&mut closed, &mut behind] {
        let mut event = stream.event().await;
        if event.event == "feed.open" {
            event = stream.event().await;
        }
        assert_eq!(event.data["subject"]["_id"], grace.as_str());
    }
    for expected in [&two, &one] {
        assert_eq!(closed.event().await.data["subject"]["_id"], expected.as_str());
    }
    let message = of_one.event().await;
    assert_eq!(
        (message.event.as_str(), &message.data["subject"]["conversationId"]),
        ("message.sent", &json!(one))
    );
    assert_eq!(of_one.event().await.event, "conversation.closed");
}

/// Follows the feed and connects again after every few events, until all of these are met.
async fn follow(
    client: ApiClient,
    mut at: String,
    every: usize,
    total: usize,
) -> Vec<(u64, Value)> {
    let mut met = Vec::new();
    while met.len() < total {
        let stream = client.stream_events_after("", Some(&at)).await;
        let (mut stream, open) = stream.opened().await;
        assert_eq!(open.id, at);
        for _ in 0..every.min(total - met.len()) {
            let frame = stream.event().await;
            met.push((
                frame.data["sequence"].as_u64().expect("a number"),
                frame.data["_id"].clone(),
            ));
            at = frame.id;
        }
    }
    met
}

async fn streams_that_come_back_beside_writers_miss_and_repeat_nothing(server: &TestServer) {
    const WRITERS: usize = 6;
    const EACH: usize = 20;

    let client = server.client();
    let (_, at) = opened(&client, "").await;
    let followers: Vec<_> = [3, 17, 1_000]
        .map(|every| tokio::spawn(follow(client.clone(), at.clone(), every, WRITERS * EACH * 2)))
        .into();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (client, inbox) = (server.client(), server.inbox().to_owned());
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let made = id(&conversation(&client, &inbox, json!({})).await);
                    let _sent = client.create_message(&made, &by_system("Hello")).await.created();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }

    let expected: Vec<_> = listed(&client, &at).await;
    let expected: Vec<_> = expected
        .into_iter()
        .map(|event| (event["sequence"].as_u64().expect("a number"), event["_id"].clone()))
        .collect();
    for follower in followers {
        assert_eq!(follower.await.expect("a follower"), expected);
    }
}

async fn a_stream_sends_the_events_of_another_server(server: &TestServer) {
    let other = server.start_beside().await;
    let (mut stream, _) = opened(&server.client(), "").await;

    for _ in 0..3 {
        let made = id(&conversation(&other.client(), server.inbox(), json!({})).await);
        assert_eq!(stream.event().await.data["subject"]["_id"], made.as_str());
    }
}

async fn a_stream_of_a_cursor_that_is_gone_resets(server: &TestServer) {
    let client = server.client();
    let (_, foreign) = opened(&server.client_of("elsewhere").await, "").await;
    let _some = conversation(&client, server.inbox(), json!({})).await;

    for query in ["", "after=earliest"] {
        let (_, latest) = opened(&client, "").await;
        let stream = client.stream_events_after(query, Some(&foreign)).await;
        // After a cut at this point, the client has to be told again.
        let (mut stream, open) = stream.opened().await;
        assert_eq!(open.id, foreign);
        let reset = stream.event().await;
        assert_eq!((reset.event.as_str(), &reset.id), ("feed.reset", &latest));
        assert_eq!(reset.data["reason"], "unknown");
        assert_eq!(reset.data["latest"], latest.as_str());
        assert!(reset.data["earliest"].is_string());
        assert_eq!(reset.data.get("_id"), None);
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        assert_eq!(stream.event().await.data["subject"]["_id"], made.as_str());
    }
}

async fn wrong_parameters_are_refused(server: &TestServer) {
    let client = server.client();
    for (query, field) in [
        ("after=1", "after"),
        ("lastEventId=1", "lastEventId"),
        ("types=calls.*", "types"),
        ("conversationId=7", "conversationId"),
        ("limit=5", "limit"),
        ("wait=5", "wait"),
    ] {
        let error = client.get(&format!("/api/v1/events/stream?{query}")).await;
        let error = error.refused(422, "VALIDATION_ERROR");
        assert!(error["details"][field].is_array(), "{query}: {error}");
    }
}

/// A word that only `after` takes, in the other places that say where to start.
async fn a_wrong_start_is_told_what_after_takes(server: &TestServer) {
    let client = server.client();
    let header = client.request(Method::GET, "/api/v1/events/stream");
    for (reply, field) in [
        (client.send(header.header("last-event-id", "earliest")).await, "Last-Event-ID"),
        (client.get("/api/v1/events/stream?lastEventId=earliest").await, "lastEventId"),
        (client.get("/api/v1/events/stream?after=first").await, "after"),
        (client.get("/api/v1/events?after=first").await, "after"),
    ] {
        let error = reply.refused(422, "VALIDATION_ERROR");
        let problem = error["details"][field][0].as_str().expect("a problem");
        for word in ["\"earliest\"", "\"latest\""] {
            assert!(problem.contains(word), "{field}: {problem}");
        }
        assert!(field == "after" || problem.contains("\"after\""), "{field}: {problem}");
    }
}

async fn streams_of_other_workspaces_stay_silent(server: &TestServer) {
    let (here, there) = (server.client(), server.client_of("elsewhere").await);
    let (mut stream, _) = opened(&there, "").await;
    let (mut other, _) = opened(&here, "").await;

    let made = id(&conversation(&here, server.inbox(), json!({})).await);
    assert_eq!(other.event().await.data["subject"]["_id"], made.as_str());
    let own = user(&there, "grace@example.org").await;

    let event = stream.event().await;
    assert_eq!(event.data["subject"]["_id"], own.as_str());
    assert_eq!(event.data["sequence"], 1);
}

/// How many frames the streams of a server have handed to their connections.
async fn frames(server: &TestServer) -> usize {
    const NAME: &str = "conversations_event_stream_frames_total ";

    let address = server.metrics_address().expect("an address");
    let reply = reqwest::get(format!("http://{address}/metrics")).await.expect("a reply");
    let text = reply.text().await.expect("a text");
    let count = text.lines().find_map(|line| line.strip_prefix(NAME)).expect("the metric");
    count.parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_content_is_not_sent() {
    const MESSAGES: usize = 150;

    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.metrics_listen = Some("127.0.0.1:0".to_owned());
        })
        .await;
        let client = server.client();
        let (_, at) = opened(&client, "").await;
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        // More than the system keeps for a connection whose client does not read.
        let long = "canary ".repeat(9_300);
        for _ in 0..MESSAGES {
            let _sent = client.create_message(&made, &by_system(&long)).await.created();
        }
        let before = frames(&server).await;
        let mut slow = client.stream_events(&format!("after={at}")).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;

        // Some of it may still be removed in the background.
        let reply = client.delete_conversation(&made).await;
        assert!(reply.status.is_success(), "{reply:?}");
        // The first ones are that it is open, and the creation of the conversation.
        let handed_over = frames(&server).await - before - 2;

        let (mut shown, mut hidden) = (0, 0);
        loop {
            let frame = slow.event().await;
            match frame.event.as_str() {
                "feed.open" | "conversation.created" => {}
                "message.sent" if frame.data["data"].is_null() => hidden += 1,
                "message.sent" => shown += 1,
                "conversation.deleted" => break,
                other => panic!("{other}"),
            }
        }
        assert_eq!(shown + hidden, MESSAGES, "{engine:?}");
        assert!(
            shown <= handed_over && handed_over < MESSAGES,
            "{engine:?}: {shown}, {handed_over}"
        );
    }
}
