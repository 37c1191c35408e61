//! What callers of the API see, on both databases: a file per operation, and the tables that go
//! over all operations.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

#[macro_use]
mod support;

mod audit;
mod authentication;
mod cancellation;
mod claim;
mod clocks;
mod create;
mod cursors;
mod customers;
mod deadline;
mod delete;
mod edits;
mod emails;
mod erasure;
mod etags;
mod events;
mod far_pages;
mod get;
mod history;
mod hostile;
mod idempotency;
mod inboxes;
mod isolation;
mod keys;
mod labels;
mod large_pages;
mod limits;
mod list;
mod load;
mod me;
mod messages;
mod metrics;
mod oracle;
mod permissions;
mod problems;
mod protocol;
mod races;
mod rate_limits;
mod reasons;
mod references;
mod revocation;
mod search;
mod search_bounds;
mod twins;
mod update;
mod users;
mod write_only;
