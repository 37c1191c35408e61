//! The queries of users.

use async_trait::async_trait;
use conversations_application::ports::{Commit, RepositoryError, UserRepository};
use conversations_application::{Page, PageRequest};
use conversations_domain::{User, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::record::remember;
use super::{Connection, Database, bounds, entities, total};
use crate::columns::DbId;
use crate::rows::UserRow;
use crate::schema::users;

pub(super) struct DieselUsers(pub(super) Database);

#[async_trait]
impl UserRepository for DieselUsers {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: UserId,
    ) -> Result<Option<User>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = users::table
                    .filter(users::workspace_id.eq(DbId::of(workspace)))
                    .filter(users::id.eq(DbId::of(id)))
                    .select(UserRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(User::try_from).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        let (limit, offset) = bounds(page);
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let count = users::table
                    .filter(users::workspace_id.eq(DbId::of(workspace)))
                    .count()
                    .get_result(connection)
                    .await?;
                let rows = users::table
                    .filter(users::workspace_id.eq(DbId::of(workspace)))
                    .order(users::id.desc())
                    .limit(limit)
                    .offset(offset)
                    .select(UserRow::as_select())
                    .load(connection)
                    .await?;
                Ok(Page { items: entities(rows)?, total: total("users", count)? })
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<User>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit } = commit;
        let row = UserRow::new(workspace, write);
        self.0
            .write(async move |connection: &mut Connection| {
                diesel::insert_into(users::table).values(row).execute(connection).await?;
                remember(connection, workspace, history, audit).await
            })
            .await
    }
}
