#!/usr/bin/env bash
# standardwebhooks: a secret without padding is taken by the npm package (1.1.1) and the Python one (1.1.0), and refused by
# the crate (1.0.1).
#
# Expected: three libraries of one project, by the same authors, for one specification (Standard Webhooks 1.0), read a
# secret alike, or the specification says which form is right; it says "base64" and no more.
# Seen: 25 bytes as base64 without "==" at the end sign alike in JavaScript and Python; in Rust the constructor fails.
# Why it matters: a provider tests its secrets with the reference in one language, and the customers with another one
# cannot even start. Give out secrets of 24 or 48 bytes, where no padding arises.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
secret="whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA"
npm install --silent --no-audit --no-fund standardwebhooks@1.1.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
standardwebhooks = "=1.0.1"
TOML
cat >src/main.rs <<RS
fn main() {
    println!("{}", standardwebhooks::Webhook::new("$secret").is_ok());
}
RS
js=$(node -e "new (require('standardwebhooks').Webhook)('$secret'); console.log(true)" 2>/dev/null || echo false)
py=$(venv/bin/python -c "from standardwebhooks.webhooks import Webhook; Webhook('$secret'); print('true')" 2>/dev/null || echo false)
rust=$(CARGO_TARGET_DIR="$dir/target" cargo run --quiet 2>/dev/null)
seen="npm $js, Python $py, crate $rust"
echo "takes a secret without padding: $seen"
[ "$seen" = "npm true, Python true, crate false" ] || { echo "this has changed"; exit 1; }
