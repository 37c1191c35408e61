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
//! | `Database` | runs a [`Query`](crate::work::Query): `read`, `read_first` and `read_list` outside of transactions, `snapshot` and `search` in one that sees one moment, `write` in one that lands whole or not at all. `…_at_length` has a deadline of its own, `…_then` looks at what landed, `write_step` and `write_in_bulk` leave time for others |
//! | `Finder`, `Asked`, `Found`, `questions`, `these` | rows by many ids at once |
//! | `Together` | writes that share a transaction |
//! | `hold!`, `hold_unchanged!`, `hold_free!`, `hold_alone!` | locks on rows until the transaction ends |
//! | `while_awaited!`, `while_awaited_if!` | a query that ends when nobody waits for it |
//! | `load_all!`, `compute` | where rows are turned into entities |
//! | `insert_events`, `number_events`, `drop_waiting_events`, `WAITS`, `WAITS_AT_ALL` | the feed: how events get their numbers |
//! | `insert_all`, `update_conversations`, `add_to_counts` | many rows, with statements that are prepared once |
//! | `id_for_each_conversation`, `a_millisecond_after_the_last_change`, `place_in`, `DAY_OF_ID` | expressions |
//! | `search` | the index of words: how texts get in and out, and are found |
//! | `waited_in_vain` | whether an error is a lock that was not given in time |
//! | `PACE`, `vacuum_analyze` | seeding |
//! | `lab::Lab` | tests: a database whose plans can be looked at |

mod audit;
mod backfill;
mod composed;
mod content;
pub(super) mod conversations;
mod customer_tags;
mod customers;
mod emails;
mod envelope;
mod erasures;
mod feed;
mod health;
pub(super) mod hidden;
mod history;
mod inboxes;
mod keys;
mod messages;
mod record;
mod replies;
pub(super) mod search;
mod seed;
mod seen;
mod stretch;
mod tally;
mod threads;
mod users;
mod workspaces;

use std::sync::Arc;

use conversations_application::ports::RepositoryError;

use super::{
    Asked, Backend, Connection, DAY_OF_ID, Database, Finder, Found, PACE, Together, WAITS,
    WAITS_AT_ALL, a_millisecond_after_the_last_change, add_to_counts, compute, drop_waiting_events,
    id_for_each_conversation, insert_all, number_events, place_in, questions, these,
    update_conversations, vacuum_analyze, waited_in_vain,
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
        replies: Arc::new(replies::DieselReplies(database.clone())),
        erasures: Arc::new(erasures::DieselErasures(database.clone())),
        feed: Arc::new(feed::DieselFeed(database.clone())),
        totals: Arc::new(tally::DieselTotals(database.clone())),
        seeds: Arc::new(seed::DieselSeeds(database.clone())),
        readiness: Arc::new(health::DieselReadiness(database.clone())),
    }
}

/// Does what migrations cannot do in SQL, for as much as is still to be done.
pub(crate) async fn complete_migrations(database: &Database) -> Result<(), MigrationError> {
    let failed = |error: RepositoryError| MigrationError::Failed(error.to_string());
    customers::fold_what_was_there(database).await.map_err(failed)?;
    emails::fold_what_was_there(database).await.map_err(failed)?;
    search::find_words_of_what_was_there(database).await.map_err(failed)
}

/// A count as a query answers it.
fn total(table: &'static str, count: i64) -> Result<u64, RepositoryError> {
    column(table, "count(*)", u64::try_from(count))
}
