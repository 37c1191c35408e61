//! What the migration that lets customers be searched leaves to do.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Customer, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::{Connection, Database};
use crate::columns::DbId;
use crate::rows::CustomerRow;
use crate::schema::customers;
use crate::work::Deadline;

/// Folds what searches look into for the customers that were stored before there were searches:
/// SQL has no way to fold that both databases agree on.
pub(in super::super) async fn fold_what_was_there(
    database: &Database,
) -> Result<(), RepositoryError> {
    const STEP: i64 = 500;

    // Mostly there is nothing to do, and then one read is enough: a long write may be going on.
    let waiting = database.read(async move |connection: &mut Connection| {
        let first: Option<DbId> = customers::table
            .filter(customers::search_folded.is_null())
            .select(customers::id)
            .first(connection)
            .await
            .optional()?;
        Ok(first.is_some())
    });
    if !waiting.await? {
        return Ok(());
    }
    database
        .write_at_length(Deadline::NEVER, async move |connection: &mut Connection| {
            loop {
                let rows: Vec<CustomerRow> = customers::table
                    .filter(customers::search_folded.is_null())
                    .limit(STEP)
                    .select(CustomerRow::as_select())
                    .load(connection)
                    .await?;
                if rows.is_empty() {
                    return Ok(());
                }
                for row in rows {
                    let (workspace_id, id) = (row.workspace_id, row.id);
                    let workspace = WorkspaceId::from_uuid(workspace_id.0);
                    let folded = CustomerRow::new(workspace, Customer::try_from(row)?)?;
                    diesel::update(customers::table)
                        .filter(customers::workspace_id.eq(workspace_id))
                        .filter(customers::id.eq(id))
                        .set(customers::search_folded.eq(folded.search_folded))
                        .execute(connection)
                        .await?;
                }
            }
        })
        .await
}
