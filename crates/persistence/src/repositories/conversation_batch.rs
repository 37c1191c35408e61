//! Batches of conversations for one statement.

use conversations_domain::{ConversationId, Timestamp, UserId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, moved_to};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::rows::CountedConversation;
use crate::schema::conversations;

/// How a conversation is counted that is held, its version and its revision.
pub(super) type HeldThread = (CountedConversation, i64, i64);

/// The conversations that statements are about, by their ids.
#[derive(Debug, Clone)]
pub(super) struct ConversationBatch(Vec<DbId>);

impl ConversationBatch {
    /// This one.
    pub(super) fn one(id: ConversationId) -> Self {
        Self(vec![DbId::of(id)])
    }

    /// These.
    pub(super) fn of(ids: Vec<DbId>) -> Self {
        Self(ids)
    }

    /// Some of the conversations that are assigned to a user, held, and how each is counted, with its
    /// version and its revision; `None` when there are none left.
    pub(super) async fn some_assigned_to(
        connection: &mut Connection,
        workspace: WorkspaceId,
        user: UserId,
        limit: i64,
    ) -> Result<Option<(Self, Vec<HeldThread>)>, Failure> {
        // The index of the filter goes on with this order: nothing is sorted, and all who hold several
        // hold them in one order.
        let held: Vec<HeldThread> = for_update!(
            conversations::table
                .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                .filter(conversations::assignee_id.eq(DbId::of(user)))
                .order((conversations::status, conversations::id))
                .limit(limit)
                .select((
                    CountedConversation::as_select(),
                    conversations::version,
                    conversations::revision
                ))
        )
        .load(connection)
        .await?;
        let ids: Vec<_> = held.iter().map(|(counted, ..)| counted.id).collect();
        Ok((!ids.is_empty()).then_some((Self(ids), held)))
    }

    /// The ids of the conversations.
    pub(super) fn ids(&self) -> Vec<DbId> {
        self.0.clone()
    }

    /// Unassigns conversations.
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
