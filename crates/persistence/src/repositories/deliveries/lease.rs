//! Leases: each webhook is delivered by one process at a time.

use conversations_application::ports::{LeaseRequest, LeasedWebhook, RepositoryError};
use conversations_domain::{WebhookId, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::super::sql_builder::SqlBuilder;
use super::super::webhooks::{load_secrets, newest, with_head};
use super::super::{Connection, HAS_WAITING};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::{HealthRow, PositionRow, WebhookRow, read_webhook};
use crate::schema::{event_heads, webhooks};

/// The webhooks that have something to send and that no process delivers: those first whose last lease
/// ended first.
pub(super) async fn find_due(
    connection: &mut Connection,
    request: LeaseRequest,
) -> Result<Vec<(DbId, DbId)>, Failure> {
    let now = DbTime(request.now);
    let due = webhooks::table
        .inner_join(event_heads::table.on(event_heads::workspace_id.eq(webhooks::workspace_id)))
        .filter(webhooks::is_active)
        .filter(webhooks::disabled.is_null())
        .filter(webhooks::resumes_at.is_null().or(webhooks::resumes_at.le(now)))
        .filter(webhooks::lease_holder.is_null().or(webhooks::lease_until.le(now)))
        .filter(
            event_heads::seq
                .gt(webhooks::position)
                .or(webhooks::next_retry_at.le(now))
                .or(SqlBuilder::<Bool>::of(HAS_WAITING)),
        )
        .order((webhooks::lease_until.asc(), webhooks::id.asc()))
        .limit(request.limit.into())
        .select((webhooks::workspace_id, webhooks::id));
    Ok(due.load(connection).await?)
}

/// Takes the leases of these webhooks, except those that another process took or that changed.
pub(super) async fn take(
    connection: &mut Connection,
    request: LeaseRequest,
    due: &[(DbId, DbId)],
) -> Result<Vec<LeasedWebhook>, Failure> {
    let LeaseRequest { holder, now, until, limit: _ } = request;
    // In one order: two that each held what the other wants would wait for ever.
    let mut due = due.to_vec();
    due.sort_unstable_by_key(|(workspace, id)| (workspace.0, id.0));
    let mut leased = Vec::new();
    for (workspace, id) in due {
        let taken = diesel::update(webhooks::table)
            .filter(webhooks::workspace_id.eq(workspace))
            .filter(webhooks::id.eq(id))
            .filter(webhooks::is_active)
            .filter(webhooks::disabled.is_null())
            .filter(webhooks::lease_holder.is_null().or(webhooks::lease_until.le(DbTime(now))))
            .set((
                webhooks::lease_holder.eq(Some(DbId(holder.0))),
                webhooks::lease_until.eq(DbTime(until)),
            ))
            .execute(connection)
            .await?;
        if taken > 0 {
            leased.extend(load(connection, workspace, id).await?);
        }
    }
    Ok(leased)
}

async fn load(
    connection: &mut Connection,
    workspace: DbId,
    id: DbId,
) -> Result<Option<LeasedWebhook>, Failure> {
    let row: Option<(WebhookRow, PositionRow, HealthRow, i64)> = with_head!()
        .filter(webhooks::workspace_id.eq(workspace))
        .filter(webhooks::id.eq(id))
        .first(connection)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let (workspace, id) = (WorkspaceId::from_uuid(workspace.0), WebhookId::from_uuid(id.0));
    let secrets = load_secrets(connection, workspace, id).await?;
    let secrets = secrets.ok_or(RepositoryError::Stale)?;
    Ok(Some(LeasedWebhook { workspace, details: read_webhook(row)?, secrets }))
}
