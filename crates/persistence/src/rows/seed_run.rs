//! The rows of `seedings`.

use conversations_application::ports::{RepositoryError, SeedRun, SeedShape};
use conversations_domain::WorkspaceId;
use diesel::{Insertable, Queryable, Selectable};

use super::{count, to_column};
use crate::columns::{DbId, DbTime};
use crate::error::column;
use crate::schema::seedings;

const TABLE: &str = "seedings";

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = seedings)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct SeedingRow {
    workspace_id: DbId,
    first: i64,
    conversations: i64,
    batch: i64,
    customers: i64,
    users: i64,
    inboxes: i64,
    messages_per: i64,
    ends_at: DbTime,
}

impl SeedingRow {
    pub(crate) fn new(workspace: WorkspaceId, seeding: SeedRun) -> Self {
        let SeedRun { first, conversations, batch, shape, ends_at } = seeding;
        let SeedShape { customers, users, inboxes, messages_per } = shape;
        Self {
            workspace_id: DbId::of(workspace),
            first: to_column(first),
            conversations: to_column(conversations),
            batch: to_column(batch),
            customers: customers.into(),
            users: users.into(),
            inboxes: inboxes.into(),
            messages_per: messages_per.into(),
            ends_at: DbTime(ends_at),
        }
    }
}

impl TryFrom<SeedingRow> for SeedRun {
    type Error = RepositoryError;

    fn try_from(row: SeedingRow) -> Result<Self, RepositoryError> {
        let SeedingRow {
            workspace_id: _,
            first,
            conversations,
            batch,
            customers,
            users,
            inboxes,
            messages_per,
            ends_at,
        } = row;
        Ok(Self {
            first: count(TABLE, "first", first)?,
            conversations: count(TABLE, "conversations", conversations)?,
            batch: count(TABLE, "batch", batch)?,
            shape: SeedShape {
                customers: column(TABLE, "customers", customers.try_into())?,
                users: column(TABLE, "users", users.try_into())?,
                inboxes: column(TABLE, "inboxes", inboxes.try_into())?,
                messages_per: column(TABLE, "messages_per", messages_per.try_into())?,
            },
            ends_at: ends_at.0,
        })
    }
}
