//! The queries of API keys.

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, KeyRepository, NewKey, RepositoryError, SecretHash,
};
use conversations_application::{Page, PageRequest};
use conversations_domain::{ApiKey, KeyId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::record::remember;
use super::{Connection, Database, bounds, entities, total};
use crate::columns::DbId;
use crate::rows::KeyRow;
use crate::schema::api_keys;

pub(super) struct DieselKeys(pub(super) Database);

#[async_trait]
impl KeyRepository for DieselKeys {
    async fn find_by_hash(&self, hash: SecretHash) -> Result<Option<ApiKey>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = api_keys::table
                    .filter(api_keys::hash.eq(hash.0.to_vec()))
                    .select(KeyRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(ApiKey::try_from).transpose()?)
            })
            .await
    }

    async fn find_anywhere(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = api_keys::table
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .select(KeyRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(ApiKey::try_from).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<ApiKey>, RepositoryError> {
        let (limit, offset) = bounds(page);
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let count = api_keys::table
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .count()
                    .get_result(connection)
                    .await?;
                let rows = api_keys::table
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .order(api_keys::id.desc())
                    .limit(limit)
                    .offset(offset)
                    .select(KeyRow::as_select())
                    .load(connection)
                    .await?;
                Ok(Page { items: entities(rows)?, total: total("api_keys", count)? })
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewKey>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit } = commit;
        let row = KeyRow::new(write);
        self.0
            .write(async move |connection: &mut Connection| {
                diesel::insert_into(api_keys::table).values(row).execute(connection).await?;
                remember(connection, workspace, history, audit).await
            })
            .await
    }

    async fn revoke(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyId>,
    ) -> Result<bool, RepositoryError> {
        let Commit { write: id, history, audit } = commit;
        self.0
            .write(async move |connection: &mut Connection| {
                let gone = diesel::delete(api_keys::table)
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .filter(api_keys::id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                if gone == 0 {
                    return Ok(false);
                }
                remember(connection, workspace, history, audit).await?;
                Ok(true)
            })
            .await
    }
}
