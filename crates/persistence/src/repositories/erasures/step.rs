//! A step of a deletion.

use conversations_application::ports::{ErasureKind, ErasureProgress};
use conversations_domain::{
    ConversationId, CustomerId, EventId, Field, FieldChange, HistoryId, NewEvent, Origin, UserId,
    WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::conversation_batch::ConversationBatch;
use super::super::history_and_audit::append_change_to_each;
use super::super::totals::{CountDeltas, drop_cells_of_user};
use super::contents::{ErasedConversations, erase_some_with};
use super::delete::delete_customer;
use super::delete_pending;
use super::workspace::erase_some_of_workspace;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{CountedConversation, ErasureRow, last_version};
use crate::schema::{customers, erasures, users};
use crate::work::StepSize;

/// Locks the row of the customer or user that is erased until the transaction ends.
macro_rules! lock_target {
    ($table:ident, $connection:ident, $workspace:ident, $erasure:ident) => {
        for_update!(
            $table::table
                .filter($table::workspace_id.eq(DbId::of($workspace)))
                .filter($table::id.eq($erasure.target_id))
                .select($table::id)
        )
        .first::<DbId>($connection)
        .await
        .optional()?
    };
}

/// What became of a step.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing, because another process is working on it, or did the last step.
    OfOthers,
    /// It was done.
    Done {
        /// How far the deletion is.
        progress: ErasureProgress,
        /// How many conversations went.
        erased: u64,
    },
}

impl Step {
    fn of(erased: u64, is_last: bool) -> Self {
        let progress = if is_last { ErasureProgress::Complete } else { ErasureProgress::Pending };
        Self::Done { progress, erased }
    }
}

/// Does the next step of a deletion, unless another process is working on it.
pub(super) async fn step(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (target, first): (DbId, EventId),
    slot: i16,
    size: StepSize,
) -> Result<Step, Failure> {
    let row: Option<ErasureRow> = for_update_skip_locked!(
        erasures::table
            .filter(erasures::workspace_id.eq(DbId::of(workspace)))
            .filter(erasures::target_id.eq(target))
            .select(ErasureRow::as_select())
    )
    .first(connection)
    .await
    .optional()?;
    let Some(row) = row else { return Ok(Step::OfOthers) };
    match row.kind()? {
        ErasureKind::Conversation | ErasureKind::Customer => {
            step_of_customer(connection, workspace, (&row, first), slot, size).await
        }
        ErasureKind::User => step_of_user(connection, workspace, (&row, first), slot, size).await,
        ErasureKind::Workspace => {
            let is_last = erase_some_of_workspace(connection, workspace, size).await?;
            Ok(Step::of(0, is_last))
        }
    }
}

async fn step_of_customer(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (row, first): (&ErasureRow, EventId),
    slot: i16,
    size: StepSize,
) -> Result<Step, Failure> {
    let customer = CustomerId::from_uuid(row.target_id.0);
    // Before their conversations, as everybody holds people, and so that none begins meanwhile.
    let _held = lock_target!(customers, connection, workspace, row);
    let each = match row.kind()? {
        ErasureKind::Customer => Some(row.audit_entry()?),
        _ => None,
    };
    let mut deltas = CountDeltas::default();
    let theirs = Some(customer);
    let told = each.as_ref().map(|each| (each, first));
    let some = erase_some_with(connection, workspace, theirs, told, &mut deltas, size).await?;
    let ErasedConversations { conversations, is_all } = some;
    if is_all {
        delete_customer(connection, workspace, customer).await?;
        delete_pending(connection, workspace, row.target_id).await?;
    }
    deltas.apply(connection, workspace, slot).await?;
    Ok(Step::of(conversations, is_all))
}

async fn step_of_user(
    connection: &mut Connection,
    workspace: WorkspaceId,
    (row, first): (&ErasureRow, EventId),
    slot: i16,
    size: StepSize,
) -> Result<Step, Failure> {
    let user = UserId::from_uuid(row.target_id.0);
    // Nothing more is assigned to the user while this runs.
    let _held = lock_target!(users, connection, workspace, row);
    let mut deltas = CountDeltas::default();
    let (history, origin) = (row.history_id(), Origin { first, by: row.actor() });
    let is_all =
        unassign_some(connection, workspace, user, (history, &origin), &mut deltas, size).await?;
    if is_all {
        diesel::delete(users::table)
            .filter(users::workspace_id.eq(DbId::of(workspace)))
            .filter(users::id.eq(row.target_id))
            .execute(connection)
            .await?;
        delete_pending(connection, workspace, row.target_id).await?;
    }
    deltas.apply(connection, workspace, slot).await?;
    if is_all {
        drop_cells_of_user(connection, workspace, user).await?;
    }
    Ok(Step::of(0, is_all))
}

/// Unassigns conversations from a user, who is held, for as long as a step may take, with history and
/// events;
/// `false` when there are some left.
pub(in super::super) async fn unassign_some(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
    (history, origin): (HistoryId, &Origin),
    deltas: &mut CountDeltas,
    size: StepSize,
) -> Result<bool, Failure> {
    let time = size.begin();
    let assigned = Some(user.to_string().as_str().into());
    let change = FieldChange { field: Field::Assignee, from: assigned, to: None };
    while let Some((some, held)) =
        ConversationBatch::some_assigned_to(connection, workspace, user, size.rows).await?
    {
        for (before, version, revision) in held {
            let after = CountedConversation { assignee_id: None, ..before.clone() };
            deltas.change(&before, &after);
            let id = ConversationId::from_uuid(before.id.0);
            let versions = (last_version(version)?.next(), last_version(revision)?.next());
            let changes = std::slice::from_ref(&change);
            deltas.add_events(workspace, origin, NewEvent::of_change(id, versions, changes));
        }
        let told = (history, change.clone(), origin.by.clone());
        append_change_to_each(connection, workspace, &some, told).await?;
        some.unassign(connection, workspace, history.created_at()).await?;
        if time.is_over() {
            return Ok(false);
        }
    }
    Ok(true)
}
