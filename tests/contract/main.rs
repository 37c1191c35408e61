//! The contract of the storage ports, on both databases.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod list_index;
mod pending;
mod plans;
mod shared_reads;
mod shared_writes;
mod store;

mod totals;
mod upgrade;
mod upgrade_emails;

conversations_testkit::contract_suite!(sqlite, conversations_testkit::TestDatabase::sqlite());
conversations_testkit::contract_suite!(
    postgres,
    conversations_testkit::TestDatabase::postgres().await
);
