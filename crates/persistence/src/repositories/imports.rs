//! The queries of imports: one transaction, in which rows are inserted as many at once.

mod rows;

use async_trait::async_trait;
use conversations_application::ports::{
    ImportOutcome, ImportRepository, RecordSource, RepositoryError,
};
use conversations_domain::{NewEvent, Origin, Workspace, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::seed::{TABLES, is_empty};
use super::totals::CountDeltas;
use super::workspaces::{insert_workspace, is_present};
use super::{Connection, Database, offload_if_large, vacuum_analyze};
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::workspaces;
use rows::ImportRows;

pub(super) struct DieselImports(pub(super) Database);

#[async_trait]
impl ImportRepository for DieselImports {
    async fn import(
        &self,
        workspace: Workspace,
        source: Box<dyn RecordSource>,
        origin: Origin,
    ) -> Result<ImportOutcome, RepositoryError> {
        let slot = self.0.slot();
        let id = self
            .0
            .write_without_limit(async move |connection: &mut Connection| {
                let id = match find(connection, &workspace).await? {
                    Some(id) if is_empty(connection, id).await? => id,
                    Some(_) => return Ok(None),
                    None => {
                        let id = workspace.id;
                        insert_workspace(connection, workspace).await?;
                        id
                    }
                };
                let mut deltas = insert(connection, id, source).await?;
                deltas.add_events(id, &origin, [NewEvent::of_reset()]);
                deltas.apply(connection, id, slot).await?;
                Ok(Some(id))
            })
            .await?;
        let Some(id) = id else { return Ok(ImportOutcome::NotEmpty) };
        self.0.feed_notifier().notify(id);
        vacuum_analyze(&self.0, TABLES).await?;
        Ok(ImportOutcome::Imported)
    }
}

/// The workspace of this name, which stays until the transaction ends.
async fn find(
    connection: &mut Connection,
    workspace: &Workspace,
) -> Result<Option<WorkspaceId>, Failure> {
    let found: Option<DbId> = for_no_key_update!(
        workspaces::table
            .filter(workspaces::name.eq(workspace.name.as_str()))
            .filter(is_present())
            .select(workspaces::id)
    )
    .first(connection)
    .await
    .optional()?;
    Ok(found.map(|id| WorkspaceId::from_uuid(id.0)))
}

/// Inserts all that the source has; returns what it adds to the totals.
async fn insert(
    connection: &mut Connection,
    workspace: WorkspaceId,
    mut source: Box<dyn RecordSource>,
) -> Result<CountDeltas, Failure> {
    let mut deltas = CountDeltas::default();
    loop {
        // Reading may block, and making rows takes time.
        let (back, rows) = offload_if_large(usize::MAX, move || {
            let rows = ImportRows::read(workspace, &mut *source);
            (source, rows)
        })
        .await;
        source = back;
        let Some(rows) = rows? else { return Ok(deltas) };
        rows.insert(connection, workspace, &mut deltas).await?;
    }
}
