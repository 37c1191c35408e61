//! Tests of the whole surface over mocked storage, by what they are about.

mod admission;
mod audit;
mod authentication;
mod check_order;
mod conversations;
mod cors;
mod customers;
mod directories;
mod error_table;
mod errors;
mod fuzzing;
mod history;
mod inboxes;
mod json;
mod keys;
mod log;
mod messages;
mod openapi;
mod pages;
mod protocol;
mod query;
mod rate_limits;
mod reply_budget;
mod socket;
mod users;
mod web_pages;
mod webhooks;

pub(crate) use error_table::table as error_table;
