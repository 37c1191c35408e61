//! The rows of `conversation_counts` and `conversation_days`, and the fields of a conversation that are counted.

use conversations_domain::CountKey;
use diesel::{Insertable, Queryable, Selectable};

use super::ConversationRow;
use crate::columns::DbId;
use crate::schema::{conversation_counts, conversation_days, conversations};

/// A conversation as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = conversations)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct CountedConversation {
    pub(crate) id: DbId,
    pub(crate) status: String,
    pub(crate) priority: i16,
    pub(crate) inbox_id: DbId,
    pub(crate) assignee_id: Option<DbId>,
}

impl CountedConversation {
    /// The conversation with this id, as it is counted by this key.
    pub(crate) fn of(id: DbId, key: CountKey) -> Self {
        let CountKey { status, priority, inbox, assignee } = key;
        Self {
            id,
            status: status.as_str().to_owned(),
            priority: i16::from(priority.rank()),
            inbox_id: DbId::of(inbox),
            assignee_id: assignee.map(DbId::of),
        }
    }
}

impl From<&ConversationRow> for CountedConversation {
    fn from(row: &ConversationRow) -> Self {
        let &ConversationRow { id, ref status, priority, inbox_id, assignee_id, .. } = row;
        Self { id, status: status.clone(), priority, inbox_id, assignee_id }
    }
}

/// A slot of a cell, or what is added to one.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversation_counts)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct CountRow {
    pub(crate) workspace_id: DbId,
    pub(crate) inbox_id: DbId,
    pub(crate) assignee_id: DbId,
    pub(crate) status: String,
    pub(crate) priority: i16,
    pub(crate) slot: i16,
    pub(crate) n: i64,
}

/// A slot of a day, or what is added to one.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversation_days)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct DayRow {
    pub(crate) workspace_id: DbId,
    pub(crate) day: i32,
    pub(crate) status: String,
    pub(crate) slot: i16,
    pub(crate) n: i64,
}
