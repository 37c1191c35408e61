//! The rows of `webhook_deliveries`.

use std::time::Duration;

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    Delivery, DeliveryAttempt, DeliveryError, EventId, Sequence, Timestamp, WebhookDeliveryId,
    WebhookId, WorkspaceId,
};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

use super::event::{code, read_kind};
use super::{count, to_column};
use crate::columns::{DbId, DbTime};
use crate::error::{column, json_column};
use crate::schema::webhook_deliveries;

const TABLE: &str = "webhook_deliveries";

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(
    table_name = webhook_deliveries,
    primary_key(workspace_id, webhook_id, id),
    treat_none_as_null = true
)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct DeliveryRow {
    pub(crate) workspace_id: DbId,
    pub(crate) webhook_id: DbId,
    pub(crate) id: DbId,
    pub(crate) event_id: DbId,
    pub(crate) seq: i64,
    pub(crate) kind: i16,
    pub(crate) status: String,
    pub(crate) attempts: String,
    pub(crate) next_attempt_at: Option<DbTime>,
}

/// An attempt in the column of them.
#[derive(Debug, Serialize, Deserialize)]
struct AttemptColumn {
    at: i64,
    ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<DeliveryError>,
}

impl DeliveryRow {
    pub(crate) fn new(
        workspace: WorkspaceId,
        webhook: WebhookId,
        delivery: Delivery,
    ) -> Result<Self, RepositoryError> {
        let Delivery { id, event, sequence, kind, status, attempts, next_attempt_at } = delivery;
        let attempts: Vec<_> = attempts.into_iter().map(AttemptColumn::from).collect();
        Ok(Self {
            workspace_id: DbId::of(workspace),
            webhook_id: DbId::of(webhook),
            id: DbId::of(id),
            event_id: DbId::of(event),
            seq: to_column(sequence.number()),
            kind: code(kind),
            status: status.as_str().to_owned(),
            attempts: column(TABLE, "attempts", serde_json::to_string(&attempts))?,
            next_attempt_at: next_attempt_at.map(DbTime),
        })
    }
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = RepositoryError;

    fn try_from(row: DeliveryRow) -> Result<Self, RepositoryError> {
        let DeliveryRow {
            workspace_id: _,
            webhook_id: _,
            id,
            event_id,
            seq,
            kind,
            status,
            attempts,
            next_attempt_at,
        } = row;
        let attempts: Vec<AttemptColumn> = json_column(TABLE, "attempts", &attempts)?;
        Ok(Self {
            id: WebhookDeliveryId::from_uuid(id.0),
            event: EventId::from_uuid(event_id.0),
            sequence: Sequence::new(count(TABLE, "seq", seq)?),
            kind: read_kind(TABLE, kind)?,
            status: column(TABLE, "status", status.parse())?,
            attempts: attempts.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            next_attempt_at: next_attempt_at.map(|time| time.0),
        })
    }
}

impl From<DeliveryAttempt> for AttemptColumn {
    fn from(attempt: DeliveryAttempt) -> Self {
        let DeliveryAttempt { at, duration, status_code, error } = attempt;
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { at: at.as_unix_millis(), ms, status: status_code, error }
    }
}

impl TryFrom<AttemptColumn> for DeliveryAttempt {
    type Error = RepositoryError;

    fn try_from(attempt: AttemptColumn) -> Result<Self, RepositoryError> {
        let AttemptColumn { at, ms, status, error } = attempt;
        let at = Timestamp::from_unix_millis(at).ok_or("a time out of range");
        Ok(Self {
            at: column(TABLE, "attempts", at)?,
            duration: Duration::from_millis(ms),
            status_code: status,
            error,
        })
    }
}
