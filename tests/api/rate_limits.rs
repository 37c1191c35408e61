//! Rate limits of keys, and of addresses that have none.

use conversations_testkit::{ApiClient, Engine, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{UNKNOWN, id};

/// A server on each database, with a limit for every key.
async fn servers(limit: Option<&str>) -> Vec<TestServer> {
    let mut servers = Vec::new();
    for engine in Engine::ALL {
        let per_key = limit.map(|limit| limit.parse().expect("a limit"));
        let configured = TestServer::start_with(engine, |settings| {
            settings.rate_limits.per_key = per_key;
        });
        servers.push(configured.await);
    }
    servers
}

/// A server on each database where an address may fail so often, behind proxies.
async fn guarded_servers(limit: &str, proxies: &[&str]) -> Vec<TestServer> {
    let mut servers = Vec::new();
    for engine in Engine::ALL {
        let configured = TestServer::start_with(engine, |settings| {
            settings.rate_limits.auth_failures = limit.parse().ok();
            settings.rate_limits.trusted_proxies =
                proxies.iter().map(|proxy| proxy.parse().expect("a proxy")).collect();
        });
        servers.push(configured.await);
    }
    servers
}

/// A key of the workspace `default` with this limit, or none: its id and a client.
async fn robot(server: &TestServer, limit: Value) -> (String, ApiClient) {
    let new = json!({ "name": "Robot", "permissions": ["read:users"], "rateLimit": limit });
    let made = server.client().create_key(&new).await.created();
    (id(&made), server.client_with_key(made["key"].as_str().expect("a secret")))
}

/// What the headers say: the limit and what remains of it.
#[track_caller]
fn rate_limit_state(reply: &Reply) -> (u64, u64) {
    let number = |name: &str| {
        let value = reply.headers.get(name).unwrap_or_else(|| panic!("no {name}: {reply:?}"));
        value.to_str().expect("ASCII").parse::<u64>().expect("a number")
    };
    assert!(number("x-ratelimit-reset") > 1_700_000_000, "{reply:?}");
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"))
}

#[track_caller]
fn refused(reply: Reply) -> Value {
    let retry_after = reply.headers["retry-after"].to_str().expect("ASCII").parse::<u64>();
    assert!(retry_after.is_ok_and(|seconds| seconds >= 1), "{reply:?}");
    assert_eq!(rate_limit_state(&reply).1, 0);
    reply.refused(429, "RATE_LIMIT_EXCEEDED")
}

#[track_caller]
fn silent(reply: &Reply) {
    let told = reply.headers.keys().any(|name| name.as_str().starts_with("x-ratelimit"));
    assert!(!told, "{:?}", reply.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_limited_unless_said() {
    for server in servers(None).await {
        for _ in 0..20 {
            let reply = server.client().list_users("").await;
            silent(&reply);
            let _let_in = reply.listed();
            let reply = server.anonymous().list_users("").await;
            silent(&reply);
            let _refused = reply.refused(401, "AUTH_REQUIRED");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_do_so_much_and_another_is_untouched() {
    for server in servers(Some("5/h")).await {
        let (_, robot) = robot(&server, Value::Null).await;

        for left in (0..5).rev() {
            let reply = robot.list_users("").await;
            assert_eq!(rate_limit_state(&reply), (5, left));
            let _let_in = reply.listed();
        }
        let _refused = refused(robot.list_users("").await);

        // It made the key.
        assert_eq!(rate_limit_state(&server.client().list_users("").await), (5, 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_of_the_limit() {
    for server in servers(Some("6/h")).await {
        let (_, robot) = robot(&server, Value::Null).await;
        let reset = |reply: &Reply| reply.headers["x-ratelimit-reset"].clone();

        for (method, path, body, status) in [
            (Method::GET, "users".to_owned(), None, 200),
            (Method::GET, format!("users/{UNKNOWN}"), None, 404),
            (Method::GET, "nothing".to_owned(), None, 404),
            (Method::DELETE, "users".to_owned(), None, 405),
            (Method::GET, "users?page=0".to_owned(), None, 422),
            (Method::POST, "users".to_owned(), Some(json!({})), 403),
            (Method::GET, "users".to_owned(), None, 429),
            (Method::GET, "nothing".to_owned(), None, 429),
        ] {
            let request = robot.request(method, &format!("/api/v1/{path}"));
            let request = if let Some(body) = body { request.json(&body) } else { request };
            let reply = robot.send(request).await;

            assert_eq!(reply.status, status, "{reply:?}");
            assert_eq!(rate_limit_state(&reply).0, 6, "{reply:?}");
            assert!(!reset(&reply).is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_workers_count_together() {
    for server in servers(Some("10/h")).await {
        let (_, robot) = robot(&server, Value::Null).await;

        let asked = (0..40).map(|_| {
            // Each has connections of its own, so that both workers are asked.
            let client = server.client_with_key(robot.key().expect("a key"));
            tokio::spawn(async move { client.list_users("").await.status.as_u16() })
        });
        let mut let_in = 0;
        for each in asked.collect::<Vec<_>>() {
            let_in += u32::from(each.await.expect("an answer") == 200);
        }

        assert_eq!(let_in, 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_a_key_goes_before_that_of_the_server_and_changes_at_once() {
    for limit in [None, Some("100/h")] {
        for server in servers(limit).await {
            let client = server.client();
            let (id, robot) = robot(&server, json!("2/h")).await;

            assert_eq!(rate_limit_state(&robot.list_users("").await), (2, 1));
            assert_eq!(rate_limit_state(&robot.list_users("").await), (2, 0));
            let _refused = refused(robot.list_users("").await);
            let _more = client.update_key(&id, &json!({ "rateLimit": "1000/h" })).await.ok();
            assert_eq!(rate_limit_state(&robot.list_users("").await), (1000, 997));
            let _less = client.update_key(&id, &json!({ "rateLimit": "1/h" })).await.ok();
            let _refused = refused(robot.list_users("").await);
            let _none = client.update_key(&id, &json!({ "rateLimit": null })).await.ok();
            let reply = robot.list_users("").await;
            match limit {
                None => silent(&reply),
                Some(_) => assert_eq!(rate_limit_state(&reply).0, 100),
            }
            let _let_in = reply.listed();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_fails_too_often_has_to_wait_and_a_key_opens_all_the_same() {
    for server in guarded_servers("3/h", &[]).await {
        let guess = server.client_with_key("sk_live_guess");

        for left in [2, 1, 0] {
            let reply = guess.list_users("").await;
            assert_eq!(rate_limit_state(&reply), (3, left));
            let _refused = reply.refused(401, "API_KEY_INVALID");
        }
        for _ in 0..3 {
            let _refused = refused(guess.list_users("").await);
            let _refused = refused(server.anonymous().list_users("").await);
            let reply = server.client().list_users("").await;
            silent(&reply);
            let _let_in = reply.listed();
        }
    }
}

/// Asks without a key, on behalf of a client.
async fn ask_for(server: &TestServer, client: &str) -> Reply {
    let stranger = server.anonymous();
    let request = stranger.request(Method::GET, "/api/v1/users");
    stranger.send(request.header("X-Forwarded-For", client)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_who_is_no_proxy() {
    for server in guarded_servers("1/h", &["10.0.0.0/8"]).await {
        let _refused = ask_for(&server, "203.0.113.1").await.refused(401, "AUTH_REQUIRED");

        let _refused = refused(ask_for(&server, "203.0.113.2").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_believed() {
    for server in guarded_servers("1/h", &["10.0.0.0/8", "127.0.0.0/8"]).await {
        for client in ["203.0.113.1", "203.0.113.1, 203.0.113.2, 10.0.0.1", "2001:db8::1"] {
            let _refused = ask_for(&server, client).await.refused(401, "AUTH_REQUIRED");
        }
        for client in ["203.0.113.1", "203.0.113.3, 203.0.113.2", "2001:db8::2"] {
            let _refused = refused(ask_for(&server, client).await);
        }
    }
}
