//! Every query, written once. This module is compiled once per database, as a child of its
//! dialect: `super` is `sqlite` or `postgres`.

mod conversations;
mod customers;
mod health;
mod inboxes;
mod keys;
mod messages;
mod record;
mod users;
mod workspaces;

use std::sync::Arc;

use conversations_application::PageRequest;
use conversations_application::ports::RepositoryError;

use super::{Backend, Connection, Database};
use crate::Repositories;
use crate::error::column;

/// The repositories over a database.
pub(crate) fn over(database: &Database) -> Repositories {
    Repositories {
        workspaces: Arc::new(workspaces::DieselWorkspaces(database.clone())),
        keys: Arc::new(keys::DieselKeys(database.clone())),
        inboxes: Arc::new(inboxes::DieselInboxes(database.clone())),
        users: Arc::new(users::DieselUsers(database.clone())),
        customers: Arc::new(customers::DieselCustomers(database.clone())),
        conversations: Arc::new(conversations::DieselConversations(database.clone())),
        messages: Arc::new(messages::DieselMessages(database.clone())),
        readiness: Arc::new(health::DieselReadiness(database.clone())),
    }
}

/// The bounds of a page as a query takes them: how many rows, after how many.
fn bounds(page: PageRequest) -> (i64, i64) {
    // Every page's offset is below 2^63: `PageRequest` sees to it.
    (i64::from(page.limit()), i64::try_from(page.offset()).unwrap_or(i64::MAX))
}

/// A count as a query answers it.
fn total(table: &'static str, count: i64) -> Result<u64, RepositoryError> {
    column(table, "count(*)", u64::try_from(count))
}

/// Makes an entity of each row.
fn entities<R, E: TryFrom<R, Error = RepositoryError>>(
    rows: Vec<R>,
) -> Result<Vec<E>, RepositoryError> {
    rows.into_iter().map(E::try_from).collect()
}
