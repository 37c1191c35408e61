//! The queries of deliveries: which process delivers what, and what became of it.

mod lease;
mod log;

use async_trait::async_trait;
use conversations_application::ports::{
    DeliveryChange, DeliveryFilter, DeliveryReport, DeliveryRepository, LeaseHolder, LeaseRequest,
    LeasedWebhook, OptionalResponse, RepositoryError, WebhookCounts,
};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{
    Delivery, NewEvent, ReceiverHealth, Timestamp, WebhookDeliveryId, WebhookId, WebhookStatus,
    WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use log::{deliveries_of, find_expired, note_next_retry, store};

use super::envelope::refuse_stale;
use super::feed::first_id_at;
use super::paging::{is_far, newest_first, slice};
use super::stored_responses::{claim_key, store_response};
use super::totals::{CountDeltas, non_negative};
use super::version_checks::lock_webhook;
use super::webhooks::newest;
use super::{Connection, Database};
use crate::columns::{DbId, DbTime};
use crate::rows::{DeliveryRow, HealthRow, PositionRow, last_version};
use crate::schema::{event_heads, webhook_deliveries, webhooks};

/// How many deliveries one transaction deletes: other writes wait for it.
const DELETED_AT_ONCE: i64 = 1_000;

pub(super) struct DieselDeliveries(pub(super) Database);

/// The webhook with this id, as far as a process has the lease.
macro_rules! leased {
    ($workspace:expr, $webhook:expr, $holder:expr) => {
        webhooks::table
            .filter(webhooks::workspace_id.eq(DbId::of($workspace)))
            .filter(webhooks::id.eq(DbId::of($webhook)))
            .filter(webhooks::lease_holder.eq(DbId($holder.0)))
    };
}

#[async_trait]
impl DeliveryRepository for DieselDeliveries {
    async fn lease(&self, request: LeaseRequest) -> Result<Vec<LeasedWebhook>, RepositoryError> {
        let due = self
            .0
            .read(async move |connection: &mut Connection| {
                lease::find_due(connection, request).await
            })
            .await?;
        // Most often there is nothing to do, and then nothing is written.
        if due.is_empty() {
            return Ok(Vec::new());
        }
        self.0
            .write(async move |connection: &mut Connection| {
                lease::take(connection, request, &due).await
            })
            .await
    }

    async fn renew(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        holder: LeaseHolder,
        until: Timestamp,
    ) -> Result<bool, RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                let renewed = diesel::update(leased!(workspace, webhook, holder))
                    .set(webhooks::lease_until.eq(DbTime(until)))
                    .execute(connection)
                    .await?;
                Ok(renewed > 0)
            })
            .await
    }

    async fn release(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        holder: LeaseHolder,
    ) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                diesel::update(leased!(workspace, webhook, holder))
                    .set(webhooks::lease_holder.eq(None::<DbId>))
                    .execute(connection)
                    .await?;
                Ok(())
            })
            .await
    }

    async fn due_retries(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let rows: Vec<DeliveryRow> = deliveries_of!(workspace, webhook)
                    .filter(webhook_deliveries::next_attempt_at.le(DbTime(now)))
                    .order((
                        webhook_deliveries::next_attempt_at.asc(),
                        webhook_deliveries::id.asc(),
                    ))
                    .limit(limit.into())
                    .select(DeliveryRow::as_select())
                    .load(connection)
                    .await?;
                let read: Result<_, RepositoryError> =
                    rows.into_iter().map(Delivery::try_from).collect();
                Ok(read?)
            })
            .await
    }

    async fn count_pending(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
    ) -> Result<u64, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let count: i64 = deliveries_of!(workspace, webhook)
                    .filter(webhook_deliveries::next_attempt_at.is_not_null())
                    .count()
                    .get_result(connection)
                    .await?;
                Ok(non_negative(count))
            })
            .await
    }

    async fn record(
        &self,
        workspace: WorkspaceId,
        report: DeliveryReport,
    ) -> Result<(), RepositoryError> {
        let DeliveryReport { webhook, holder, position, health, deliveries, origin } = report;
        let rows: Result<Vec<_>, RepositoryError> = deliveries
            .into_iter()
            .map(|delivery| DeliveryRow::new(workspace, webhook, delivery))
            .collect();
        let (rows, position) = (rows?, position.map(PositionRow::from));
        let slot = self.0.slot();
        let recorded = self
            .0
            .write(async move |connection: &mut Connection| {
                let held: Option<(i64, Option<String>)> = for_update!(
                    leased!(workspace, webhook, holder)
                        .select((webhooks::version, webhooks::disabled))
                )
                .first(connection)
                .await
                .optional()?;
                let Some((version, before)) = held else {
                    return Err(RepositoryError::Stale.into());
                };
                store(connection, rows).await?;
                diesel::update(leased!(workspace, webhook, holder))
                    .set((position, HealthRow::from(health)))
                    .execute(connection)
                    .await?;
                note_next_retry(connection, workspace, webhook).await?;
                if health.disabled.is_some() && before.is_none() {
                    let mut deltas = CountDeltas::default();
                    let disabled = NewEvent::of_disabled_webhook(webhook, last_version(version)?);
                    deltas.add_events(workspace, &origin, [disabled]);
                    deltas.apply(connection, workspace, slot).await?;
                }
                Ok(())
            })
            .await;
        if health.disabled.is_some() {
            self.0.feed_notifier().notify(workspace);
        }
        recorded
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        id: WebhookDeliveryId,
    ) -> Result<Option<Delivery>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row: Option<DeliveryRow> = deliveries_of!(workspace, webhook)
                    .filter(webhook_deliveries::id.eq(DbId::of(id)))
                    .select(DeliveryRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(Delivery::try_from).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        filter: DeliveryFilter,
        window: PageWindow,
    ) -> Result<PageSlice<Delivery>, RepositoryError> {
        let DeliveryFilter { status, event } = filter;
        self.0
            .snapshot(async move |connection: &mut Connection| {
                // Twice, because a boxed query cannot be copied.
                let matching = || {
                    let mut all = deliveries_of!(workspace, webhook).into_boxed();
                    if let Some(status) = status {
                        all = all.filter(webhook_deliveries::status.eq(status.as_str()));
                    }
                    if let Some(event) = event {
                        all = all.filter(webhook_deliveries::event_id.eq(DbId::of(event)));
                    }
                    all
                };
                let count = cancellable_if!(true, matching(), webhook_deliveries::id).count();
                let count: i64 = count.get_result(connection).await?;
                let all = matching().select(DeliveryRow::as_select());
                let all = cancellable_if!(is_far(window), all, webhook_deliveries::id);
                let rows: Vec<DeliveryRow> =
                    newest_first!(all, webhook_deliveries::id, window).load(connection).await?;
                Ok(slice(window, rows, "webhook_deliveries", count)?)
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        DeliveryChange { loaded, changed }: DeliveryChange,
        response: OptionalResponse,
    ) -> Result<(), RepositoryError> {
        let before = DeliveryRow::new(workspace, webhook, loaded)?.attempts;
        let row = DeliveryRow::new(workspace, webhook, changed)?;
        self.0
            .write(async move |connection: &mut Connection| {
                claim_key(connection, workspace, response.as_ref()).await?;
                // The webhook first, as a process takes it that records attempts.
                let held = lock_webhook(connection, workspace, webhook).await?;
                held.ok_or(RepositoryError::Stale)?;
                let updated = diesel::update(deliveries_of!(workspace, webhook))
                    .filter(webhook_deliveries::id.eq(row.id))
                    .filter(webhook_deliveries::attempts.eq(before))
                    .set(row)
                    .execute(connection)
                    .await?;
                refuse_stale(updated)?;
                note_next_retry(connection, workspace, webhook).await?;
                store_response(connection, workspace, response, &()).await
            })
            .await
    }

    async fn delete_expired(&self, before: Timestamp) -> Result<bool, RepositoryError> {
        let end = first_id_at(before);
        let found = self
            .0
            .read(async move |connection: &mut Connection| find_expired(connection, end).await)
            .await?;
        let Some((workspace, webhook)) = found else { return Ok(false) };
        self.0
            .write(async move |connection: &mut Connection| {
                let of_webhook = webhook_deliveries::table
                    .filter(webhook_deliveries::workspace_id.eq(workspace))
                    .filter(webhook_deliveries::webhook_id.eq(webhook));
                let some: Vec<DbId> = of_webhook
                    .filter(webhook_deliveries::id.lt(end))
                    .filter(webhook_deliveries::next_attempt_at.is_null())
                    .order(webhook_deliveries::id.asc())
                    .limit(DELETED_AT_ONCE)
                    .select(webhook_deliveries::id)
                    .load(connection)
                    .await?;
                diesel::delete(of_webhook)
                    .filter(webhook_deliveries::id.eq_any(some))
                    .filter(webhook_deliveries::next_attempt_at.is_null())
                    .execute(connection)
                    .await?;
                Ok(true)
            })
            .await
    }

    async fn counts(&self) -> Result<WebhookCounts, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let rows: Vec<(bool, HealthRow, i64, i64)> = webhooks::table
                    .inner_join(
                        event_heads::table.on(event_heads::workspace_id.eq(webhooks::workspace_id)),
                    )
                    .select((
                        webhooks::is_active,
                        HealthRow::as_select(),
                        webhooks::position,
                        newest(),
                    ))
                    .load(connection)
                    .await?;
                let mut counts = WebhookCounts::default();
                for (is_active, health, position, head) in rows {
                    let behind = non_negative(head - position);
                    match ReceiverHealth::try_from(health)?.status(is_active) {
                        WebhookStatus::Healthy => {
                            counts.healthy += 1;
                            counts.behind += behind;
                        }
                        WebhookStatus::Failing => {
                            counts.failing += 1;
                            counts.behind += behind;
                        }
                        WebhookStatus::Paused => counts.paused += 1,
                        WebhookStatus::Disabled => counts.disabled += 1,
                    }
                }
                Ok(counts)
            })
            .await
    }
}
