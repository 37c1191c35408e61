//! What callers of the API see, on both databases: a file per operation, and the tables that go
//! over all operations.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

#[macro_use]
mod support;

mod authentication;
mod cancellation;
mod create;
mod delete;
mod get;
mod hostile;
mod isolation;
mod list;
mod messages;
mod oracle;
mod people;
mod permissions;
mod protocol;
mod update;
