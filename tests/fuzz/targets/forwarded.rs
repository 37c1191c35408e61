//! Fuzzes the reading of `X-Forwarded-For` and trusted proxies.

#![no_main]

use conversations_http::fuzzing::forwarded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| forwarded(input));
