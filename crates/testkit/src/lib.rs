//! A real Conversations server for tests: databases, server, client, fixtures, and the contract of
//! the storage.
//!
//! It is made for the tests of this project and of those who build on it, so whatever goes wrong
//! in it panics and says what. A test of another team starts a server of its own, on a database
//! that goes with it:
//!
//! ```
//! use conversations_testkit::{Engine, TestServer};
//! use serde_json::json;
//!
//! # #[tokio::main]
//! # async fn main() {
//! let server = TestServer::start(Engine::Sqlite).await;
//! let client = server.client();
//!
//! let new = json!({ "subject": "Refund", "inboxId": server.inbox() });
//! let conversation = client.create_conversation(&new).await.created();
//!
//! assert_eq!(conversation["status"], "open");
//! let page_zero = client.list_conversations("page=0").await;
//! assert_eq!(page_zero.invalid_fields(), ["page"]);
//! # }
//! ```
//!
//! [`Engine::Postgres`] needs a server, which the variable `TEST_POSTGRES_URL` names. Whoever
//! writes another storage runs [`contract_suite!`] over it.
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
mod findings;
mod held;
mod ids;
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
