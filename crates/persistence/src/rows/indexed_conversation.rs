//! The columns of `conversations` that the list index holds.

use conversations_application::ports::RepositoryError;
use conversations_domain::{ConversationId, InboxId, Priority, UserId};
use conversations_list_index::IndexedConversation;
use diesel::{Queryable, Selectable};

use super::conversations;
use super::tags::read_tags;
use crate::columns::{DbId, DbTime};
use crate::error::column;

const TABLE: &str = "conversations";

/// A conversation as the list index holds it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = conversations)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct IndexedConversationRow {
    pub(crate) id: DbId,
    pub(crate) status: String,
    pub(crate) priority: i16,
    pub(crate) inbox_id: DbId,
    pub(crate) assignee_id: Option<DbId>,
    pub(crate) channel: String,
    pub(crate) source: String,
    pub(crate) labels: String,
    pub(crate) updated_at: DbTime,
}

impl TryFrom<IndexedConversationRow> for IndexedConversation {
    type Error = RepositoryError;

    fn try_from(row: IndexedConversationRow) -> Result<Self, RepositoryError> {
        let IndexedConversationRow {
            id,
            status,
            priority,
            inbox_id,
            assignee_id,
            channel,
            source,
            labels,
            updated_at,
        } = row;
        let rank = u8::try_from(priority).ok().and_then(Priority::from_rank);
        Ok(Self {
            id: ConversationId::from_uuid(id.0),
            status: column(TABLE, "status", status.parse())?,
            priority: column(TABLE, "priority", rank.ok_or("not a rank"))?,
            inbox: InboxId::from_uuid(inbox_id.0),
            assignee: assignee_id.map(|id| UserId::from_uuid(id.0)),
            channel: column(TABLE, "channel", channel.parse())?,
            source: column(TABLE, "source", source.parse())?,
            labels: read_tags(TABLE, "labels", &labels)?,
            updated_at: updated_at.0,
        })
    }
}
