//! The queries of workspaces.

use async_trait::async_trait;
use conversations_application::ports::{Founding, RepositoryError, WorkspaceRepository};
use conversations_domain::{Inbox, Name, Workspace, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::record::remember;
use super::search::Texts;
use super::tally;
use super::{Connection, Database};
use crate::columns::DbId;
use crate::error::{Failure, column};
use crate::recent_keys;
use crate::rows::{InboxRow, KeyRow};
use crate::schema::{
    api_keys, audit_entries, conversation_history, conversation_labels, conversations,
    conversations_without_texts, customer_tags, customers, idempotent_requests, inboxes,
    kept_replies, kept_reply_subjects, key_uses, messages, retired_secrets, seedings, users,
    workspaces,
};
use crate::work::Deadline;

pub(super) struct DieselWorkspaces(pub(super) Database);

#[async_trait]
impl WorkspaceRepository for DieselWorkspaces {
    async fn found(&self, founding: Founding) -> Result<bool, RepositoryError> {
        let Founding { workspace, inbox, key, audit } = founding;
        let founded = self
            .0
            .write(async move |connection: &mut Connection| {
                let present: i64 = workspaces::table.count().get_result(connection).await?;
                if present > 0 {
                    return Ok(false);
                }
                let id = workspace.id;
                insert_with_inbox(connection, workspace, inbox).await?;
                diesel::insert_into(api_keys::table)
                    .values(KeyRow::new(key))
                    .execute(connection)
                    .await?;
                remember(connection, id, Vec::new(), vec![audit]).await?;
                Ok(true)
            })
            .await;
        match founded {
            // Another process founded one of the same name between our look and our write.
            Err(RepositoryError::Duplicate) => Ok(false),
            other => other,
        }
    }

    async fn create(&self, workspace: Workspace) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| insert(connection, workspace).await)
            .await
    }

    async fn create_with_inbox(
        &self,
        workspace: Workspace,
        inbox: Inbox,
    ) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                insert_with_inbox(connection, workspace, inbox).await
            })
            .await
    }

    async fn find_by_name(&self, name: Name) -> Result<Option<Workspace>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row: Option<(DbId, String)> = workspaces::table
                    .filter(workspaces::name.eq(name.as_str()))
                    .select((workspaces::id, workspaces::name))
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(workspace).transpose()?)
            })
            .await
    }

    async fn list(&self) -> Result<Vec<Workspace>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let rows: Vec<(DbId, String)> = workspaces::table
                    .order(workspaces::id)
                    .select((workspaces::id, workspaces::name))
                    .load(connection)
                    .await?;
                let workspaces: Result<_, RepositoryError> =
                    rows.into_iter().map(workspace).collect();
                Ok(workspaces?)
            })
            .await
    }

    async fn erase(&self, workspace: WorkspaceId) -> Result<bool, RepositoryError> {
        macro_rules! empty {
            ($connection:ident, $($table:ident),*) => {
                $(diesel::delete($table::table)
                    .filter($table::workspace_id.eq(DbId::of(workspace)))
                    .execute($connection)
                    .await?;)*
            };
        }

        // Nobody comes in any more before the rest goes, or it would never be empty; also not where
        // the keys are still remembered.
        let keys = self
            .0
            .write(async move |connection: &mut Connection| {
                let keys = diesel::delete(api_keys::table)
                    .filter(api_keys::workspace_id.eq(DbId::of(workspace)))
                    .execute(connection)
                    .await?;
                Ok(keys)
            })
            .await?;
        if keys > 0 {
            tokio::time::sleep(recent_keys::LIFE).await;
        }
        self.0
            .write_at_length(Deadline::NEVER, async move |connection: &mut Connection| {
                // What refers to something goes before it.
                Texts::All.forget(connection, workspace).await?;
                empty!(
                    connection,
                    kept_reply_subjects,
                    kept_replies,
                    idempotent_requests,
                    messages,
                    conversation_history,
                    conversation_labels,
                    conversations,
                    conversations_without_texts,
                    customer_tags,
                    customers,
                    users,
                    inboxes,
                    audit_entries,
                    key_uses,
                    retired_secrets,
                    seedings,
                    api_keys
                );
                tally::empty(connection, workspace).await?;
                let gone = diesel::delete(workspaces::table)
                    .filter(workspaces::id.eq(DbId::of(workspace)))
                    .execute(connection)
                    .await?;
                Ok(gone > 0)
            })
            .await
    }
}

async fn insert(connection: &mut Connection, workspace: Workspace) -> Result<(), Failure> {
    let Workspace { id, name } = workspace;
    diesel::insert_into(workspaces::table)
        .values((workspaces::id.eq(DbId::of(id)), workspaces::name.eq(name.into_string())))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_with_inbox(
    connection: &mut Connection,
    workspace: Workspace,
    inbox: Inbox,
) -> Result<(), Failure> {
    let id = workspace.id;
    insert(connection, workspace).await?;
    diesel::insert_into(inboxes::table)
        .values(InboxRow::new(id, inbox))
        .execute(connection)
        .await?;
    Ok(())
}

fn workspace((id, name): (DbId, String)) -> Result<Workspace, RepositoryError> {
    let name = column("workspaces", "name", Name::parse(&name))?;
    Ok(Workspace { id: WorkspaceId::from_uuid(id.0), name })
}
