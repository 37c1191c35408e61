//! Fuzzes the reading of queries.

#![no_main]

use conversations_http::fuzzing::query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| query(input));
