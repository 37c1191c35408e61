//! Callers that reset their connections, or stall within a head or a body: the honest ones are
//! answered, and what the others held comes back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, Random, TestDatabase};
use serde_json::json;

use crate::client::Call;
use crate::load::{DEADLINE, Load, MARGIN};
use crate::serial_stories::{sized, story};
use crate::server::{Server, eventually};

/// How many files may be open more than before, for connections of the honest.
const OTHERS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn reset_requests_do_not_affect_others() {
    let mut story = story("requests_that_are_reset").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let load = Load::start(&server, &mut story.random);
        let began = Instant::now();
        let (files, mut memory) = (server.open_files(), 0);

        for wave in 0..2 {
            reset_many(&server, sized(200, 1_000), story.random.number()).await;
            let few = async || server.open_files() <= files + OTHERS;
            eventually("connections are closed", Duration::from_secs(10), few).await;
            assert!(wave == 0 || server.memory() < memory + 48 * 1024, "memory grows");
            memory = server.memory();
        }

        let seen = load.stop().await;
        println!("{engine:?}: {} files, {memory} KiB", server.open_files());
        assert!(seen.count(201, began) > 0);
        server.assert_alive();
        seen.assert_kept(&server.client()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_bodies_hold_up_nobody() {
    let mut story = story("slow_heads_and_bodies").await;
    let database = TestDatabase::sqlite();
    // All of them come from one address.
    let many = ["--connections-per-address", "0"];
    let server = Server::start_with(database.url(), &mut story.random, &many).await;
    let load = Load::start(&server, &mut story.random);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let files = server.open_files();
    let (slow, began) = (Slow::start(&server, sized(100, 1_000)), Instant::now());

    let arrived = async || server.open_files() > files + slow.count / 2;
    eventually("they are there", Duration::from_secs(5), arrived).await;
    // What stalls is ended in ten seconds, a head or a body.
    let gone = async || server.open_files() <= files + OTHERS;
    let within = Duration::from_secs(10) + 3 * MARGIN;
    let took = eventually("slow ones are sent away", within, gone).await;

    let answered = slow.stop();
    println!("{answered} of {} were told; all were gone after {took:?}", slow.count);
    let seen = load.stop().await;
    // No request waited so long that it was refused.
    seen.assert_only_success_since(began);
    server.assert_alive();
    let live = server.client().answer(&Call::get("/health/live")).await;
    assert!(live.took < DEADLINE);
}

/// Requests that are sent, wholly or in part, and then reset.
async fn reset_many(server: &Server, count: usize, seed: u64) {
    const THREADS: usize = 8;
    let body = json!({
        "subject": "Cut off",
        "inboxId": server.inbox(),
        "customer": { "profile": { "firstName": "Ada" } },
        "message": { "body": "Hello" },
    })
    .to_string();
    let requests = [
        head(server, "POST", "/api/v1/conversations", body.len()) + &body,
        head(server, "GET", "/api/v1/conversations?limit=100", 0),
    ];
    let threads = (0..THREADS as u64).map(|thread| {
        let (address, requests) = (server.listens_on().to_owned(), requests.clone());
        tokio::task::spawn_blocking(move || {
            let mut random = Random::new(seed ^ thread);
            for _ in 0..count / THREADS {
                let request = random.pick(&requests).as_bytes();
                let whole = random.percent(80);
                let length = if whole { request.len() } else { random.below(request.len()) };
                let mut stream = TcpStream::connect(&address).expect("a connection");
                stream.write_all(&request[..length]).expect("a request is sent");
                std::thread::sleep(Duration::from_micros(random.below(5_000) as u64));
                let no_farewell = Some(Duration::ZERO);
                socket2::SockRef::from(&stream).set_linger(no_farewell).expect("a socket");
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.await.expect("requests are cut off");
    }
}

fn head(server: &Server, method: &str, path: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
        server.key()
    )
}

/// Requests that never come to an end: as many that stall within their head as within their body.
struct Slow {
    count: usize,
    stop: Arc<AtomicBool>,
    told: Arc<AtomicUsize>,
}

impl Slow {
    fn start(server: &Server, each: usize) -> Self {
        let slow = Self { count: 2 * each, stop: Arc::default(), told: Arc::default() };
        let heads = head(server, "POST", "/api/v1/conversations", 1_000);
        let (address, stop) = (server.listens_on().to_owned(), Arc::clone(&slow.stop));
        let told = Arc::clone(&slow.told);
        std::thread::spawn(move || {
            let mut streams: Vec<_> = (0..2 * each)
                .map(|number| {
                    let mut stream = TcpStream::connect(&address).expect("a connection");
                    let part = if number % 2 == 0 { "POST /api" } else { &heads };
                    stream.write_all(part.as_bytes()).expect("a part is sent");
                    stream.set_nonblocking(true).expect("a socket");
                    stream
                })
                .collect();
            while !stop.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_secs(1));
                streams.retain_mut(|stream| {
                    let mut reply = [0; 64];
                    match stream.read(&mut reply) {
                        Ok(read) => {
                            told.fetch_add(usize::from(read > 0), Ordering::SeqCst);
                            false
                        }
                        Err(_) => stream.write_all(b" ").is_ok(),
                    }
                });
            }
        });
        slow
    }

    /// Ends them; how many got an answer.
    fn stop(&self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        self.told.load(Ordering::SeqCst)
    }
}
