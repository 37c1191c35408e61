//! The rows of `inboxes`.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Inbox, InboxId, InboxParts, Name, WorkspaceId};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use super::{version, version_column};
use crate::columns::{DbId, DbTime};
use crate::error::column;
use crate::schema::inboxes;

const TABLE: &str = "inboxes";

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = inboxes, primary_key(workspace_id, id))]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct InboxRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) name: String,
    pub(crate) channel: String,
    pub(crate) updated_at: DbTime,
    pub(crate) version: i64,
}

impl InboxRow {
    pub(crate) fn new(workspace: WorkspaceId, inbox: Inbox) -> Self {
        let InboxParts { id, name, channel, updated_at, version } = inbox.into_parts();
        Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            name: name.into_string(),
            channel: channel.as_str().to_owned(),
            updated_at: DbTime(updated_at),
            version: version_column(version),
        }
    }
}

impl TryFrom<InboxRow> for Inbox {
    type Error = RepositoryError;

    fn try_from(row: InboxRow) -> Result<Self, RepositoryError> {
        let InboxRow { workspace_id: _, id, name, channel, updated_at, version: version_number } =
            row;
        Ok(Self::restore(InboxParts {
            id: InboxId::from_uuid(id.0),
            name: column(TABLE, "name", Name::parse(&name))?,
            channel: column(TABLE, "channel", channel.parse())?,
            updated_at: updated_at.0,
            version: version(TABLE, version_number)?,
        }))
    }
}
