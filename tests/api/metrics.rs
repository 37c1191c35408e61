//! `/metrics`: what is counted is what happened, and callers cannot invent labels.
#![expect(clippy::float_cmp, reason = "what is counted are whole numbers")]

mod access;
mod exposition;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use conversations_persistence::ListIndexLimits;
use conversations_testkit::{Engine, TestServer};
use reqwest::Method;
use serde_json::json;

use crate::support::{UNKNOWN, conversation, customer, id};
use exposition::Exposition;

const REQUESTS: &str = "conversations_http_requests_total";
const TIMES: &str = "conversations_http_request_duration_seconds";
const CONVERSATION: &str = "/api/v1/conversations/{id}";

/// Any port of this machine.
fn anywhere() -> String {
    "127.0.0.1:0".to_owned()
}

async fn start(engine: Engine) -> TestServer {
    TestServer::start_with(engine, |settings| settings.metrics_listen = Some(anywhere())).await
}

async fn metrics(server: &TestServer) -> Exposition {
    let address = server.metrics_address().expect("an address");
    let reply = reqwest::get(format!("http://{address}/metrics")).await.expect("a reply");
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "text/plain; version=0.0.4");
    Exposition::parse(&reply.text().await.expect("a text"))
}

/// The requests that were counted, as `METHOD route status`.
fn counted(metrics: &Exposition) -> BTreeMap<String, f64> {
    let counts = metrics.by(REQUESTS, ["method", "route", "status"]);
    counts.into_iter().map(|(labels, count)| (labels.join(" "), count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_counted_once_by_its_route_its_method_and_its_status() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let (client, stranger) = (server.client(), server.anonymous());
        assert!(counted(&metrics(&server).await).is_empty());

        let made = conversation(&client, server.inbox(), json!({})).await;
        let _made = conversation(&client, server.inbox(), json!({})).await;
        let _refused = client
            .create_conversation(&json!({ "subject": 1 }))
            .await
            .refused(422, "VALIDATION_ERROR");
        for _ in 0..3 {
            let _listed = client.list_conversations("status=open&q=refund").await.listed();
        }
        let _shown = client.get_conversation(&id(&made)).await.ok();
        let _refused = client.get_conversation(UNKNOWN).await.refused(404, "NOT_FOUND");
        let head = client.request(Method::HEAD, &format!("/api/v1/conversations/{}", id(&made)));
        assert_eq!(client.send(head).await.status, 200);
        let _refused = client
            .patch("/api/v1/conversations", &json!({}))
            .await
            .refused(405, "METHOD_NOT_ALLOWED");
        let _refused = stranger.list_conversations("").await.refused(401, "AUTH_REQUIRED");
        let _refused = stranger.get("/api/v1/made/up").await.refused(401, "AUTH_REQUIRED");
        let _refused = client.get("/api/v1/made/up").await.refused(404, "NOT_FOUND");
        assert_eq!(stranger.get("/health/ready").await.status, 200);
        let large = client.request(Method::POST, "/api/v1/users").body(vec![b' '; (1 << 20) + 1]);
        let _refused = client.send(large).await.refused(413, "PAYLOAD_TOO_LARGE");

        let metrics = metrics(&server).await;
        let expected = [
            ("GET /api/v1/conversations 200", 3.0),
            ("GET /api/v1/conversations 401", 1.0),
            ("GET /api/v1/conversations/{id} 200", 1.0),
            ("GET /api/v1/conversations/{id} 404", 1.0),
            ("GET /health/ready 200", 1.0),
            ("GET none 401", 1.0),
            ("GET none 404", 1.0),
            ("HEAD /api/v1/conversations/{id} 200", 1.0),
            ("PATCH /api/v1/conversations 405", 1.0),
            ("POST /api/v1/conversations 201", 2.0),
            ("POST /api/v1/conversations 422", 1.0),
            ("POST /api/v1/users 413", 1.0),
        ];
        let expected = expected.map(|(series, count)| (series.to_owned(), count));
        assert_eq!(counted(&metrics), BTreeMap::from(expected), "{engine:?}");

        let labels = ["route", "method"];
        let times = metrics.by(&format!("{TIMES}_count"), labels);
        assert_eq!(times, metrics.by(REQUESTS, labels), "each has its time");
        let classes = metrics.by(&format!("{TIMES}_count"), ["route", "method", "status_class"]);
        let of =
            |class: &str| classes.get(&[CONVERSATION, "GET", class].map(str::to_owned)).copied();
        assert_eq!((of("2xx"), of("4xx"), of("5xx")), (Some(1.0), Some(1.0), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_make_no_new_series() {
    let server = start(Engine::Sqlite).await;
    let stranger = server.anonymous();
    let send = async |number: usize| {
        let method = Method::from_bytes(format!("BREW{number}").as_bytes()).expect("a method");
        let _refused =
            stranger.get(&format!("/made/up/{number}?of={number}")).await.refused(404, "NOT_FOUND");
        let request = stranger.request(method.clone(), &format!("/coffee/{number}"));
        let _refused = stranger.send(request).await.refused(404, "NOT_FOUND");
        let request = stranger.request(method, "/health/live");
        let _refused = stranger.send(request).await.refused(405, "METHOD_NOT_ALLOWED");
    };
    send(0).await;
    let before = metrics(&server).await;

    for number in 1..=40 {
        send(number).await;
    }

    let after = metrics(&server).await;
    assert_eq!(before.len(), after.len());
    let expected =
        [("GET none 404", 41.0), ("other /health/live 405", 41.0), ("other none 404", 41.0)];
    let expected = expected.map(|(series, count)| (series.to_owned(), count));
    assert_eq!(counted(&after), BTreeMap::from(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_and_erasures_are_counted_when_they_happened() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let client = server.client();
        let create = async || {
            let body = json!({ "name": "Returns" });
            let request = client.request(Method::POST, "/api/v1/inboxes").json(&body);
            client.send(request.header("idempotency-key", "one")).await.created()
        };
        assert_eq!(create().await, create().await);
        create().await;

        let person = customer(&client, "ada@example.org").await;
        for _ in 0..3 {
            conversation(&client, server.inbox(), json!({ "customerId": person })).await;
        }
        let alone = conversation(&client, server.inbox(), json!({})).await;
        client.delete_conversation(&id(&alone)).await.deleted();
        let _refused = client.delete_conversation(&id(&alone)).await.refused(404, "NOT_FOUND");
        let _refused = client.delete_customer(&person).await.refused(409, "CONFLICT");
        client.delete_customer(&format!("{person}?erase=true")).await.deleted();
        let _refused = client
            .delete_customer(&format!("{UNKNOWN}?erase=true"))
            .await
            .refused(404, "NOT_FOUND");

        let metrics = metrics(&server).await;
        assert_eq!(metrics.sum("conversations_http_idempotent_replays_total"), 2.0, "{engine:?}");
        let kinds =
            BTreeMap::from(["conversation", "customer"].map(|kind| ([kind.to_owned()], 1.0)));
        assert_eq!(metrics.by("conversations_erasures_started_total", ["kind"]), kinds);
        assert_eq!(metrics.by("conversations_erasures_finished_total", ["kind"]), kinds);
        assert_eq!(metrics.sum("conversations_erased_conversations_total"), 4.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_tells_of_its_connections_and_of_work_that_shared_a_commit() {
    for engine in Engine::ALL {
        // SQLite: a thread for each core that reads lists, one for two cores that searches and that reads
        // single things, and five more. PostgreSQL: twelve for each of two workers and for background tasks.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let threads = cores.clamp(2, 16) + 2 * (cores / 2).clamp(1, 4) + 5;
        let (database, pool, pools, connections) = match engine {
            Engine::Sqlite => {
                ("sqlite", "writer", 5, f64::from(u32::try_from(threads).expect("few")))
            }
            Engine::Postgres => ("postgresql", "changes", 5, 36.0),
        };
        let server = start(engine).await;
        let client = server.client();
        let batches = async || {
            let metrics = metrics(&server).await;
            let of = |end: &str| {
                let name = format!("conversations_database_batch_size{end}");
                metrics.by(&name, ["pool"]).get(&[pool.to_owned()]).copied().unwrap_or_default()
            };
            (of("_count"), of("_sum"))
        };
        let (commits, writes) = batches().await;

        for _ in 0..20 {
            conversation(&client, server.inbox(), json!({})).await;
        }

        let (commits, writes) = {
            let (commits_after, writes_after) = batches().await;
            (commits_after - commits, writes_after - writes)
        };
        // Which keys were used is stored meanwhile.
        assert!((20.0..30.0).contains(&writes) && commits <= writes, "{commits} {writes}");

        let metrics = metrics(&server).await;
        let max = metrics.by("conversations_database_connections_max", ["pool"]);
        assert_eq!(max.len(), pools, "{max:?}");
        assert_eq!(max.values().sum::<f64>(), connections, "{max:?}");
        let open = metrics.by("conversations_database_connections", ["pool"]);
        assert!(open.iter().all(|(pool, open)| *open <= max[pool]), "{open:?} of {max:?}");
        assert!(open[&[pool.to_owned()]] >= 1.0, "{open:?}");
        assert!(metrics.kind("conversations_database_waiting").is_some());
        let waits = metrics.by("conversations_database_wait_seconds_count", ["pool"]);
        assert!(waits[&[pool.to_owned()]] >= commits, "{waits:?}");
        let build = metrics.by("conversations_build_info", ["version", "database"]);
        let expected = [env!("CARGO_PKG_VERSION"), database].map(str::to_owned);
        assert_eq!(build, BTreeMap::from([(expected, 1.0)]));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
        let started = metrics.sum("process_start_time_seconds");
        assert!((now - 300.0..now + 1.0).contains(&started), "{started}");
        assert_eq!(metrics.kind("process_start_time_seconds"), Some("gauge"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_tells_of_its_processor_memory_and_files() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let (client, before) = (server.client(), metrics(&server).await);
        for _ in 0..50 {
            let _made = conversation(&client, server.inbox(), json!({})).await;
        }
        let after = metrics(&server).await;

        let processor = "process_cpu_seconds_total";
        assert_eq!(after.kind(processor), Some("counter"));
        assert!(after.sum(processor) >= before.sum(processor) && after.sum(processor) > 0.0);
        assert!(after.sum("process_resident_memory_bytes") > 1_000_000.0);
        assert!(after.sum("process_threads") > 1.0);
        let open = after.sum("process_open_fds");
        assert!(open > 3.0 && open < after.sum("process_max_fds"), "{open}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_as_many_connections_as_the_settings_say() {
    // Two workers, and what goes on beside requests.
    const WAYS: f64 = 3.0;
    for (engine, pools) in [
        // One more reads lists of other workspaces.
        (Engine::Sqlite, [("lists", 6.0), ("doorkeeper", 1.0), ("writer", 1.0)].as_slice()),
        (
            Engine::Postgres,
            &[
                ("singles", WAYS),
                ("lists", WAYS),
                ("searches", WAYS),
                ("changes", WAYS),
                ("life", WAYS),
            ],
        ),
    ] {
        let server = TestServer::start_with(engine, |settings| {
            settings.metrics_listen = Some(anywhere());
            settings.limits.connections = 5;
            settings.limits.readers = Some(5);
        })
        .await;
        let (client, inbox) = (server.client(), server.inbox().to_owned());
        let callers = (0..8).map(|_| {
            let (client, inbox) = (client.clone(), inbox.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    let made = conversation(&client, &inbox, json!({})).await;
                    let _shown = client.get_conversation(&id(&made)).await.ok();
                    let _listed = client.list_conversations("limit=2").await.listed();
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.expect("all of them are answered");
        }

        let max = metrics(&server).await.by("conversations_database_connections_max", ["pool"]);
        let expected: BTreeMap<_, _> =
            pools.iter().map(|(name, count)| ([(*name).to_owned()], *count)).collect();
        let shown = max.into_iter().filter(|(pool, _)| expected.contains_key(pool));
        assert_eq!(shown.collect::<BTreeMap<_, _>>(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_counts_by_the_list_index_are_counted() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.metrics_listen = Some(anywhere());
            settings.limits.list_index = ListIndexLimits {
                memory: 1 << 20,
                fewest: 0,
                in_background: false,
                ..ListIndexLimits::default()
            };
        })
        .await;
        let client = server.client();
        let labelled = json!({ "labels": ["refund"] });
        let _made = conversation(&client, server.inbox(), labelled).await;
        let lists = |metrics: &Exposition| {
            let lists = metrics.by("conversations_list_index_lists_total", ["outcome"]);
            ["answered", "fallback"].map(|outcome| lists[&[outcome.to_owned()]])
        };
        assert_eq!(lists(&metrics(&server).await), [0.0, 0.0]);

        // The database alone finds the first quickly.
        for query in ["status=open", "label=refund", "status=open&label=refund&sort=priority"] {
            let (listed, _) = client.list_conversations(query).await.listed();
            assert_eq!(listed.len(), 1, "{query}");
        }
        let counts = client.get("/api/v1/conversations/counts?by=channel").await.ok();
        let counts =
            counts.as_array().expect("counts").iter().filter_map(|each| each["count"].as_u64());
        assert_eq!(counts.sum::<u64>(), 1);

        let metrics = metrics(&server).await;
        assert_eq!(lists(&metrics), [3.0, 0.0], "{engine:?}");
        assert_eq!(metrics.sum("conversations_list_indexes"), 1.0);
        assert!(metrics.sum("conversations_list_index_bytes") > 100.0);
        let builds = metrics.by("conversations_list_index_builds_total", ["outcome"]);
        assert_eq!(builds[&["built".to_owned()]], 1.0);
        assert_eq!(builds[&["failed".to_owned()]], 0.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_events_are_counted() {
    for engine in Engine::ALL {
        let server = TestServer::start_with(engine, |settings| {
            settings.metrics_listen = Some(anywhere());
            settings.streams.key_streams = 1;
        })
        .await;
        let client = server.client();
        let foreign = server.client_of("elsewhere").await.stream_events("").await.opened().await.1;
        let stream = client.stream_events_after("", Some(&foreign.id)).await;
        let (mut stream, _) = stream.opened().await;
        assert_eq!(stream.event().await.event, "feed.reset");
        let refused = client.get("/api/v1/events/stream").await;
        let _refused = refused.refused(429, "TOO_MANY_STREAMS");

        let metrics = metrics(&server).await;
        let open = metrics.by("conversations_event_streams", ["kind"]);
        assert!(open[&["stream".to_owned()]] >= 1.0, "{engine:?}: {open:?}");
        assert!(metrics.sum("conversations_event_stream_frames_total") >= 3.0, "{engine:?}");
        assert_eq!(metrics.sum("conversations_event_stream_resets_total"), 1.0, "{engine:?}");
        let refused = metrics.by("conversations_event_streams_refused_total", ["by"]);
        assert_eq!(refused[&["key".to_owned()]], 1.0, "{engine:?}: {refused:?}");
    }
}
