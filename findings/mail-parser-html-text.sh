#!/usr/bin/env bash
# mail-parser 0.11.9 (crate): the text of an HTML mail loses what follows a bare "<", and glues cells and items together.
#
# Expected: HTML Living Standard 13.2.5.6, "tag open state": "<" before a space is an error after which the sign is text.
# So "a < b and 5 > 3" keeps all its words. Cells of a table and items of a list are boxes of their own (15.3).
# Seen: "a < b and 5 > 3" becomes "a 3", and two cells "Order" and "1042" become "Order1042".
# Why it matters: a bridge that takes `body_text` loses words of the customer without an error, and a search for an order
# number does not find it.
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
mail-parser = "=0.11.9"
TOML
cat >"$dir/src/main.rs" <<'RS'
use mail_parser::MessageParser;

fn text(html: &str) -> String {
    let mail = format!("From: ada@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n");
    let mail = MessageParser::default().parse(mail.as_bytes()).expect("a mail");
    mail.body_text(0).expect("a text").trim().to_owned()
}

fn main() {
    let cells = "<table><tr><td>Order</td><td>1042</td></tr></table>";
    println!("{:?} {:?}", text("<p>a < b and 5 > 3</p>"), text(cells));
}
RS
seen=$(cd "$dir" && CARGO_TARGET_DIR="$dir/target" cargo run --quiet 2>/dev/null)
echo "texts: $seen"
[ "$seen" = '"a 3" "Order1042"' ] || { echo "this has changed"; exit 1; }
