//! Requests that wait for events: they take nothing from others, and end when the server stops.

use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestServer};
use serde_json::{Value, json};

use crate::support::{conversation, id};

/// The longest time of a stop with waiting requests, on a machine that runs other tests.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn waiting_requests_take_no_place_from_others() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.request_concurrency = 2;
            settings.limits.request = Duration::from_secs(2);
        })
        .await;
        let client = server.client();
        let waiting: Vec<_> = (0..6)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.list_events("after=latest&wait=30").await })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(waiting.iter().all(|each| !each.is_finished()), "{engine:?}: they wait for longer");

        let began = Instant::now();
        let made = id(&conversation(&client, server.inbox(), json!({})).await);
        assert!(began.elapsed() < Duration::from_secs(2), "{engine:?}");

        for each in waiting {
            let Value::Array(events) = each.await.expect("a reply").ok() else { panic!("no list") };
            assert_eq!(events[0]["subject"]["_id"], made.as_str(), "{engine:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_answers_waiting_requests() {
    for engine in Engine::ALL {
        let server = TestServer::start(engine).await;
        let client = server.client();
        let waiting = tokio::spawn(async move { client.list_events("after=latest&wait=30").await });
        tokio::time::sleep(Duration::from_millis(500)).await;

        let began = Instant::now();
        let stopped = tokio::task::spawn_blocking(move || drop(server.stop()));

        let reply = waiting.await.expect("a reply");
        assert_eq!(reply.ok(), json!([]), "{engine:?}");
        stopped.await.expect("the server stops");
        assert!(began.elapsed() < SOON, "{engine:?}");
    }
}
