//! The contract of the storage ports: what every storage does, as cases that run unchanged on each
//! database.
//!
//! A case takes an empty database and panics where the storage breaks the contract.
//! [`contract_suite!`](crate::contract_suite) lists them all and makes a test of each.

pub mod audit;
mod bulk;
mod cases;
mod commits;
pub mod concurrent_lists;
pub mod conversations;
pub mod counts;
pub mod cursor_pages;
pub mod customer_changes;
pub mod customer_erasure;
pub mod customer_filters;
pub mod customers;
pub mod deliveries;
pub mod directories;
pub mod directory_deletion;
pub mod emails;
pub mod erasure;
pub mod exports;
pub mod external_ids;
pub mod feed;
pub mod feed_upkeep;
pub mod filters;
mod full_conversation;
pub mod health;
pub mod history;
pub mod imports;
pub mod inboxes;
pub mod key_changes;
pub mod key_rotation;
pub mod key_users;
pub mod key_uses;
pub mod keys;
pub mod labels;
pub mod large_pages;
pub mod listing;
pub mod message_deletion;
pub mod message_streams;
pub mod messages;
pub mod observed_versions;
pub mod operations;
mod operator_cases;
pub mod oracle;
mod pages;
mod paging;
pub mod pending_erasures;
pub mod races;
mod random;
mod random_texts;
pub mod search;
pub mod sort_orders;
pub mod stored_responses;
mod suite;
mod tenant;
pub mod text_search;
pub mod time_filters;
pub mod totals;
pub mod updates;
pub mod user_deletion;
pub mod users;
pub mod webhooks;
pub mod workspaces;
pub mod write_records;

#[cfg(test)]
mod listing_tests;
