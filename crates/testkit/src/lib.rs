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
#[cfg(feature = "postgres")]
mod cluster;
mod database;
mod forensics;
mod ids;
mod locked_table;
#[cfg(feature = "postgres")]
mod partitions;
#[cfg(feature = "postgres")]
mod plan_proxy;
#[cfg(not(feature = "postgres"))]
#[path = "no_postgres.rs"]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres_url;
mod random;
mod search_cases;
mod server;
mod webhook_receiver;

pub use client::{ApiClient, EventStream, Reply, StreamFrame};
pub use clock::TestClock;
pub use database::{Engine, TestDatabase};
pub use ids::TestIds;
pub use locked_table::LockedTable;
pub use random::Random;
pub use search_cases::{SEARCH_CASES, SearchCase, finds};
pub use server::{TestServer, new_api_key};
pub use webhook_receiver::{ReceivedEvent, WebhookReceiver};
