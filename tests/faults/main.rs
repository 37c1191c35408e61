//! The real binary under hostile conditions: what it acknowledged is there, nothing is there twice
//! or by half, and every answer comes in time, whatever dies when.
//!
//! A file per story, each of which says first what it shows. By default they are short, for
//! `make test`; `CONVERSATIONS_FAULTS=full`, which `make test-faults` sets, makes them as long as
//! docs/guarantees.md says. Every story prints its seed; `CONVERSATIONS_FAULTS_SEED` repeats it.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod client;
mod feed_follower;
mod load;
mod postgres;
#[path = "../program/process.rs"]
#[allow(dead_code, reason = "the tests of the program use more of it")]
mod process;
mod proxy;
mod serial_stories;
mod server;
mod sqlite;
mod tmpfs;

mod ambiguous_commits;
mod appends;
mod attacks;
mod cut_requests;
mod different_clocks;
mod dropped_idle_connections;
mod expensive_searches;
mod feeds;
mod foreign_locks;
mod frozen_writers;
mod full_disks;
mod held_writes;
mod indexed_lists;
mod killed_server;
mod killed_upgrade;
mod longest_polls;
mod lost_files;
mod lost_postgres;
mod overload;
mod poolers;
mod races;
mod replayed_feed;
mod slow_readers;
mod stalled_connections;
