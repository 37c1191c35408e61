//! Fuzzes the reading of API keys.

#![no_main]

use conversations_http::fuzzing::key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| key(input));
