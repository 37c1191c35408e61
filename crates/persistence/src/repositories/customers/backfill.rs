//! What the migrations that change how customers are searched leave to do.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Customer, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::backfill::backfill;
use super::super::{Connection, Database};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::CustomerRow;
use crate::schema::customers;

/// How many customers one transaction takes. Others write between two of them.
const STEP: i64 = 500;

/// Folds what searches look into for the customers that were stored before there were searches, or when
/// text was folded otherwise: SQL has no way to fold that both databases agree on.
pub(in super::super) async fn backfill_case_folding(
    database: &Database,
) -> Result<(), RepositoryError> {
    let what = "migrating: folding the texts of existing customers";
    backfill(database, what, has_more, process_batch).await
}

/// Whether there are such customers.
async fn has_more(connection: &mut Connection) -> Result<bool, Failure> {
    let first: Option<DbId> = customers::table
        .filter(customers::search_folded.is_null())
        .select(customers::id)
        .first(connection)
        .await
        .optional()?;
    Ok(first.is_some())
}

/// Does it for some customers, and answers for how many.
async fn process_batch(connection: &mut Connection) -> Result<usize, Failure> {
    let rows: Vec<CustomerRow> = customers::table
        .filter(customers::search_folded.is_null())
        .limit(STEP)
        .select(CustomerRow::as_select())
        .load(connection)
        .await?;
    let count = rows.len();
    for row in rows {
        let (workspace_id, id) = (row.workspace_id, row.id);
        let workspace = WorkspaceId::from_uuid(workspace_id.0);
        let folded = CustomerRow::new(workspace, Customer::try_from(row)?)?;
        diesel::update(customers::table)
            .filter(customers::workspace_id.eq(workspace_id))
            .filter(customers::id.eq(id))
            // A change that was made meanwhile has folded it.
            .filter(customers::search_folded.is_null())
            .set(customers::search_folded.eq(folded.search_folded))
            .execute(connection)
            .await?;
    }
    Ok(count)
}
