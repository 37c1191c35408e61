//! `Location` and `Link` behind a proxy that serves the API below a path of its own.

use conversations_testkit::{Engine, Reply, TestServer};
use reqwest::{Method, Url};
use serde_json::json;

use crate::support::{by_system, conversation, id};

/// The URL that clients know, and the path in it that a proxy takes off.
const OUTSIDE: &str = "https://desk.example.com/support";
const PREFIX: &str = "/support";

on_both_databases! {
    references_lead_on_below_a_path_of_its_own,
    references_are_absolute_with_a_public_url,
}

/// Every reference in a reply, as a client resolves it that asked below [`OUTSIDE`] for `asked`.
#[track_caller]
fn references(reply: &Reply, asked: &str) -> Vec<Url> {
    let base = Url::parse(&format!("{OUTSIDE}{asked}")).expect("a URL");
    let text = |name| reply.headers.get(name).map(|value| value.to_str().expect("ASCII"));
    let links = text("link").into_iter().flat_map(|links| links.split(", "));
    let links = links.filter_map(|link| link.strip_prefix('<')?.split('>').next());
    let all = links.chain(text("location"));
    all.map(|reference| base.join(reference).expect("a reference")).collect()
}

/// What the server is asked when a client asks for this below [`OUTSIDE`].
#[track_caller]
fn inside(url: &Url) -> String {
    assert!(url.as_str().starts_with(OUTSIDE), "{url} leads to another server");
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = url.path().strip_prefix(PREFIX).expect("the prefix");
    format!("{path}{query}")
}

async fn references_lead_on_below_a_path_of_its_own(server: &TestServer) {
    follow_all(server).await;
}

async fn references_are_absolute_with_a_public_url(server: &TestServer) {
    let public_url = OUTSIDE.parse().expect("a public URL");
    let is_sqlite = server.database().url().starts_with("sqlite:");
    let engine = if is_sqlite { Engine::Sqlite } else { Engine::Postgres };
    let server = TestServer::start_with(engine, |settings| settings.public_url = public_url).await;

    follow_all(&server).await;

    let reply = server.client().list_conversations("limit=1").await;
    let links = reply.headers["link"].to_str().expect("ASCII");
    assert!(links.starts_with(&format!("<{OUTSIDE}/api/v1/conversations?limit=1")), "{links}");
}

/// Follows every reference in replies, also in one that was kept.
async fn follow_all(server: &TestServer) {
    let client = server.client();
    let list = "/api/v1/conversations".to_owned();
    let made = id(&conversation(&client, server.inbox(), json!({})).await);
    let messages = format!("{list}/{made}/messages");
    let thread = json!({ "subject": "A thread", "inboxId": server.inbox() });
    for (path, body) in [(&list, thread), (&messages, by_system("one"))] {
        for _ in ["first", "again"] {
            let request = client.request(Method::POST, path).header("idempotency-key", path);
            let reply = client.send(request.json(&body)).await;
            let [location] = references(&reply, path).try_into().expect("one location");
            assert_eq!(client.get(&inside(&location)).await.ok()["_id"], reply.created()["_id"]);
        }
    }
    for path in [&list, &format!("{list}?limit=1"), &format!("{list}?limit=1&page=2"), &messages] {
        let reply = client.get(path).await;
        let links = references(&reply, path);
        assert!(links.len() >= 2, "{reply:?}");
        for link in links {
            let (items, _) = client.get(&inside(&link)).await.listed();
            assert!(!items.is_empty(), "{link}");
        }
    }
}
