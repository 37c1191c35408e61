//! GET and POST /conversations/{id}/messages, GET and DELETE
//! /conversations/{id}/messages/{messageId}

mod delete;

use conversations_testkit::TestServer;
use serde_json::json;

use crate::support::{UNKNOWN, by_system, conversation, customer, id, location, user};

on_both_databases! {
    numbers_them_and_counts_them,
    keeps_every_byte_of_a_body,
    only_a_customers_message_reopens,
    says_who_wrote_it,
    names_what_is_wrong,
    lists_page_by_page,
    belongs_to_its_conversation,
    arrives_with_many_others_at_once,
}

async fn numbers_them_and_counts_them(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let reply = client.create_message(&made, &by_system("one")).await;
    let location = location(&reply);
    let one = reply.created();
    let two = client.create_message(&made, &by_system("two")).await.created();

    assert_eq!(location, format!("/api/v1/conversations/{made}/messages/{}", id(&one)));
    assert_eq!(client.get(&location).await.ok(), one);
    let (made_id, one_id, at) = (made.as_str(), one["_id"].clone(), one["createdAt"].clone());
    assert_eq!(
        one,
        json!({
            "_id": one_id,
            "externalId": null,
            "conversationId": made_id,
            "number": 1,
            "author": { "type": "system", "_id": null },
            "internal": false,
            "body": "one",
            "createdAt": at,
        })
    );
    assert_eq!(two["number"], 2);
    let read = client.get_conversation(&made).await.ok();
    assert_eq!(read["messageCount"], 2);
    assert_eq!(read["lastMessageAt"], two["createdAt"]);
    assert_eq!(read["updatedAt"], two["createdAt"]);
}

async fn keeps_every_byte_of_a_body(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    for body in [
        " \tleading and trailing \r\n".to_owned(),
        "\u{feff}BOM, bidi \u{202e}, e\u{301} and é, 👩‍👩‍👧, \u{ffff}, \u{7f}".to_owned(),
        "%_\\'; DROP TABLE messages; --".to_owned(),
        "𝔘".repeat(65_536),
    ] {
        let written = client.create_message(&made, &by_system(&body)).await.created();
        let path = format!("/api/v1/conversations/{made}/messages/{}", id(&written));
        assert_eq!(client.get(&path).await.ok()["body"], body.as_str());
    }
}

async fn only_a_customers_message_reopens(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    for status in ["pending", "closed"] {
        let _set = client.update_conversation(&made, &json!({ "status": status })).await.ok();
        for author in [json!({ "type": "system" }), json!({ "type": "agent", "_id": grace })] {
            let body = json!({ "body": "a", "author": author });
            let _written = client.create_message(&made, &body).await.created();
            assert_eq!(client.get_conversation(&made).await.ok()["status"], status);
        }
        let mut body = json!({ "body": "a", "author": { "type": "customer" }, "reopen": false });
        let _automatic = client.create_message(&made, &body).await.created();
        assert_eq!(client.get_conversation(&made).await.ok()["status"], status);
        body["reopen"] = json!(true);
        let _written = client.create_message(&made, &body).await.created();
        let read = client.get_conversation(&made).await.ok();
        assert_eq!(read["status"], "open");
        assert_eq!(read["closedAt"], json!(null));
    }
}

async fn says_who_wrote_it(server: &TestServer) {
    let client = server.client();
    let ada = customer(&client, "ada@example.org").await;
    let grace = user(&client, "grace@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({ "customerId": ada })).await);

    for (author, shown) in [
        (json!({ "type": "customer" }), json!({ "type": "customer", "_id": ada })),
        (json!({ "type": "customer", "_id": null }), json!({ "type": "customer", "_id": ada })),
        (json!({ "type": "customer", "_id": ada }), json!({ "type": "customer", "_id": ada })),
        (json!({ "type": "agent", "_id": grace }), json!({ "type": "agent", "_id": grace })),
    ] {
        let body = json!({ "body": "a", "author": author });
        assert_eq!(client.create_message(&made, &body).await.created()["author"], shown);
    }
    let note =
        json!({ "body": "a", "internal": true, "author": { "type": "agent", "_id": grace } });
    assert_eq!(client.create_message(&made, &note).await.created()["internal"], true);
}

async fn names_what_is_wrong(server: &TestServer) {
    let client = server.client();
    let eve = customer(&client, "eve@example.org").await;
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    for (body, wrong) in [
        (json!({}), vec!["author"]),
        (json!({ "body": "a" }), vec!["author"]),
        (json!({ "author": { "type": "system" } }), vec!["body"]),
        (by_system(""), vec!["body"]),
        (by_system(&"x".repeat(65_537)), vec!["body"]),
        (by_system("a\u{0}b"), vec!["body"]),
        (json!({ "body": "a", "author": { "type": "robot" } }), vec!["author.type"]),
        (json!({ "body": "a", "author": { "type": "agent", "_id": UNKNOWN } }), vec!["author._id"]),
        (json!({ "body": "a", "author": { "type": "agent", "_id": "1" } }), vec!["author._id"]),
        (json!({ "body": "a", "author": { "type": "customer", "_id": eve } }), vec!["author._id"]),
        (
            json!({ "body": "a", "internal": true, "author": { "type": "customer" } }),
            vec!["internal"],
        ),
        (json!({ "body": "a", "reopen": "no", "author": { "type": "system" } }), vec!["reopen"]),
        (
            json!({ "body": "a", "internal": "yes", "author": { "type": "system" } }),
            vec!["internal"],
        ),
        (json!({ "body": "a", "number": 7, "author": { "type": "system" } }), vec!["number"]),
    ] {
        let fields = client.create_message(&made, &body).await.invalid_fields();
        assert!(
            wrong.iter().all(|field| fields.iter().any(|each| each == field)),
            "{body}: {fields:?}"
        );
    }
    assert_eq!(client.get_conversation(&made).await.ok()["messageCount"], 0);
    let _error = client.create_message(UNKNOWN, &by_system("a")).await.refused(404, "NOT_FOUND");
}

async fn lists_page_by_page(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    for number in 1..=5 {
        let _written =
            client.create_message(&made, &by_system(&number.to_string())).await.created();
    }

    let (page, pagination) = client.list_messages(&made, "limit=2&page=2").await.listed();

    let bodies: Vec<_> = page.iter().map(|message| message["body"].clone()).collect();
    assert_eq!(bodies, ["3", "4"]);
    assert_eq!(pagination, json!({ "total": 5, "page": 2, "limit": 2, "totalPages": 3 }));
    let (past, pagination) = client.list_messages(&made, "page=9").await.listed();
    assert!(past.is_empty());
    assert_eq!(pagination["total"], 5);
    let _error = client.list_messages(UNKNOWN, "").await.refused(404, "NOT_FOUND");
}

async fn belongs_to_its_conversation(server: &TestServer) {
    let client = server.client();
    let one = id(&conversation(&client, server.inbox(), json!({})).await);
    let other = id(&conversation(&client, server.inbox(), json!({})).await);
    let message = id(&client.create_message(&one, &by_system("a")).await.created());

    let elsewhere = format!("/api/v1/conversations/{other}/messages/{message}");

    let _error = client.get(&elsewhere).await.refused(404, "NOT_FOUND");
}

async fn arrives_with_many_others_at_once(server: &TestServer) {
    let client = server.client();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);

    let writers: Vec<_> = (0..40)
        .map(|number| {
            let (client, made) = (client.clone(), made.clone());
            tokio::spawn(async move {
                client.create_message(&made, &by_system(&number.to_string())).await.created()
            })
        })
        .collect();
    for writer in writers {
        let _written = writer.await.expect("a message");
    }

    let (messages, pagination) = client.list_messages(&made, "").await.listed();
    let numbers: Vec<_> = messages.iter().filter_map(|each| each["number"].as_u64()).collect();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    assert_eq!(pagination["total"], 40);
    assert_eq!(client.get_conversation(&made).await.ok()["messageCount"], 40);
}
