#!/usr/bin/env bash
# mbox-reader 0.2.0 (crate): the last message of a mailbox is never handed out.
#
# Expected: RFC 4155, appendix A: a message goes to the next separator line or to the end of the file. The README of the
# crate iterates over "entries" of a file and names no exception.
# Seen: a file with one message has none, and a file with three has two.
# Why it matters: of each imported mailbox the newest mail is missing, which is often the one that waits for an answer.
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
mbox-reader = "=0.2.0"
TOML
cat >"$dir/src/main.rs" <<'RS'
use mbox_reader::MboxFile;

fn main() {
    let counted: Vec<usize> = [1, 3]
        .map(|messages| {
            let one = "From ada@example.org Mon Mar  2 10:00:00 2026\nSubject: hello\n\nhello\n\n";
            let path = std::env::temp_dir().join(format!("finding-{}-{messages}.mbox", std::process::id()));
            std::fs::write(&path, one.repeat(messages)).expect("a file");
            let count = MboxFile::from_file(&path).expect("a mailbox").iter().count();
            std::fs::remove_file(&path).expect("no file");
            count
        })
        .into();
    println!("{counted:?}");
}
RS
seen=$(cd "$dir" && CARGO_TARGET_DIR="$dir/target" cargo run --quiet 2>/dev/null)
echo "messages of mailboxes with one and with three: $seen"
[ "$seen" = "[0, 2]" ] || { echo "this has changed"; exit 1; }
