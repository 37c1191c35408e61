//! Tests of the whole surface over mocked storage, by what they are about.

mod conversations;
mod customers;
mod error_table;
mod errors;
mod json;
mod keys;
mod log;
mod messages;
mod order;
mod query;
mod socket;
mod surface;
