#!/usr/bin/env bash
# async-sse 5.1.0 (crate): `retry:3000` is read as 3,000 seconds, and `retry: 3000` is not read at all.
#
# Expected: HTML Living Standard 9.2.6: the value is a time in milliseconds, and one space after the colon is removed.
# Seen: a duration of 3,000 s (50 minutes) without the space, and no retry event with it.
# Why it matters: a follower that heeds it is silent for the better part of an hour after each restart of the server, or
# keeps its own delay though it was told to slow down, and which of the two depends on a space.
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
async-sse = "=5.1.0"
futures-lite = "1"
TOML
cat >"$dir/src/main.rs" <<'RS'
use async_sse::{decode, Event};
use futures_lite::{future::block_on, io::Cursor, StreamExt};

fn retry(text: &'static str) -> Option<u64> {
    block_on(decode(Cursor::new(text)).collect::<Vec<_>>()).into_iter().find_map(|event| match event {
        Ok(Event::Retry(time)) => Some(time.as_secs()),
        _ => None,
    })
}

fn main() {
    println!("{:?} {:?}", retry("retry:3000\n\ndata:one\n\n"), retry("retry: 3000\n\ndata:one\n\n"));
}
RS
seen=$(cd "$dir" && CARGO_TARGET_DIR="$dir/target" cargo run --quiet 2>/dev/null)
echo "seconds without and with the space: $seen"
[ "$seen" = "Some(3000) None" ] || { echo "this has changed"; exit 1; }
