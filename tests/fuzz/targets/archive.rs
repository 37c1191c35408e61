//! Fuzzes the reading of exports.

#![no_main]

use conversations_archive::fuzzing::archive;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| archive(input));
