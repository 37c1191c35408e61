//! Fuzzes the reading of `If-Match` and `If-None-Match`.

#![no_main]

use conversations_http::fuzzing::conditions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| conditions(input));
