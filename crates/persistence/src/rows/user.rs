//! The rows of `users`.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Email, Name, User, UserId, UserParts, WorkspaceId};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use super::external_id::{read_external_id, write_external_id};
use super::{version, version_column};
use crate::columns::{DbId, DbTime};
use crate::error::column;
use crate::schema::users;

const TABLE: &str = "users";

// None is written as NULL: a cleared text would otherwise stay.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users, primary_key(workspace_id, id), treat_none_as_null = true)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct UserRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Written apart: see `repositories/emails.rs`.
    #[diesel(skip_update)]
    pub(crate) email_folded: String,
    pub(crate) role: String,
    pub(crate) updated_at: DbTime,
    pub(crate) version: i64,
    /// Whether they are gone for every caller.
    pub(crate) erasing: bool,
    pub(crate) external_source: Option<String>,
    pub(crate) external_id: Option<String>,
}

impl UserRow {
    pub(crate) fn new(workspace: WorkspaceId, user: User) -> Self {
        let UserParts { id, external_id, name, email, role, updated_at, version } =
            user.into_parts();
        let (external_source, external_id) = write_external_id(external_id);
        Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            name: name.into_string(),
            email: email.as_str().to_owned(),
            email_folded: email.case_folded(),
            role: role.as_str().to_owned(),
            updated_at: DbTime(updated_at),
            version: version_column(version),
            erasing: false,
            external_source,
            external_id,
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = RepositoryError;

    fn try_from(row: UserRow) -> Result<Self, RepositoryError> {
        let UserRow {
            workspace_id: _,
            id,
            name,
            email,
            email_folded: _,
            role,
            updated_at,
            version: version_number,
            erasing: _,
            external_source,
            external_id,
        } = row;
        let (source, external_id) = (external_source.as_deref(), external_id.as_deref());
        Ok(Self::restore(UserParts {
            id: UserId::from_uuid(id.0),
            external_id: read_external_id(TABLE, source, external_id)?,
            name: column(TABLE, "name", Name::parse(&name))?,
            email: column(TABLE, "email", Email::restore(&email))?,
            role: column(TABLE, "role", role.parse())?,
            updated_at: updated_at.0,
            version: version(TABLE, version_number)?,
        }))
    }
}
