//! A step of the deletion of a workspace.

use conversations_domain::WorkspaceId;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::totals::{self, CountDeltas};
use super::super::{Connection, drop_waiting_events};
use super::contents::erase_some_with;
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::{
    api_keys, audit_entries, conversations_without_texts, customer_tags, customers,
    customers_to_fold, erasures, event_heads, events, idempotent_requests, inboxes, kept_replies,
    kept_reply_subjects, key_uses, retired_secrets, seedings, users, users_to_fold,
    webhook_deliveries, webhook_secrets, webhooks, workspaces,
};
use crate::work::StepSize;

/// Deletes rows of a workspace from tables, by a column that says their order, until the time of the
/// step is over.
macro_rules! delete_rows {
    ($connection:ident, $workspace:ident, $size:ident, $time:ident; $($table:ident by $order:ident: $kind:ty,)*) => {
        $(loop {
            let some: Vec<$kind> = $table::table
                .filter($table::workspace_id.eq(DbId::of($workspace)))
                .order($table::$order)
                .limit($size.rows)
                .select($table::$order)
                .load($connection)
                .await?;
            let Some(last) = some.as_slice().last() else { break };
            diesel::delete($table::table)
                .filter($table::workspace_id.eq(DbId::of($workspace)))
                .filter($table::$order.le(last.clone()))
                .execute($connection)
                .await?;
            if $time.is_over() {
                return Ok(false);
            }
        })*
    };
}

/// Deletes some of what a workspace has, and answers whether that was the last of it, and the
/// workspace is gone as well.
pub(super) async fn erase_some_of_workspace(
    connection: &mut Connection,
    workspace: WorkspaceId,
    size: StepSize,
) -> Result<bool, Failure> {
    let time = size.begin();
    // First of all, so that nothing is sent of what is deleted. A process that records attempts locks the
    // webhook first, too.
    let _held: Vec<DbId> = for_update!(
        webhooks::table
            .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
            .order(webhooks::id)
            .select(webhooks::id)
    )
    .load(connection)
    .await?;
    delete_rows!(connection, workspace, size, time;
        webhook_deliveries by id: DbId,
        webhook_secrets by webhook_id: DbId,
        webhooks by id: DbId,
    );
    // Its counts go as a whole.
    let mut uncounted = CountDeltas::default();
    let erased = erase_some_with(connection, workspace, None, None, &mut uncounted, size).await?;
    // A step does something, however short it is.
    if !erased.is_all || (erased.conversations > 0 && time.is_over()) {
        return Ok(false);
    }
    // What refers to something goes before it.
    delete_rows!(connection, workspace, size, time;
        kept_reply_subjects by subject_id: DbId,
        kept_replies by key_hash: Vec<u8>,
        idempotent_requests by key_hash: Vec<u8>,
        conversations_without_texts by conversation_id: DbId,
        customer_tags by customer_id: DbId,
        customers_to_fold by customer_id: DbId,
        customers by id: DbId,
        users_to_fold by user_id: DbId,
        users by id: DbId,
        inboxes by id: DbId,
        audit_entries by id: DbId,
        key_uses by key_id: DbId,
        retired_secrets by hash: Vec<u8>,
        seedings by first: i64,
        api_keys by id: DbId,
    );
    // A reader that numbers events locks the head first, too.
    let _held: Option<i64> = for_update!(
        event_heads::table
            .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
            .select(event_heads::seq)
    )
    .first(connection)
    .await
    .optional()?;
    delete_rows!(connection, workspace, size, time; events by seq: i64,);
    drop_waiting_events(connection, workspace).await?;
    diesel::delete(event_heads::table)
        .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    totals::empty(connection, workspace).await?;
    // Together with the workspace: until then the pending deletion must be found.
    diesel::delete(erasures::table)
        .filter(erasures::workspace_id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    diesel::delete(workspaces::table)
        .filter(workspaces::id.eq(DbId::of(workspace)))
        .execute(connection)
        .await?;
    Ok(true)
}
