//! The rows of `api_keys`.

use conversations_application::ports::{KeyRecord, RepositoryError};
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, Permissions, RateLimit, UnknownWord, UserId, WorkspaceId,
};
use diesel::{Insertable, Queryable, Selectable};

use super::{version, version_column};
use crate::columns::{DbId, DbTime};
use crate::error::column;
use crate::schema::api_keys;

const TABLE: &str = "api_keys";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct KeyRow {
    pub(crate) id: DbId,
    pub(crate) workspace_id: DbId,
    pub(crate) name: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) hint: String,
    pub(crate) permissions: String,
    pub(crate) source: String,
    pub(crate) expires_at: Option<DbTime>,
    pub(crate) rate_limit: Option<String>,
    pub(crate) user_id: Option<DbId>,
    pub(crate) version: i64,
}

impl KeyRow {
    pub(crate) fn new(new: KeyRecord) -> Self {
        let KeyRecord { key, hash } = new;
        let ApiKey {
            id,
            workspace,
            name,
            permissions,
            source,
            expires_at,
            rate_limit,
            user,
            hint,
            version,
        } = key;
        Self {
            id: DbId::of(id),
            workspace_id: DbId::of(workspace),
            name: name.into_string(),
            hash: hash.0.to_vec(),
            hint,
            permissions: write_permissions(&permissions),
            source: source.as_str().to_owned(),
            expires_at: expires_at.map(DbTime),
            rate_limit: write_rate_limit(rate_limit),
            user_id: user.map(DbId::of),
            version: version_column(version),
        }
    }
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = RepositoryError;

    fn try_from(row: KeyRow) -> Result<Self, RepositoryError> {
        let KeyRow {
            id,
            workspace_id,
            name,
            hash: _,
            hint,
            permissions,
            source,
            expires_at,
            rate_limit,
            user_id,
            version: version_number,
        } = row;
        Ok(Self {
            id: KeyId::from_uuid(id.0),
            workspace: WorkspaceId::from_uuid(workspace_id.0),
            name: column(TABLE, "name", Name::parse(&name))?,
            permissions: column(TABLE, "permissions", read_permissions(&permissions))?,
            source: column(TABLE, "source", source.parse())?,
            expires_at: expires_at.map(|time| time.0),
            rate_limit: column(
                TABLE,
                "rate_limit",
                rate_limit.map(|text| text.parse()).transpose(),
            )?,
            user: user_id.map(|id| UserId::from_uuid(id.0)),
            hint,
            version: version(TABLE, version_number)?,
        })
    }
}

pub(crate) fn write_permissions(permissions: &Permissions) -> String {
    permissions.iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
}

pub(crate) fn write_rate_limit(limit: Option<RateLimit>) -> Option<String> {
    limit.map(|limit| limit.to_string())
}

pub(crate) fn read_permissions(text: &str) -> Result<Permissions, UnknownWord> {
    text.split_whitespace().map(str::parse).collect()
}
