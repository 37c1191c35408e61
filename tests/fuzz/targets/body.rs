//! Fuzzes the reading of JSON bodies.

#![no_main]

use conversations_http::fuzzing::body;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body(input));
