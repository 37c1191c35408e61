//! GET /conversations with `q`

use conversations_testkit::{ApiClient, SEARCH_CASES, SearchCase, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, id, ids, user};

on_both_databases! {
    finds_what_the_table_says,
    finds_what_was_said_and_not_what_was,
    goes_with_filters_and_pages,
    finds_in_the_own_workspace_only,
    names_what_is_wrong_with_a_query,
    signs_are_no_language,
}

/// Who is found, newest first, and how many there are said to be.
async fn search(client: &ApiClient, text: &str) -> Vec<String> {
    let request = client.request(Method::GET, "/api/v1/conversations").query(&[("q", text)]);
    let (found, pagination) = client.send(request).await.listed();
    assert_eq!(pagination["total"], found.len(), "{text}");
    ids(&found)
}

async fn say(client: &ApiClient, conversation: &str, text: &str) -> String {
    id(&client.create_message(conversation, &by_system(text)).await.created())
}

/// A conversation with a subject and messages, the first of them made together with it.
async fn talk(client: &ApiClient, inbox: &str, texts: &[&str]) -> String {
    let mut fields = json!({ "subject": texts[0] });
    if let Some(first) = texts.get(1) {
        fields["message"] = by_system(first);
    }
    let made = id(&conversation(client, inbox, fields).await);
    for text in texts.iter().skip(2) {
        say(client, &made, text).await;
    }
    made
}

async fn finds_what_the_table_says(server: &TestServer) {
    let client = server.client();
    let mut talks: Vec<(&[&str], String)> = Vec::new();
    for SearchCase { texts, query, found } in SEARCH_CASES {
        if talks.last().is_none_or(|(last, _)| last != texts) {
            talks.push((texts, talk(&client, server.inbox(), texts).await));
        }
        let made = &talks.last().expect("a conversation").1;

        assert_eq!(search(&client, query).await.contains(made), *found, "{query:?} in {texts:?}");
    }
}

async fn finds_what_was_said_and_not_what_was(server: &TestServer) {
    let client = server.client();
    let made = talk(&client, server.inbox(), &["Old subject", "first message"]).await;
    let other = talk(&client, server.inbox(), &["Another"]).await;

    let note = json!({ "body": "a secret", "author": { "type": "system" }, "internal": true });
    let note = id(&client.create_message(&made, &note).await.created());
    assert_eq!(search(&client, "secret subject first").await, [made.as_str()]);
    let _changed = client.update_conversation(&made, &json!({ "subject": "New" })).await.ok();
    assert_eq!(search(&client, "old").await, Vec::<String>::new());
    assert_eq!(search(&client, "new -old").await, [made.as_str()]);
    let _changed = client.update_conversation(&made, &json!({ "status": "closed" })).await.ok();
    assert_eq!(search(&client, "new secret").await, [made.as_str()]);
    client.delete(&format!("/api/v1/conversations/{made}/messages/{note}")).await.deleted();
    assert_eq!(search(&client, "secret").await, Vec::<String>::new());
    assert_eq!(search(&client, "-secret").await, [other.as_str(), &made]);
    client.delete_conversation(&made).await.deleted();
    assert_eq!(search(&client, "new").await, Vec::<String>::new());
    assert_eq!(search(&client, "-secret").await, [other.as_str()]);
}

async fn goes_with_filters_and_pages(server: &TestServer) {
    let client = server.client();
    let grace = user(&client, "grace@example.org").await;
    let mut refunds = Vec::new();
    for number in 0..7 {
        let texts = [&*format!("Refund {number}"), "about a parcel"];
        let made = talk(&client, server.inbox(), &texts).await;
        if number % 2 == 0 {
            let changes = json!({ "status": "closed", "assignedTo": grace, "labels": ["vip"] });
            let _changed = client.update_conversation(&made, &changes).await.ok();
            refunds.insert(0, made);
        }
        let _other = talk(&client, server.inbox(), &["Invoice", "about a parcel"]).await;
    }

    let filter = format!("q=refund%20parc&status=closed&label=vip&assignedTo={grace}");
    for (page, expected) in [(1, &refunds[..3]), (2, &refunds[3..]), (3, &[])] {
        let query = format!("{filter}&limit=3&page={page}");
        let (found, pagination) = client.list_conversations(&query).await.listed();
        assert_eq!(ids(&found), expected, "{query}");
        assert_eq!(pagination["total"], 4, "{query}");
        assert_eq!(pagination["totalPages"], 2, "{query}");
    }
    let (found, _) = client.list_conversations("q=refund&status=pending").await.listed();
    assert_eq!(found, Vec::<Value>::new());
}

async fn finds_in_the_own_workspace_only(server: &TestServer) {
    let client = server.client();
    let stranger = server.client_of("elsewhere").await;
    let ours = talk(&client, server.inbox(), &["Refund", "ours"]).await;

    assert_eq!(search(&client, "refund").await, [ours.as_str()]);
    assert_eq!(search(&stranger, "refund").await, Vec::<String>::new());
    assert_eq!(search(&stranger, "-nothing").await, Vec::<String>::new());
}

async fn names_what_is_wrong_with_a_query(server: &TestServer) {
    let client = server.client();
    let _made = talk(&client, server.inbox(), &["Refund"]).await;
    let terms =
        |count: usize| (0..count).map(|term| format!("w{term}")).collect::<Vec<_>>().join("+");
    let long = |count| format!("q={}", "x".repeat(count));

    for query in [
        "q=",
        "q=%20",
        "q=-",
        "q=%22%22",
        "q=*",
        "q=%F0%9F%8E%89",
        "q=...",
        "q=a%00",
        "q=a&q=a",
        &long(256),
        &format!("q={}", terms(17)),
        &format!("q={}", "%E8%AA%9E".repeat(65)),
    ] {
        assert_eq!(client.list_conversations(query).await.invalid_fields(), ["q"], "{query}");
    }
    for query in [&*long(255), &format!("q={}", terms(16)), "q=-x", "q=%E8%AA%9E"] {
        let _listed = client.list_conversations(query).await.listed();
    }
}

/// Whatever the languages of the databases make of it, it is an answer and not an error.
async fn signs_are_no_language(server: &TestServer) {
    let client = server.client();
    let made = talk(&client, server.inbox(), &["alpha beta"]).await;

    for text in [
        "alpha & beta",
        "alpha | nothing",
        "alpha <-> beta",
        "alpha:*",
        "alpha:A",
        "!(alpha)",
        "words:alpha",
        "{words}:alpha",
        "alpha NEAR beta",
        "NEAR(alpha beta, 1)",
        "alpha OR x",
        "alpha AND beta",
        "alpha NOT beta",
        "^alpha",
        "alpha^",
        "alpha + beta",
        "alpha*",
        "*alpha",
        "'alpha'",
        "''alpha",
        "alpha''",
        "\\alpha\\",
        "alpha\\'",
        "\"\"\"alpha",
        "alpha\"\"",
        "(((alpha",
        "alpha); DROP TABLE conversations; --",
        "' OR '1'='1",
        "$1 alpha",
        "%s ? alpha ?1 :alpha",
        "-\"-\"alpha",
        "\"alpha\"*",
        "\"alp\"*",
        "conversation_words:alpha",
        "rank:alpha",
        "- - -alpha",
        "alpha\u{2028}beta",
        "alpha\tbeta",
        "alpha\r\nbeta",
        "\u{feff}alpha",
        "alpha\u{ffff}",
        "\u{10ffff}a",
    ] {
        let found = search(&client, text).await;
        assert!(found.iter().all(|found| *found == made), "{text}");
    }
    assert_eq!(search(&client, "alpha & beta").await, [made.as_str()]);
    assert_eq!(search(&client, "alpha OR nothing").await, Vec::<String>::new());
    assert_eq!(search(&client, "'alpha' <-> (beta:*)").await, [made.as_str()]);
}
