//! What fuzzers check, with input at random and with what the fuzzers start from.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::fuzzing::{self, TARGETS};

/// Text of the pieces of which the input of a parser is made.
fn of_pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn the_fuzz_seeds_pass() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds");

    for (target, check) in TARGETS {
        let files: Vec<_> = fs::read_dir(seeds.join(target)).expect("seeds").collect();
        assert!(!files.is_empty(), "{target} has no seeds");
        for file in files {
            check(&fs::read(file.expect("a file").path()).expect("a seed"));
        }
    }
}

proptest! {
    #[test]
    fn no_input_panics_a_parser(bytes: Vec<u8>, text: String) {
        for (_, check) in TARGETS {
            check(&bytes);
            check(text.as_bytes());
        }
    }

    #[test]
    fn keys_are_recognized_by_form_and_checksum(
        text in "sk_live_([0-9A-Za-z]{43}|[ -~]{43}|[0-9A-Za-z]{20,60}|.{43})",
    ) {
        fuzzing::key(&text);
    }

    #[test]
    fn cursors_have_one_spelling(text in "[A-Za-z0-9_-]{56}|AQ[A-Za-z0-9_-]{54}|.{50,60}") {
        fuzzing::cursor(&text);
    }

    #[test]
    fn queries_are_parsed_or_refused(text in of_pieces(&[
        "status", "priority", "assignedTo", "inboxId", "customerId", "label", "page", "limit", "=",
        "sort", "-updatedAt", "createdAfter=2026-11-22T15:04:05.123Z&", "channel", "source", "cursor=",
        "AQABAgMEBQYHCAkKCwwNDg8AAAAAAAAAAAMBk6XCERF6vI3vAAAAAAAB",
        "=", "=", "&", "&", "&", ",", "%", "%2c", "+", "open", "urgent", "none", "1", "100", "vip",
        "0193a5c2-1111-7abc-8def-000000000001", "status=open,closed&", "label=a,b&", "page=7&",
    ])) {
        fuzzing::query(&text);
    }

    #[test]
    fn bodies_are_parsed_or_refused(text in of_pieces(&[
        "{", "}", "[", "]", ":", ",", "\"", "null", "true", "1", "-0", "1e400", "\"name\":\"a\"",
        "\"email\":\"a@example.com\"", "\"role\":\"agent\"", "\"profile\":{", "\"body\":\"text\"",
        "\"author\":{\"type\":\"system\"}", "\"tags\":[\"a\"", "\"customFields\":{\"a\":1",
        "\"rateLimit\":\"600/min\"", "\"subject\":\"a\"", "\"status\":\"open\"", "\\u0061", " ",
    ]).prop_map(|inside| format!("{{{inside}}}"))) {
        fuzzing::body(text.as_bytes());
    }

    #[test]
    fn heads_are_parsed_or_refused(text in of_pieces(&[
        "authorization:", "x-api-key:", "idempotency-key:", "x-request-id:", "content-type:",
        "content-encoding:", "Bearer ", "bearer", "Basic ", "abc", "abc", "\n", "\n", "\n", "\t",
        "application/json", "; charset=utf-8", "identity", "gzip", "content-length: 0\n",
    ])) {
        fuzzing::head(text.as_bytes());
    }

    #[test]
    fn conditions_are_parsed_or_refused(text in of_pieces(&[
        "*", "\"", "\"1\"", "W/", "W/\"1-0-0\"", ",", ", ", "\t", "\"\"",
    ])) {
        fuzzing::conditions(text.as_bytes());
    }

    #[test]
    fn clients_cannot_forge_their_address(
        trusted in of_pieces(&["10.0.0.0/8", ",", "fd00::/8", "::ffff:192.0.2.1", "127.0.0.1"]),
        peer in prop::sample::select(&["10.0.0.1", "::ffff:10.0.0.1", "203.0.113.9", "fd00::1"][..]),
        lines in of_pieces(&[
            "10.0.0.2", ",", ", ", "\n", "203.0.113.9", "::ffff:10.0.0.3", "[fd00::2]:80", "unknown",
        ]),
    ) {
        fuzzing::forwarded(format!("{trusted}\n{peer}\n{lines}").as_bytes());
    }

    #[test]
    fn limits_have_one_spelling(text in "[+0-9]{0,8}/?(s|min|h|.{0,3})") {
        fuzzing::rate_limit(&text);
    }
}
