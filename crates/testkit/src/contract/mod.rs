//! The contract of the storage ports: what every storage does, as cases that run unchanged on each
//! database.
//!
//! A case takes an empty database and panics where the storage breaks the contract.
//! [`contract_suite!`](crate::contract_suite) lists them all and makes a test of each.

pub mod audit;
pub mod conversations;
pub mod customer_changes;
pub mod customer_filters;
pub mod customers;
pub mod deletion;
pub mod directories;
pub mod emails;
pub mod erasure;
pub mod feed;
pub mod filters;
pub mod health;
pub mod history;
pub mod inboxes;
pub mod key_changes;
pub mod key_rotation;
pub mod key_uses;
pub mod keys;
pub mod labels;
pub mod large_pages;
pub mod listing;
mod many;
pub mod messages;
pub mod operations;
pub mod oracle;
pub mod orders;
pub mod pending;
pub mod periods;
pub mod person_erasure;
pub mod races;
mod random;
mod random_texts;
pub mod removals;
pub mod replies;
pub mod search;
pub mod seen;
pub mod streams;
mod suite;
mod tenant;
pub mod texts;
pub mod totals;
pub mod traces;
pub mod updates;
pub mod user_deletion;
pub mod users;
mod walk;
pub mod walks;
mod whole;
pub mod workspaces;
mod writes;
