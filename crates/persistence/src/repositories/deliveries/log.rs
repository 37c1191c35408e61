//! The log of deliveries, in which those that are to be retried stand too.

use conversations_domain::{WebhookId, WorkspaceId};
use diesel::dsl::{exists, min};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::DeliveryRow;
use crate::schema::{webhook_deliveries, webhooks};

/// The deliveries of a webhook.
macro_rules! deliveries_of {
    ($workspace:expr, $webhook:expr) => {
        webhook_deliveries::table
            .filter(webhook_deliveries::workspace_id.eq(DbId::of($workspace)))
            .filter(webhook_deliveries::webhook_id.eq(DbId::of($webhook)))
    };
}

pub(super) use deliveries_of;

/// Stores new and changed deliveries.
pub(super) async fn store(
    connection: &mut Connection,
    rows: Vec<DeliveryRow>,
) -> Result<(), Failure> {
    for row in rows {
        diesel::insert_into(webhook_deliveries::table)
            .values(row.clone())
            .on_conflict((
                webhook_deliveries::workspace_id,
                webhook_deliveries::webhook_id,
                webhook_deliveries::id,
            ))
            .do_update()
            .set(row)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Notes with a webhook when the next of its deliveries is to be retried.
pub(super) async fn note_next_retry(
    connection: &mut Connection,
    workspace: WorkspaceId,
    webhook: WebhookId,
) -> Result<(), Failure> {
    let next: Option<DbTime> = deliveries_of!(workspace, webhook)
        .filter(webhook_deliveries::next_attempt_at.is_not_null())
        .select(min(webhook_deliveries::next_attempt_at))
        .get_result(connection)
        .await?;
    diesel::update(webhooks::table)
        .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
        .filter(webhooks::id.eq(DbId::of(webhook)))
        .set(webhooks::next_retry_at.eq(next))
        .execute(connection)
        .await?;
    Ok(())
}

/// A webhook that has deliveries before this id which are not retried.
pub(super) async fn find_expired(
    connection: &mut Connection,
    end: DbId,
) -> Result<Option<(DbId, DbId)>, Failure> {
    let expired = webhook_deliveries::table
        .filter(webhook_deliveries::workspace_id.eq(webhooks::workspace_id))
        .filter(webhook_deliveries::webhook_id.eq(webhooks::id))
        .filter(webhook_deliveries::id.lt(end))
        .filter(webhook_deliveries::next_attempt_at.is_null());
    let found = webhooks::table
        .filter(exists(expired))
        .select((webhooks::workspace_id, webhooks::id))
        .first(connection)
        .await
        .optional()?;
    Ok(found)
}
