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
// Each workspace in a partition of its own: what asks several of them would ask several nodes of a cluster.
conversations_testkit::contract_suite!(
    partitioned,
    conversations_testkit::TestDatabase::partitioned_postgres().await
);
