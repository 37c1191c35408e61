//! A real Conversations server for tests: fixtures, and the contract of the storage.
//!
//! It is made for the tests of this project and of those who build on it, so whatever goes wrong
//! in it panics and says what.
#![warn(missing_docs)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a panic is how a test fails; everything here may panic"
)]

pub mod contract;
pub mod fixtures;

mod client;
mod clock;
mod database;
mod server;

pub use client::{ApiClient, Reply};
pub use clock::TestClock;
pub use database::{Engine, TestDatabase};
pub use server::{TestServer, key_order};
