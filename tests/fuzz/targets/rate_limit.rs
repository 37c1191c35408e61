//! Fuzzes the reading of rate limits.

#![no_main]

use conversations_http::fuzzing::rate_limit;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| rate_limit(input));
