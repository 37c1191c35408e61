//! Every query, written once. This module is compiled once per database, as a child of its
//! dialect: `super` is `sqlite` or `postgres`.
//!
//! # What a dialect offers
//!
//! A dialect that lacks one of these does not compile.
//!
//! | what | for |
//! | --- | --- |
//! | `Backend`, `Connection` | diesel's types |
//! | `Database` | runs a [`Query`](crate::work::Query): `read`, `read_for_authentication` and `read_list` outside of transactions, `snapshot` and `search` in one that sees one moment, `write` in one that lands whole or not at all, `snapshot_without_limit` and `write_without_limit` for as long as whole workspaces take. `…_at_length` has a deadline of its own, `…_then` looks at what landed, `write_step` and `write_in_bulk` leave time for others |
//! | `BatchLoader`, `LookupKeys`, `LoadedRows`, `key_batches`, `in_keys` | rows by many ids at once |
//! | `WriteBatcher` | writes that share a transaction |
//! | `for_update!`, `for_share!`, `for_update_skip_locked!`, `for_no_key_update!` | locks on rows until the transaction ends |
//! | `cancellable!`, `cancellable_if!` | a query that stops when its caller has gone |
//! | `load_all!`, `offload_if_large` | where rows are turned into entities |
//! | `insert_events`, `number_events`, `drop_waiting_events`, `HAS_WAITING`, `WAITING`, `WAITING_SUBJECTS`, `COUNT_OF_ALL_WAITING`, `FIRST_WAITING`, `NEWEST` | the feed: events and their numbers |
//! | `insert_all`, `update_conversations`, `add_to_counts` | many rows, with statements that are prepared once |
//! | `id_for_each_conversation`, `a_millisecond_after_the_last_change`, `place_in`, `DAY_OF_ID`, `TEXT_OF_ID` | expressions |
//! | `search` | the index of words: how texts get in and out, and are found |
//! | `is_lock_timeout_error` | whether an error is a lock that was not given in time |
//! | `SEED_BATCHING`, `vacuum_analyze` | seeding |
//! | `plan_fixture::PlanFixture` | tests: a database whose plans can be looked at |

mod audit;
mod backfill;
mod conversation_batch;
pub(super) mod conversations;
mod customer_tags;
mod customers;
mod deliveries;
mod emails;
mod envelope;
mod erasures;
mod exports;
mod feed;
mod health;
pub(super) mod hidden;
mod history;
mod history_and_audit;
mod imports;
mod inboxes;
mod keys;
mod list_index;
mod long_content;
mod messages;
mod paging;
mod rendered;
pub(super) mod search;
mod seed;
mod sql_builder;
mod stored_responses;
mod totals;
mod users;
mod version_checks;
mod webhooks;
mod workspaces;

use std::sync::Arc;

use conversations_application::ports::RepositoryError;

use super::{
    Backend, BatchLoader, COUNT_OF_ALL_WAITING, Connection, DAY_OF_ID, Database, FIRST_WAITING,
    HAS_WAITING, LoadedRows, LookupKeys, NEWEST, SEED_BATCHING, TEXT_OF_ID, WAITING,
    WAITING_SUBJECTS, WriteBatcher, a_millisecond_after_the_last_change, add_to_counts,
    drop_waiting_events, id_for_each_conversation, in_keys, insert_all, is_lock_timeout_error,
    key_batches, number_events, offload_if_large, place_in, update_conversations, vacuum_analyze,
};
use crate::Repositories;
use crate::error::column;
use crate::migrations::MigrationError;

/// The later of a stored time and another one: times of changes only move forward, whatever the
/// order in which they are written.
macro_rules! later_of {
    ($column:expr, $time:expr) => {
        diesel::dsl::case_when($column.gt($time), $column).otherwise($time)
    };
}

use later_of;

/// When something changed that is changed at a time: at that time, or a millisecond after its last
/// change when the clock is behind that.
macro_rules! moved_to {
    ($time:expr) => {
        diesel::dsl::case_when(
            crate::schema::conversations::updated_at.gt($time),
            super::a_millisecond_after_the_last_change(),
        )
        .otherwise($time)
    };
}

use moved_to;

/// The repositories over a database.
pub(crate) fn over(database: &Database) -> Repositories {
    Repositories {
        workspaces: Arc::new(workspaces::DieselWorkspaces(database.clone())),
        keys: Arc::new(keys::DieselKeys(database.clone())),
        inboxes: Arc::new(inboxes::DieselInboxes::over(database)),
        users: Arc::new(users::DieselUsers::over(database)),
        customers: Arc::new(customers::DieselCustomers::over(database)),
        conversations: Arc::new(conversations::DieselConversations::over(database)),
        messages: Arc::new(messages::DieselMessages(database.clone())),
        history: Arc::new(history::DieselHistory(database.clone())),
        audit: Arc::new(audit::DieselAudit(database.clone())),
        replies: Arc::new(stored_responses::DieselStoredResponses(database.clone())),
        erasures: Arc::new(erasures::DieselErasures(database.clone())),
        feed: Arc::new(feed::DieselFeed::over(database)),
        webhooks: Arc::new(webhooks::DieselWebhooks(database.clone())),
        deliveries: Arc::new(deliveries::DieselDeliveries(database.clone())),
        totals: Arc::new(totals::DieselTotals(database.clone())),
        exports: Arc::new(exports::DieselExports(database.clone())),
        imports: Arc::new(imports::DieselImports(database.clone())),
        seeds: Arc::new(seed::DieselSeeds(database.clone())),
        readiness: Arc::new(health::DieselReadiness(database.clone())),
    }
}

/// Does what migrations cannot do in SQL, for as much as is still to be done.
pub(crate) async fn complete_migrations(database: &Database) -> Result<(), MigrationError> {
    let failed = |error: RepositoryError| MigrationError::Failed(error.to_string());
    customers::backfill_case_folding(database).await.map_err(failed)?;
    emails::backfill_email_keys(database).await.map_err(failed)?;
    search::backfill_texts(database).await.map_err(failed)
}

/// A count as a query answers it.
fn total(table: &'static str, count: i64) -> Result<u64, RepositoryError> {
    column(table, "count(*)", u64::try_from(count))
}
