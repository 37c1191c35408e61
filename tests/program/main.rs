//! The program itself: the real binary, its command line, its end and its sudden end, on both
//! databases.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod answers;
mod backup;
mod between;
mod browsers;
mod canaries;
mod check;
mod clock;
mod commands;
mod crash;
mod database_url;
mod demo;
mod erasures;
mod examples;
mod helpers;
mod https;
mod install;
mod keep_alive;
mod key_rotation;
mod limits;
mod metrics;
mod neighbours;
#[allow(dead_code, reason = "the tests under faults use more of it")]
mod process;
mod raw;
mod readme;
mod refusals;
mod seed;
mod start;
mod stop;
mod tls;
#[cfg(feature = "otel")]
mod traces;
mod unix_socket;
