//! How long an idle connection stays open: longer than proxies keep theirs, which is a minute with
//! many, or as long as the operator says.

use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, command, printed, run, secret_in};
use crate::raw_http::RawConnection;

const REQUEST: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Whether a connection that was used is still one after this pause.
async fn survives(arguments: &[&str], pause: Duration) -> bool {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
    let program = Program::from_command(command(&database, &arguments));
    let mut connection = RawConnection::connect(program.address()).expect("a connection");
    connection.send(REQUEST).expect("it is sent");
    assert_eq!(connection.reply().expect("a reply").status, 200);
    tokio::time::sleep(pause).await;
    connection.send(REQUEST).is_ok() && connection.reply().is_ok_and(|reply| reply.status == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_connection_stays_open_unless_told_otherwise() {
    let pause = Duration::from_secs(7);
    let (usual, short) =
        tokio::join!(survives(&[], pause), survives(&["--keep-alive", "2"], pause));
    assert!(usual, "a proxy would have met a connection that was just closed");
    assert!(!short, "the setting says 2 seconds");
}

/// A stream is one reply that lasts for minutes, in which the client sends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_events_outlasts_idle_connections() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let order = ["keys", "create", "--workspace", "acme", "--name", "robot", "--role", "read-only"];
    let key = secret_in(&printed(&run(&database, &order))).expect("a key");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--keep-alive", "1", "--heartbeat", "1s"];
    let program = Program::from_command(command(&database, &arguments));
    let client = program.client(&key);
    let (mut stream, _) = client.stream_events("").await.opened().await;
    let began = Instant::now();

    // An idle connection would end after one second, and five for the next request.
    while began.elapsed() < Duration::from_secs(8) {
        assert!(stream.next().await.is_some_and(|frame| frame.event == "feed.bookmark"));
    }
}
