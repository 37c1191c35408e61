//! Fuzzes the reading of cursors.

#![no_main]

use conversations_http::fuzzing::cursor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| cursor(input));
