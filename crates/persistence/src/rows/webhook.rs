//! The rows of `webhooks` and `webhook_secrets`. What callers set and what deliveries move are separate
//! rows, because they are written separately.

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::WebhookDetails;
use conversations_domain::{
    EventCursor, Name, ReceiverHealth, RetryPolicy, Sequence, SigningSecret, SigningSecrets,
    Webhook, WebhookEvents, WebhookHeaders, WebhookId, WebhookParts, WebhookSecret, WebhookUrl,
    WorkspaceId,
};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use super::key::{read_permissions, write_permissions};
use super::{count, to_column, version, version_column};
use crate::columns::{DbId, DbTime};
use crate::error::{column, json_column};
use crate::schema::{webhook_secrets, webhooks};

const TABLE: &str = "webhooks";

/// The settings of a webhook.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, primary_key(workspace_id, id))]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct WebhookRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) events: String,
    pub(crate) permissions: String,
    pub(crate) headers: String,
    pub(crate) max_retries: i16,
    pub(crate) is_active: bool,
    pub(crate) updated_at: DbTime,
    pub(crate) version: i64,
}

/// The position in the feed.
#[derive(Debug, Clone, Copy, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct PositionRow {
    pub(crate) position: i64,
    pub(crate) position_fingerprint: i64,
}

/// The health of the receiver.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_null = true)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct HealthRow {
    pub(crate) failures: i64,
    pub(crate) failing_since: Option<DbTime>,
    pub(crate) resumes_at: Option<DbTime>,
    pub(crate) disabled: Option<String>,
}

/// A secret of a webhook.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_secrets)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct WebhookSecretRow {
    pub(crate) workspace_id: DbId,
    pub(crate) webhook_id: DbId,
    pub(crate) number: i64,
    pub(crate) secret: Vec<u8>,
    pub(crate) expires_at: Option<DbTime>,
}

impl WebhookRow {
    pub(crate) fn new(workspace: WorkspaceId, webhook: Webhook) -> Result<Self, RepositoryError> {
        let WebhookParts {
            id,
            name,
            url,
            events,
            permissions,
            headers,
            retry_policy,
            is_active,
            updated_at,
            version,
        } = webhook.into_parts();
        let headers: Vec<_> = headers.expose_values().collect();
        Ok(Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            name: name.into_string(),
            url: url.into_string(),
            events: events.iter().collect::<Vec<_>>().join(" "),
            permissions: write_permissions(&permissions),
            headers: column(TABLE, "headers", serde_json::to_string(&headers))?,
            max_retries: retry_policy.max_retries().into(),
            is_active,
            updated_at: DbTime(updated_at),
            version: version_column(version),
        })
    }
}

impl TryFrom<WebhookRow> for Webhook {
    type Error = RepositoryError;

    fn try_from(row: WebhookRow) -> Result<Self, RepositoryError> {
        let WebhookRow {
            workspace_id: _,
            id,
            name,
            url,
            events,
            permissions,
            headers,
            max_retries,
            is_active,
            updated_at,
            version: version_number,
        } = row;
        let events: Vec<_> = events.split(' ').collect();
        let headers: Vec<(String, String)> = json_column(TABLE, "headers", &headers)?;
        let retries = column(TABLE, "max_retries", u8::try_from(max_retries))?;
        Ok(Self::restore(WebhookParts {
            id: WebhookId::from_uuid(id.0),
            name: column(TABLE, "name", Name::parse(&name))?,
            url: column(TABLE, "url", WebhookUrl::parse(&url))?,
            events: column(TABLE, "events", WebhookEvents::parse(&events))?,
            permissions: column(TABLE, "permissions", read_permissions(&permissions))?,
            headers: column(TABLE, "headers", WebhookHeaders::new(headers))?,
            retry_policy: column(TABLE, "max_retries", RetryPolicy::new(retries))?,
            is_active,
            updated_at: updated_at.0,
            version: version(TABLE, version_number)?,
        }))
    }
}

impl From<EventCursor> for PositionRow {
    fn from(cursor: EventCursor) -> Self {
        Self {
            position: to_column(cursor.sequence().number()),
            position_fingerprint: cursor.fingerprint().into(),
        }
    }
}

impl TryFrom<PositionRow> for EventCursor {
    type Error = RepositoryError;

    fn try_from(row: PositionRow) -> Result<Self, RepositoryError> {
        let PositionRow { position, position_fingerprint } = row;
        let fingerprint = u32::try_from(position_fingerprint);
        Ok(Self::restore(
            Sequence::new(count(TABLE, "position", position)?),
            column(TABLE, "position_fingerprint", fingerprint)?,
        ))
    }
}

impl From<ReceiverHealth> for HealthRow {
    fn from(health: ReceiverHealth) -> Self {
        let ReceiverHealth { consecutive_failures, failing_since, resumes_at, disabled } = health;
        Self {
            failures: consecutive_failures.into(),
            failing_since: failing_since.map(DbTime),
            resumes_at: resumes_at.map(DbTime),
            disabled: disabled.map(|reason| reason.as_str().to_owned()),
        }
    }
}

impl TryFrom<HealthRow> for ReceiverHealth {
    type Error = RepositoryError;

    fn try_from(row: HealthRow) -> Result<Self, RepositoryError> {
        let HealthRow { failures, failing_since, resumes_at, disabled } = row;
        let disabled = disabled.map(|reason| reason.parse()).transpose();
        Ok(Self {
            consecutive_failures: column(TABLE, "failures", u32::try_from(failures))?,
            failing_since: failing_since.map(|time| time.0),
            resumes_at: resumes_at.map(|time| time.0),
            disabled: column(TABLE, "disabled", disabled)?,
        })
    }
}

/// Makes a webhook with its progress of its rows and of the last number of its feed.
pub(crate) fn read_webhook(
    (webhook, position, health, head): (WebhookRow, PositionRow, HealthRow, i64),
) -> Result<WebhookDetails, RepositoryError> {
    let behind = head.saturating_sub(position.position).max(0);
    Ok(WebhookDetails {
        webhook: webhook.try_into()?,
        position: position.try_into()?,
        health: health.try_into()?,
        behind: count(TABLE, "position", behind)?,
    })
}

/// The rows of the secrets of a webhook.
pub(crate) fn secret_rows(
    workspace: WorkspaceId,
    webhook: WebhookId,
    secrets: SigningSecrets,
) -> Vec<WebhookSecretRow> {
    let row =
        |(number, SigningSecret { secret, expires_at }): (i64, SigningSecret)| WebhookSecretRow {
            workspace_id: DbId::of(workspace),
            webhook_id: DbId::of(webhook),
            number,
            secret: secret.key().to_vec(),
            expires_at: expires_at.map(DbTime),
        };
    (1..).zip(secrets.into_vec()).map(row).collect()
}

/// Makes secrets of their rows, which are in their order.
pub(crate) fn read_secrets(rows: Vec<WebhookSecretRow>) -> Result<SigningSecrets, RepositoryError> {
    let read = |row| {
        let WebhookSecretRow { workspace_id: _, webhook_id: _, number: _, secret, expires_at } =
            row;
        let key = <[u8; 32]>::try_from(secret).map_err(|_| "it has another length");
        let secret = WebhookSecret::from_bytes(column("webhook_secrets", "secret", key)?);
        Ok(SigningSecret { secret, expires_at: expires_at.map(|time: DbTime| time.0) })
    };
    let secrets: Result<_, RepositoryError> = rows.into_iter().map(read).collect();
    Ok(SigningSecrets::restore(secrets?))
}
