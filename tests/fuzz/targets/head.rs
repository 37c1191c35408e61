//! Fuzzes the reading of the headers that say who calls, and what.

#![no_main]

use conversations_http::fuzzing::head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| head(input));
