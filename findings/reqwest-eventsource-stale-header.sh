#!/usr/bin/env bash
# reqwest-eventsource 0.6.0 (crate): a first position that the caller gives stays beside each later one.
#
# Expected: HTML Living Standard 9.2.3: Last-Event-ID is set to the last event id when the client comes back; one value.
# Seen: the request builder carries `Last-Event-ID: 5`; after event 6 the client comes back with two lines, 5 and then 6.
# Why it matters: a server that reads the first line sends event 6 again, and so for ever as it goes on: an order that is
# acted on is acted on twice. A server that wants to be safe takes the last line, or refuses two that differ.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat >"$dir/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
reqwest-eventsource = "=0.6.0"
reqwest = { version = "=0.12.28", default-features = false, features = ["stream"] }
tokio = { version = "1", features = ["rt", "macros", "net", "io-util", "time"] }
futures-util = "0.3"
TOML
cat >"$dir/src/main.rs" <<'RS'
use futures_util::StreamExt;
use reqwest_eventsource::EventSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let request = reqwest::Client::new().get(url).header("Last-Event-ID", "5");
    let mut source = EventSource::new(request).expect("a source");
    tokio::task::LocalSet::new().run_until(async move {
        tokio::task::spawn_local(async move { while source.next().await.is_some() {} });
        loop {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut head = vec![0; 4096];
            let length = socket.read(&mut head).await.expect("a head");
            let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
            let positions: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("last-event-id: ")).collect();
            if positions != ["5"] {
                println!("{}", positions.join(" "));
                return;
            }
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nid: 6\ndata: six\n\n";
            socket.write_all(answer.as_bytes()).await.expect("written");
        }
    }).await;
}
RS
seen=$(cd "$dir" && CARGO_TARGET_DIR="$dir/target" timeout 300 cargo run --quiet 2>/dev/null)
echo "positions that are asked for after event 6: $seen"
[ "$seen" = "5 6" ] || { echo "this has changed"; exit 1; }
