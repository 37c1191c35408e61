//! Whole threads: a conversation and what belongs to it. Set-based, so that they may be many.

use conversations_domain::{ConversationId, CustomerId, Timestamp, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::replies::drop_replies_about_threads;
use super::search::Texts;
use super::{Backend, Connection, later_of};
use crate::columns::{DbId, DbTime, Id};
use crate::error::Failure;
use crate::rows::Counted;
use crate::schema::{conversation_history, conversation_labels, conversations, messages};

/// How many conversations one step of long work takes. Between steps it can be ended.
const STEP: i64 = 500;

/// The conversations that a statement is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Threads {
    /// This one.
    One(ConversationId),
    /// Those with a customer, up to an id.
    With(CustomerId, DbId),
    /// Those that are assigned to a user, up to an id.
    AssignedTo(UserId, DbId),
}

/// Some conversations in the order of their ids, held.
macro_rules! hold_some {
    ($connection:ident, $workspace:ident, $filter:expr) => {{
        let held: Vec<Counted> = hold!(
            conversations::table
                .filter(conversations::workspace_id.eq(DbId::of($workspace)))
                .filter($filter)
                .order(conversations::id)
                .limit(STEP)
                .select(Counted::as_select())
        )
        .load($connection)
        .await?;
        held
    }};
}

impl Threads {
    /// Some of the conversations with a customer, held, and how each is counted; `None` when there are
    /// none left.
    pub(super) async fn some_with(
        connection: &mut Connection,
        workspace: WorkspaceId,
        customer: CustomerId,
    ) -> Result<Option<(Self, Vec<Counted>)>, Failure> {
        let theirs = conversations::customer_id.eq(DbId::of(customer));
        let held = hold_some!(connection, workspace, theirs);
        Ok(held.last().map(|last| last.id).map(|last| (Self::With(customer, last), held)))
    }

    /// Some of the conversations that are assigned to a user, held, and how each is counted; `None`
    /// when there are none left.
    pub(super) async fn some_assigned_to(
        connection: &mut Connection,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<Option<(Self, Vec<Counted>)>, Failure> {
        let theirs = conversations::assignee_id.eq(DbId::of(user));
        let held = hold_some!(connection, workspace, theirs);
        Ok(held.last().map(|last| last.id).map(|last| (Self::AssignedTo(user, last), held)))
    }

    /// The ids of the conversations.
    pub(super) fn ids(
        self,
        workspace: WorkspaceId,
    ) -> conversations::BoxedQuery<'static, Backend, Id> {
        let all = conversations::table
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .select(conversations::id)
            .into_boxed();
        match self {
            Self::One(id) => all.filter(conversations::id.eq(DbId::of(id))),
            Self::With(customer, last) => all
                .filter(conversations::customer_id.eq(DbId::of(customer)))
                .filter(conversations::id.le(last)),
            Self::AssignedTo(user, last) => all
                .filter(conversations::assignee_id.eq(DbId::of(user)))
                .filter(conversations::id.le(last)),
        }
    }

    /// Erases conversations with all that belongs to them. What refers to something goes before it.
    pub(super) async fn erase(
        self,
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<(), Failure> {
        macro_rules! erase_from {
            ($($table:ident),*) => {
                $(diesel::delete($table::table)
                    .filter($table::workspace_id.eq(DbId::of(workspace)))
                    .filter($table::conversation_id.eq_any(self.ids(workspace)))
                    .execute(connection)
                    .await?;)*
            };
        }

        drop_replies_about_threads(connection, workspace, self).await?;
        Texts::Of(self).forget(connection, workspace).await?;
        erase_from!(conversation_labels, conversation_history, messages);
        diesel::delete(conversations::table)
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.eq_any(self.ids(workspace)))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Assigns conversations to nobody.
    pub(super) async fn unassign(
        self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        time: Timestamp,
    ) -> Result<(), Failure> {
        diesel::update(conversations::table)
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.eq_any(self.ids(workspace)))
            .set((
                conversations::assignee_id.eq(None::<DbId>),
                conversations::updated_at.eq(later_of!(conversations::updated_at, DbTime(time))),
                conversations::version.eq(conversations::version + 1),
                conversations::revision.eq(conversations::revision + 1),
            ))
            .execute(connection)
            .await?;
        Ok(())
    }
}
