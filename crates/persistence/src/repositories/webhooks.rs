//! The queries of webhooks.

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, CreationOutcome, Deletion, DeletionOutcome, OptionalResponse, RepositoryError,
    ResponseToStore, Updated, WebhookRepository, WebhookToCreate, WebhookUpdate,
};
use conversations_application::read_model::WebhookDetails;
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{ReceiverHealth, SigningSecrets, Webhook, WebhookId, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

use super::envelope::{Envelope, refuse_stale};
use super::paging::{is_far, newest_first};
use super::sql_builder::SqlBuilder;
use super::stored_responses::{claim_key, delete_responses_about, store_response};
use super::version_checks::{check_version, lock_webhook};
use super::{Connection, Database, NEWEST, total};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::{
    HealthRow, PositionRow, WebhookRow, WebhookSecretRow, read_secrets, read_webhook, secret_rows,
    version_column,
};
use crate::schema::{event_heads, webhook_deliveries, webhook_secrets, webhooks};

pub(super) struct DieselWebhooks(pub(super) Database);

/// Webhooks with the last number of their feed.
macro_rules! with_head {
    () => {
        webhooks::table
            .inner_join(event_heads::table.on(event_heads::workspace_id.eq(webhooks::workspace_id)))
            .select((
                WebhookRow::as_select(),
                PositionRow::as_select(),
                HealthRow::as_select(),
                newest(),
            ))
    };
}

pub(super) use with_head;

/// The last number of a queried feed, with events that wait for theirs.
pub(super) fn newest() -> SqlBuilder<BigInt> {
    SqlBuilder::of(NEWEST)
}

#[async_trait]
impl WebhookRepository for DieselWebhooks {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> Result<Option<WebhookDetails>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let found = with_head!()
                    .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
                    .filter(webhooks::id.eq(DbId::of(id)))
                    .first(connection)
                    .await
                    .optional()?;
                Ok(found.map(read_webhook).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<WebhookDetails>, RepositoryError> {
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let all = webhooks::table.filter(webhooks::workspace_id.eq(DbId::of(workspace)));
                let count = cancellable!(all, webhooks::id).count();
                let count = count.get_result(connection).await?;
                let all = with_head!()
                    .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
                    .into_boxed();
                let all = cancellable_if!(is_far(window), all, webhooks::id);
                let rows = newest_first!(all, webhooks::id, window).load(connection).await?;
                Ok(window.slice(rows, total("webhooks", count)?).try_map(read_webhook)?)
            })
            .await
    }

    async fn secrets(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> Result<Option<SigningSecrets>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                load_secrets(connection, workspace, id).await
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<WebhookToCreate, OptionalResponse>,
    ) -> Result<CreationOutcome, RepositoryError> {
        let (new, envelope) = Envelope::of(workspace, commit);
        let WebhookToCreate { webhook, secrets, position } = new;
        let secrets = secret_rows(workspace, webhook.id(), secrets);
        let created = DbTime(webhook.id().created_at());
        let row = WebhookRow::new(workspace, webhook)?;
        let rows = (row, PositionRow::from(position), HealthRow::from(ReceiverHealth::default()));
        self.0
            .write(async move |connection: &mut Connection| {
                envelope.begin(connection).await?;
                if count_locked(connection, workspace).await? >= Webhook::MAX_COUNT {
                    envelope.release(connection).await?;
                    return Ok(CreationOutcome::LimitReached);
                }
                diesel::insert_into(webhooks::table)
                    .values((rows, webhooks::lease_until.eq(created)))
                    .execute(connection)
                    .await?;
                insert_secrets(connection, secrets).await?;
                envelope.finish(connection, &()).await?;
                Ok(CreationOutcome::Done)
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<WebhookUpdate, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        let (update, envelope) = Envelope::of(workspace, commit);
        let WebhookUpdate { revision, secrets, position, health } = update;
        let Updated { changed, loaded, fields: _ } = revision;
        let id = changed.id();
        let row = WebhookRow::new(workspace, changed)?;
        let secrets = secrets.map(|secrets| secret_rows(workspace, id, secrets));
        let position = position.map(PositionRow::from);
        let health = health.map(HealthRow::from);
        envelope
            .commit(&self.0, async move |connection: &mut Connection| {
                let updated = diesel::update(webhooks::table)
                    .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
                    .filter(webhooks::id.eq(DbId::of(id)))
                    .filter(webhooks::version.eq(version_column(loaded)))
                    // A process that delivers stops, and the next one sees the change.
                    .set((row, position, health, webhooks::lease_holder.eq(None::<DbId>)))
                    .execute(connection)
                    .await?;
                refuse_stale(updated)?;
                if let Some(secrets) = secrets {
                    delete_secrets(connection, workspace, id).await?;
                    insert_secrets(connection, secrets).await?;
                }
                Ok(())
            })
            .await
    }

    async fn store_response(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        response: ResponseToStore<()>,
    ) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                let response = Some(response);
                claim_key(connection, workspace, response.as_ref()).await?;
                // A deletion of the webhook takes this row, and finds the reply afterwards.
                let held = lock_webhook(connection, workspace, id).await?;
                held.ok_or(RepositoryError::Stale)?;
                store_response(connection, workspace, response, &()).await
            })
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<WebhookId>>,
    ) -> Result<DeletionOutcome, RepositoryError> {
        let (Deletion { id, observed }, envelope) = Envelope::of(workspace, commit);
        let deadline = self.0.erase_deadline();
        self.0
            .write_long(deadline, async move |connection: &mut Connection| {
                let Some(version) = lock_webhook(connection, workspace, id).await? else {
                    return Ok(DeletionOutcome::Absent);
                };
                check_version(version, observed)?;
                diesel::delete(webhook_deliveries::table)
                    .filter(webhook_deliveries::workspace_id.eq(DbId::of(workspace)))
                    .filter(webhook_deliveries::webhook_id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                delete_secrets(connection, workspace, id).await?;
                diesel::delete(webhooks::table)
                    .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
                    .filter(webhooks::id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                delete_responses_about(connection, workspace, id).await?;
                envelope.finish(connection, &()).await?;
                Ok(DeletionOutcome::Done)
            })
            .await
    }
}

/// The number of webhooks of a workspace, which no other transaction that asks so changes.
async fn count_locked(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<usize, Failure> {
    let _held: Option<i64> = for_update!(
        event_heads::table
            .filter(event_heads::workspace_id.eq(DbId::of(workspace)))
            .select(event_heads::seq)
    )
    .first(connection)
    .await
    .optional()?;
    let count: i64 = webhooks::table
        .filter(webhooks::workspace_id.eq(DbId::of(workspace)))
        .count()
        .get_result(connection)
        .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// The secrets of a webhook, if it is there: it always has one.
pub(super) async fn load_secrets(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: WebhookId,
) -> Result<Option<SigningSecrets>, Failure> {
    let rows: Vec<WebhookSecretRow> = webhook_secrets::table
        .filter(webhook_secrets::workspace_id.eq(DbId::of(workspace)))
        .filter(webhook_secrets::webhook_id.eq(DbId::of(id)))
        .order(webhook_secrets::number.asc())
        .select(WebhookSecretRow::as_select())
        .load(connection)
        .await?;
    Ok(if rows.is_empty() { None } else { Some(read_secrets(rows)?) })
}

async fn insert_secrets(
    connection: &mut Connection,
    secrets: Vec<WebhookSecretRow>,
) -> Result<(), Failure> {
    for secret in secrets {
        diesel::insert_into(webhook_secrets::table).values(secret).execute(connection).await?;
    }
    Ok(())
}

async fn delete_secrets(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: WebhookId,
) -> Result<(), Failure> {
    diesel::delete(webhook_secrets::table)
        .filter(webhook_secrets::workspace_id.eq(DbId::of(workspace)))
        .filter(webhook_secrets::webhook_id.eq(DbId::of(id)))
        .execute(connection)
        .await?;
    Ok(())
}
