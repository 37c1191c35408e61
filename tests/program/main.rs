//! The program itself: the real binary, its command line, its end and its sudden end, on both
//! databases.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod archives;
mod backup;
mod check;
mod clock;
mod commands;
mod console;
mod cors;
mod crash;
mod database_url;
mod demo;
mod erasures;
mod example_clients;
mod example_mirrors;
mod examples;
mod healthcheck_and_completions;
mod https;
mod install;
mod keep_alive;
mod key_rotation;
mod key_user;
mod limits;
mod metrics;
mod no_content_in_logs;
#[allow(dead_code, reason = "the tests under faults use more of it")]
mod process;
mod raw_http;
mod readme;
mod refused_starts;
mod release;
mod reply_proxy;
mod seed;
mod start;
mod stop;
mod tls;
#[cfg(feature = "otel")]
mod traces;
mod two_servers_one_file;
mod unix_socket;
mod webhooks;
