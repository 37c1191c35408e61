//! Stopping: whatever had arrived is answered whole, and then it is over.

use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant, SystemTime};

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::json;

use crate::process::{Program, command, printed, run, secret_in};
use crate::raw_http::{RawConnection, head};

/// The connections that send a request at the moment at which the server is told to stop.
const CONNECTIONS: usize = 50;
const ROUNDS: usize = 5;

/// A server, an administrator's key, and an inbox.
struct Scene {
    database: TestDatabase,
    program: Program,
    key: String,
    inbox: String,
}

impl Scene {
    async fn new(engine: Engine, arguments: &[&str]) -> Self {
        let database = TestDatabase::new(engine).await;
        let permissions = ["read:conversations", "write:conversations", "write:inboxes"];
        let mut order = vec!["keys", "create", "--workspace", "acme", "--name", "robot"];
        order.extend(permissions.iter().flat_map(|each| ["--permission", *each]));
        let key = secret_in(&printed(&run(&database, &order))).expect("a key");
        let program = serve(&database, arguments);
        let inbox = program.client(&key).post("/api/v1/inboxes", &json!({ "name": "Sales" })).await;
        let inbox = inbox.created()["_id"].as_str().expect("an id").to_owned();
        Self { database, program, key, inbox }
    }

    fn connect(&self) -> RawConnection {
        RawConnection::connect(self.program.address()).expect("a connection")
    }

    fn list(&self) -> String {
        head("GET /api/v1/conversations", &self.key, 0)
    }

    fn create(&self) -> String {
        let body = json!({ "subject": "Late", "inboxId": self.inbox }).to_string();
        head("POST /api/v1/conversations", &self.key, body.len()) + &body
    }

    /// A connection that has sent the head of a create and a part of the body, and the rest of it.
    fn half_sent(&self) -> (RawConnection, String) {
        let request = self.create();
        let (first, rest) = request.split_at(request.len() - 20);
        let mut connection = self.connect();
        connection.send(first).expect("a beginning");
        sleep(Duration::from_millis(200));
        (connection, rest.to_owned())
    }
}

fn serve(database: &TestDatabase, arguments: &[&str]) -> Program {
    let mut serve = command(database, &["serve", "--listen", "127.0.0.1:0"]);
    serve.args(arguments);
    Program::from_command(serve)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_arrived_are_answered_completely() {
    let seed = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    println!("seed {seed}");
    let mut random = Random::new(seed);
    for engine in Engine::ALL {
        let mut scene = Scene::new(engine, &[]).await;
        let mut acknowledged = 0;
        for round in 0..ROUNDS {
            let address = scene.program.address().to_owned();

            acknowledged += stop_among_requests(&scene, round % 2 * 4, &mut random);
            let (_, status) = scene.program.end();

            assert_eq!(status.code(), Some(0), "{engine:?}: round {round}");
            assert!(
                RawConnection::connect(&address).is_err(),
                "{engine:?}: a socket still listens"
            );
            if let Some(file) = scene.database.url().strip_prefix("sqlite://") {
                let log = std::fs::metadata(Path::new(&format!("{file}-wal")));
                assert!(log.map_or(0, |log| log.len()) == 0, "the log was not taken in");
            }
            scene.program = serve(&scene.database, &[]);
        }
        let client = scene.program.client(&scene.key);
        let (_, pagination) = client.list_conversations("limit=1").await.listed();
        assert_eq!(pagination["total"], acknowledged, "{engine:?}");
    }
}

/// Tells the server to stop while requests arrive and some are half here, and answers how many
/// creates it acknowledged.
fn stop_among_requests(scene: &Scene, half_sent: usize, random: &mut Random) -> usize {
    let start = Arc::new(Barrier::new(CONNECTIONS + 1));
    let mut idle = scene.connect();
    idle.send(&scene.list()).expect("a request");
    let _first = idle.reply().expect("a reply");
    let half_sent: Vec<_> = (0..half_sent).map(|_| scene.half_sent()).collect();
    let at_once: Vec<JoinHandle<_>> = (0..CONNECTIONS)
        .map(|number| {
            let (mut connection, start) = (scene.connect(), Arc::clone(&start));
            let (list, create) = (scene.list(), scene.create());
            let (creates, moment) = (number % 3 == 0, moment(random));
            spawn(move || {
                // Most are connections that have been used, some are not.
                if number % 10 != 0 {
                    connection.send(&list).expect("a request");
                    let _first = connection.reply().expect("a reply");
                }
                start.wait();
                sleep(moment);
                connection.send(if creates { &create } else { &list }).expect("a request");
                let reply = connection.reply().unwrap_or_else(|cut| panic!("{number}: {cut}"));
                assert_eq!(reply.status, if creates { 201 } else { 200 }, "{reply:?}");
                assert!(reply.body["success"] == true && connection.ends(), "{reply:?}");
                usize::from(creates)
            })
        })
        .collect();

    start.wait();
    sleep(moment(random));
    scene.program.terminate();
    let late = half_sent.len();
    if late > 0 {
        sleep(Duration::from_millis(500));
    }
    for (mut connection, rest) in half_sent {
        connection.send(&rest).expect("the rest");
        let reply = connection.reply().expect("a whole reply");
        assert_eq!(reply.status, 201, "{reply:?}");
        assert!(reply.says("connection: close") && connection.ends(), "{reply:?}");
    }
    let created =
        at_once.into_iter().map(|each| each.join().expect("a whole reply")).sum::<usize>();
    assert!(idle.ends(), "what is idle is closed");
    created + late
}

fn moment(random: &mut Random) -> Duration {
    Duration::from_micros(random.number() % 20_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_delay_the_shutdown() {
    let scene = Scene::new(Engine::Sqlite, &[]).await;
    let (mut used, silent, mut beginning) = (scene.connect(), scene.connect(), scene.connect());
    used.send(&scene.list()).expect("a request");
    let _reply = used.reply().expect("a reply");
    beginning.send("GET /api").expect("a beginning");
    let began = Instant::now();

    let (_, status) = scene.program.stop();

    assert_eq!(status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(4), "it took {:?}", began.elapsed());
    for mut connection in [used, silent, beginning] {
        assert!(connection.ends());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_events_end_before_the_requests() {
    for engine in Engine::ALL {
        let scene = Scene::new(engine, &["--heartbeat", "1s"]).await;
        let client = scene.program.client(&scene.key);
        let mut streams = Vec::new();
        for _ in 0..20 {
            streams.push(client.stream_events("").await.opened().await.0);
        }
        let began = Instant::now();

        let (_, status) = scene.program.stop();

        assert_eq!(status.code(), Some(0), "{engine:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "it took {:?}", began.elapsed());
        for mut stream in streams {
            let close = stream.event().await;
            assert_eq!(close.data, json!({ "reason": "shutdown" }), "{engine:?}");
            assert_eq!(stream.next().await, None, "{engine:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_connections_are_refused_and_open_ones_are_told_to_close() {
    let scene = Scene::new(Engine::Sqlite, &[]).await;
    let (mut held, rest) = scene.half_sent();
    let mut inside = scene.connect();
    inside.send(&scene.list()).expect("a request");
    let first = inside.reply().expect("a reply");
    assert!(!first.says("connection: close"), "{first:?}");

    scene.program.terminate();
    sleep(Duration::from_secs(1));

    assert!(RawConnection::connect(scene.program.address()).is_err(), "it is about to stop");
    inside.send(&head("GET /health/ready", &scene.key, 0)).expect("a request");
    let reply = inside.reply().expect("a reply");
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.says("connection: close") && inside.ends(), "{reply:?}");
    held.send(&rest).expect("the rest");
    assert_eq!(held.reply().expect("a reply").status, 201);
    assert_eq!(scene.program.end().1.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grace_time_ends_requests_that_do_not_finish() {
    let scene = Scene::new(Engine::Sqlite, &["--shutdown-timeout", "1"]).await;
    let (mut held, _) = scene.half_sent();
    let began = Instant::now();

    let (_, status) = scene.program.stop();

    assert_eq!(status.code(), Some(0));
    let took = began.elapsed();
    assert!((500..2_000).contains(&took.as_millis()), "it took {took:?}");
    assert!(held.reply().is_err(), "the request was never whole");
    let again = serve(&scene.database, &[]);
    let (_, pagination) = again.client(&scene.key).list_conversations("").await.listed();
    assert_eq!(pagination["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let scene = Scene::new(Engine::Sqlite, &[]).await;
    let (_held, _) = scene.half_sent();
    scene.program.terminate();
    sleep(Duration::from_millis(500));
    let began = Instant::now();

    let (_, status) = scene.program.stop();

    assert!(status.code().is_some_and(|code| code != 0), "{status}");
    assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
}
