#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a panic is how a test fails; everything here may panic"
)]

#[cfg(feature = "contract")]
pub mod contract;
pub mod fixtures;

mod client;
mod clock;
mod database;
mod findings;
mod held;
mod ids;
#[cfg(not(feature = "postgres"))]
#[path = "no_postgres.rs"]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres;
mod random;
mod remains;
mod server;

pub use client::{ApiClient, Reply};
pub use clock::TestClock;
pub use database::{Engine, TestDatabase};
pub use findings::{FINDINGS, Finding, finds};
pub use held::HeldTable;
pub use ids::TestIds;
pub use random::Random;
pub use server::{TestServer, key_order};
