//! Deletions that take several transactions: see `migrations/*/*_note_erasures`.
//!
//! The transaction that is asked for a deletion does it, if it is short. Else it makes its target
//! invisible ([`record_pending`]), and what is left goes in [`step`]s: each is a transaction that works for some
//! milliseconds, and all it does is to delete, so that it can be begun again by anybody.

mod contents;
mod delete;
mod hide;
mod step;
mod workspace;

use std::time::Duration;

use async_trait::async_trait;
use conversations_application::ports::{
    ErasureKind, ErasureProgress, ErasureRepository, PendingErasure, RepositoryError,
};
use conversations_domain::{EventId, Timestamp, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

pub(super) use contents::{ErasedConversations, erase_conversation, erase_some_with};
pub(super) use delete::delete_customer;
pub(super) use hide::{hide_conversation, hide_customer, hide_user, record_pending};
pub(super) use step::unassign_some;

use super::{Connection, Database};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::metrics::ErasureCounters;
use crate::rows::ErasureRow;
use crate::schema::erasures;
use step::{Step, step};

pub(super) struct DieselErasures(pub(super) Database);

/// How long to wait for a step that another process does.
const TURN: Duration = Duration::from_millis(20);

#[async_trait]
impl ErasureRepository for DieselErasures {
    async fn pending(&self) -> Result<Vec<PendingErasure>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let rows: Vec<ErasureRow> = erasures::table
                    .order((erasures::requested_at, erasures::workspace_id, erasures::target_id))
                    .select(ErasureRow::as_select())
                    .load(connection)
                    .await?;
                let pending: Result<_, RepositoryError> =
                    rows.into_iter().map(PendingErasure::try_from).collect();
                Ok(pending?)
            })
            .await
    }

    async fn step(
        &self,
        workspace: WorkspaceId,
        target: Uuid,
        first: EventId,
    ) -> Result<ErasureProgress, RepositoryError> {
        let target = DbId(target);
        // Mostly a deletion is over at once, and then a look is all.
        let Some(kind) = self.kind(workspace, target).await? else {
            return Ok(ErasureProgress::Complete);
        };
        let (counts, slot, size) = (self.0.erasures(), self.0.slot(), self.0.step_size());
        let on_commit = move |done: &Step| count(&counts, kind, done);
        let work = async move |connection: &mut Connection| {
            step(connection, workspace, (target, first), slot, size).await
        };
        let done = self.0.write_step(work, on_commit).await;
        self.0.feed_notifier().notify_of_deletion(workspace);
        match done {
            Ok(Step::OfOthers) => {
                tokio::time::sleep(TURN).await;
                Ok(ErasureProgress::Pending)
            }
            Ok(Step::Done { progress, .. }) => Ok(progress),
            // A conversation lost two users in the same millisecond.
            Err(RepositoryError::Duplicate) if kind == ErasureKind::User => {
                self.move_on(workspace, target).await?;
                Ok(ErasureProgress::Pending)
            }
            Err(error) => Err(error),
        }
    }
}

impl DieselErasures {
    /// What kind of deletion is pending, if one is.
    async fn kind(
        &self,
        workspace: WorkspaceId,
        target: DbId,
    ) -> Result<Option<ErasureKind>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row: Option<ErasureRow> = erasures::table
                    .filter(erasures::workspace_id.eq(DbId::of(workspace)))
                    .filter(erasures::target_id.eq(target))
                    .select(ErasureRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(|row| row.kind()).transpose()?)
            })
            .await
    }

    /// Gives what is still to be written of a deletion another time: ids are made of it.
    async fn move_on(&self, workspace: WorkspaceId, target: DbId) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                let this = || {
                    erasures::table
                        .filter(erasures::workspace_id.eq(DbId::of(workspace)))
                        .filter(erasures::target_id.eq(target))
                };
                let at: Option<DbTime> =
                    this().select(erasures::requested_at).first(connection).await.optional()?;
                if let Some(DbTime(at)) = at {
                    diesel::update(this())
                        .set(erasures::requested_at.eq(DbTime(later(at))))
                        .execute(connection)
                        .await?;
                }
                Ok(())
            })
            .await
    }
}

/// The next millisecond.
fn later(time: Timestamp) -> Timestamp {
    Timestamp::from_unix_millis(time.as_unix_millis().saturating_add(1)).unwrap_or(time)
}

/// Counts what a step did.
fn count(counts: &ErasureCounters, kind: ErasureKind, done: &Step) {
    let Step::Done { progress, erased } = *done else { return };
    match kind {
        ErasureKind::Conversation | ErasureKind::Customer => counts.erased(erased),
        ErasureKind::User | ErasureKind::Workspace => {}
    }
    if progress == ErasureProgress::Complete {
        match kind {
            ErasureKind::Conversation => counts.of_conversations.finish(),
            ErasureKind::Customer => counts.of_customers.finish(),
            ErasureKind::User | ErasureKind::Workspace => {}
        }
    }
}

/// Takes a deletion off the list.
async fn delete_pending(
    connection: &mut Connection,
    workspace: WorkspaceId,
    target: DbId,
) -> Result<(), Failure> {
    diesel::delete(erasures::table)
        .filter(erasures::workspace_id.eq(DbId::of(workspace)))
        .filter(erasures::target_id.eq(target))
        .execute(connection)
        .await?;
    Ok(())
}
