//! What callers of the API see, on both databases: a file per operation, and the tables that go
//! over all operations.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

#[macro_use]
mod support;

mod admission;
mod audit;
mod authentication;
mod cancellation;
mod claim;
mod clocks;
mod counts;
mod create;
mod cursors;
mod customers;
mod database_parity;
mod deadline;
mod deep_pages;
mod delete;
mod deletion_reasons;
mod demo_desk;
mod emails;
mod erasure;
mod error_details;
mod etags;
mod event_streams;
mod events;
mod external_ids;
mod get;
mod history;
mod hostile_input;
mod idempotency;
mod inboxes;
mod isolation;
mod keys;
mod labels;
mod large_pages;
mod limits;
mod list;
mod list_oracle;
mod list_versions;
mod me;
mod messages;
mod metrics;
mod partial_edits;
mod permissions;
mod protocol;
mod put_external;
mod races;
mod rate_limits;
mod references;
mod revocation;
mod search;
mod search_bounds;
mod update;
mod users;
mod waiting_for_events;
mod webhooks;
mod write_only;
