//! Callers that ask for much and read nothing: they hold as much memory as their key may, the others are
//! answered, and the memory comes back.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use conversations_testkit::{Engine, TestDatabase};
use serde_json::json;
use socket2::{Domain, Socket, Type};

use crate::client::Call;
use crate::load::MARGIN;
use crate::serial_stories::{sized, story};
use crate::server::{Server, eventually};

/// Callers who read nothing. Each asks for about 4 MiB.
const READERS: usize = 60;

/// What a key may hold of replies, in KiB.
const QUOTA: usize = 64 << 10;

/// What else the server may need meanwhile, in KiB: what the allocator does not give back at once, and
/// pages of which it is not known yet how large they are, one for each thread that reads.
const ELSE: usize = 64 << 10;

/// What the allocator may keep for what comes next, in KiB.
const KEPT: usize = 64 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_hold_what_they_may_and_no_more() {
    let mut story = story("readers_that_do_not_read").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let client = server.client();
        let body = json!({ "subject": "Long", "inboxId": server.inbox() });
        let talk = client.data(Call::post("/api/v1/conversations", body)).await;
        let path =
            format!("/api/v1/conversations/{}/messages", talk["_id"].as_str().expect("an id"));
        let long = json!({ "body": "😀".repeat(65_536), "author": { "type": "system" } });
        for _ in 0..16 {
            client.data(Call::post(path.clone(), long.clone())).await;
        }
        let honest = server.client_of("honest");
        let before = server.memory();

        let mut readers: Vec<_> =
            (0..READERS).map(|_| ask(&server, &format!("{path}?limit=16"))).collect();
        let (mut most, mut refused) = (0, false);
        for _ in 0..sized(30, 300) {
            let answer = honest.answer(&Call::get("/api/v1/inboxes")).await;
            assert!(answer.status == 200 && answer.took < MARGIN, "{engine:?}: {answer:?}");
            most = most.max(server.memory());
            // Those for whom there was no room try again.
            readers.extend((0..2).map(|_| ask(&server, &format!("{path}?limit=16"))));
            // Until the connections of those who do not read are ended.
            refused |= client.answer(&Call::get("/api/v1/inboxes")).await.status == 503;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!(
            "{engine:?}: {before} KiB before, at most {most} KiB while the replies are unread"
        );
        assert!(most < before + QUOTA + ELSE, "{engine:?}: {most} KiB");
        assert!(refused, "{engine:?}: the key holds as much as it may");

        drop(readers);
        let back = async || server.memory() < before + KEPT;
        let took = eventually("the memory comes back", Duration::from_secs(60), back).await;
        println!("{engine:?}: {} KiB after {took:?}", server.memory());
        let served = client.answer(&Call::get("/api/v1/inboxes")).await;
        assert_eq!(served.status, 200, "{engine:?}");
        server.assert_alive();
    }
}

/// Asks for something, and leaves it unread in the smallest buffer that there is.
fn ask(server: &Server, path: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address: SocketAddr = server.listens_on().parse().expect("an address");
    socket.connect(&address.into()).expect("a connection");
    let mut stream = TcpStream::from(socket);
    let key = server.key();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n")
        .expect("a request");
    stream
}
