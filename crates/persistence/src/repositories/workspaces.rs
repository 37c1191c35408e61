//! The queries of workspaces.

use async_trait::async_trait;
use conversations_application::ports::{
    Bootstrap, ErasureKind, RepositoryError, WorkspaceRepository,
};
use conversations_domain::{
    Actor, EventId, Inbox, Name, NewEvent, Origin, Timestamp, Workspace, WorkspaceId,
};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::erasures::record_pending;
use super::feed::insert_head;
use super::history_and_audit::append_history_and_audit;
use super::sql_builder::SqlBuilder;
use super::totals::CountDeltas;
use super::{Connection, Database};
use crate::api_key_cache;
use crate::columns::DbId;
use crate::error::{Failure, column};
use crate::rows::{ErasureRow, InboxRow, KeyRow};
use crate::schema::{api_keys, inboxes, retired_secrets, workspaces};

pub(super) struct DieselWorkspaces(pub(super) Database);

#[async_trait]
impl WorkspaceRepository for DieselWorkspaces {
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<bool, RepositoryError> {
        let Bootstrap { workspace, inbox, key, audit } = bootstrap;
        let slot = self.0.slot();
        let bootstrapped = self
            .0
            .write(async move |connection: &mut Connection| {
                let present: i64 =
                    workspaces::table.filter(is_present()).count().get_result(connection).await?;
                if present > 0 {
                    return Ok(false);
                }
                let id = workspace.id;
                insert_with_inbox(connection, workspace, inbox, slot).await?;
                diesel::insert_into(api_keys::table)
                    .values(KeyRow::new(key))
                    .execute(connection)
                    .await?;
                append_history_and_audit(connection, id, Vec::new(), vec![audit]).await?;
                Ok(true)
            })
            .await;
        match bootstrapped {
            // Another process founded one of the same name between our look and our write.
            Err(RepositoryError::Duplicate) => Ok(false),
            other => other,
        }
    }

    async fn create(&self, workspace: Workspace) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                insert_workspace(connection, workspace).await
            })
            .await
    }

    async fn create_with_inbox(
        &self,
        workspace: Workspace,
        inbox: Inbox,
    ) -> Result<(), RepositoryError> {
        let slot = self.0.slot();
        self.0
            .write(async move |connection: &mut Connection| {
                insert_with_inbox(connection, workspace, inbox, slot).await
            })
            .await
    }

    async fn find_by_name(&self, name: Name) -> Result<Option<Workspace>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row: Option<(DbId, String)> = workspaces::table
                    .filter(workspaces::name.eq(name.as_str()))
                    .filter(is_present())
                    .select((workspaces::id, workspaces::name))
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(read_workspace).transpose()?)
            })
            .await
    }

    async fn list(&self) -> Result<Vec<Workspace>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let rows: Vec<(DbId, String)> = workspaces::table
                    .filter(is_present())
                    .order(workspaces::id)
                    .select((workspaces::id, workspaces::name))
                    .load(connection)
                    .await?;
                let workspaces: Result<_, RepositoryError> =
                    rows.into_iter().map(read_workspace).collect();
                Ok(workspaces?)
            })
            .await
    }

    async fn erase(&self, workspace: WorkspaceId, at: Timestamp) -> Result<bool, RepositoryError> {
        // The keys go first, because otherwise callers could keep adding rows. Wait until no server
        // has them in its cache.
        let hidden = self
            .0
            .write(async move |connection: &mut Connection| hide(connection, workspace, at).await)
            .await?;
        let Some(keys) = hidden else { return Ok(false) };
        if keys > 0 {
            tokio::time::sleep(api_key_cache::TIME_TO_LIVE).await;
        }
        Ok(true)
    }
}

/// Takes the name and the keys from a workspace, and notes its deletion; answers how many keys there
/// were, if it is there.
async fn hide(
    connection: &mut Connection,
    workspace: WorkspaceId,
    at: Timestamp,
) -> Result<Option<usize>, Failure> {
    let renamed = diesel::update(workspaces::table)
        .filter(workspaces::id.eq(DbId::of(workspace)))
        // It has this name from the moment on in which its deletion is noted.
        .filter(workspaces::name.ne(workspace.to_string()))
        .set(workspaces::name.eq(workspace.to_string()))
        .execute(connection)
        .await?;
    if renamed == 0 {
        return Ok(None);
    }
    diesel::delete(retired_secrets::table)
        .filter(retired_secrets::workspace_id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    let keys = diesel::delete(api_keys::table)
        .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    let (kind, by) = (ErasureKind::Workspace, Actor::command_line());
    record_pending(connection, ErasureRow::by(workspace, kind, workspace, at, by)).await?;
    Ok(Some(keys))
}

/// That a workspace, which a query is about, is not being deleted.
pub(super) fn is_present() -> SqlBuilder<Bool> {
    SqlBuilder::of(
        // Not about each row: a cluster cannot ask other nodes for each row of a table that all have.
        "workspaces.id NOT IN (SELECT erasures.target_id FROM erasures \
         WHERE erasures.workspace_id = erasures.target_id)",
    )
}

pub(super) async fn insert_workspace(
    connection: &mut Connection,
    workspace: Workspace,
) -> Result<(), Failure> {
    let Workspace { id, name } = workspace;
    diesel::insert_into(workspaces::table)
        .values((workspaces::id.eq(DbId::of(id)), workspaces::name.eq(name.into_string())))
        .execute(connection)
        .await?;
    insert_head(connection, id).await
}

async fn insert_with_inbox(
    connection: &mut Connection,
    workspace: Workspace,
    inbox: Inbox,
    slot: i16,
) -> Result<(), Failure> {
    let id = workspace.id;
    insert_workspace(connection, workspace).await?;
    // It is the only event here, and may share the id of the inbox.
    let first = EventId::from_uuid(inbox.id().into());
    let mut deltas = CountDeltas::default();
    let origin = Origin { first, by: Actor::command_line() };
    deltas.add_events(id, &origin, [NewEvent::of_new_inbox(&inbox)]);
    diesel::insert_into(inboxes::table)
        .values(InboxRow::new(id, inbox))
        .execute(connection)
        .await?;
    deltas.apply(connection, id, slot).await
}

pub(super) fn read_workspace((id, name): (DbId, String)) -> Result<Workspace, RepositoryError> {
    let name = column("workspaces", "name", Name::parse(&name))?;
    Ok(Workspace { id: WorkspaceId::from_uuid(id.0), name })
}
