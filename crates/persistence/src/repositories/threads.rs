//! Whole threads: a conversation and what belongs to it. Set-based, so that they may be many.

use conversations_domain::{ConversationId, Timestamp, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::replies::drop_replies_about_threads;
use super::search::Texts;
use super::{Connection, moved_to};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::Counted;
use crate::schema::{conversation_history, conversation_labels, conversations, messages};

/// The conversations that statements are about, by their ids.
#[derive(Debug, Clone)]
pub(super) struct Threads(Vec<DbId>);

impl Threads {
    /// This one.
    pub(super) fn one(id: ConversationId) -> Self {
        Self(vec![DbId::of(id)])
    }

    /// These.
    pub(super) fn of(ids: Vec<DbId>) -> Self {
        Self(ids)
    }

    /// Some of the conversations that are assigned to a user, held, and how each is counted; `None`
    /// when there are none left.
    pub(super) async fn some_assigned_to(
        connection: &mut Connection,
        workspace: WorkspaceId,
        user: UserId,
        limit: i64,
    ) -> Result<Option<(Self, Vec<Counted>)>, Failure> {
        // The index of the filter goes on with this order: nothing is sorted, and all who hold several
        // hold them in one order.
        let held: Vec<Counted> = hold!(
            conversations::table
                .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                .filter(conversations::assignee_id.eq(DbId::of(user)))
                .order((conversations::status, conversations::id))
                .limit(limit)
                .select(Counted::as_select())
        )
        .load(connection)
        .await?;
        let ids: Vec<_> = held.iter().map(|one| one.id).collect();
        Ok((!ids.is_empty()).then_some((Self(ids), held)))
    }

    /// The ids of the conversations.
    pub(super) fn ids(&self) -> Vec<DbId> {
        self.0.clone()
    }

    /// Erases conversations with all that belongs to them. What refers to something goes before it.
    pub(super) async fn erase(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<(), Failure> {
        macro_rules! erase_from {
            ($($table:ident),*) => {
                $(diesel::delete($table::table)
                    .filter($table::workspace_id.eq(DbId::of(workspace)))
                    .filter($table::conversation_id.eq_any(self.ids()))
                    .execute(connection)
                    .await?;)*
            };
        }

        drop_replies_about_threads(connection, workspace, self).await?;
        Texts::Of(self.clone()).forget(connection, workspace).await?;
        erase_from!(conversation_labels, conversation_history, messages);
        diesel::delete(conversations::table)
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.eq_any(self.ids()))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Assigns conversations to nobody.
    pub(super) async fn unassign(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        time: Timestamp,
    ) -> Result<(), Failure> {
        diesel::update(conversations::table)
            .filter(conversations::workspace_id.eq(DbId::of(workspace)))
            .filter(conversations::id.eq_any(self.ids()))
            .set((
                conversations::assignee_id.eq(None::<DbId>),
                conversations::updated_at.eq(moved_to!(DbTime(time))),
                conversations::version.eq(conversations::version + 1),
                conversations::revision.eq(conversations::revision + 1),
            ))
            .execute(connection)
            .await?;
        Ok(())
    }
}
