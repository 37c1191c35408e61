//! What is hidden although it is still stored: see `migrations/*/*_note_erasures`.
//!
//! Customers and users that are being erased are marked in their rows. A conversation is hidden with
//! its customer. Whatever finds a conversation together with its customer learns it from there; a
//! list asks once whether anything of the workspace is being erased, and leaves it out if so.

use conversations_application::ports::ErasureKind;
use conversations_application::read_model::AssigneeFilter;
use conversations_domain::{UserId, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::Connection;
use super::sql_builder::SqlBuilder;
use crate::columns::{DbId, Id};
use crate::error::Failure;
use crate::rows::ErasureRow;
use crate::schema::erasures;

/// The customers and users of a workspace that are being erased. What is deleted otherwise is none of
/// these.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Hidden {
    pub(super) customers: Vec<DbId>,
    pub(super) users: Vec<DbId>,
}

impl Hidden {
    /// The people who are being erased now.
    pub(super) async fn load(
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<Self, Failure> {
        let rows: Vec<ErasureRow> = erasures::table
            .filter(erasures::workspace_id.eq(DbId::of(workspace)))
            .order(erasures::target_id)
            .select(ErasureRow::as_select())
            .load(connection)
            .await?;
        let mut hidden = Self::default();
        for row in rows {
            match row.kind()? {
                ErasureKind::Conversation | ErasureKind::Customer => {
                    hidden.customers.push(row.target_id);
                }
                ErasureKind::User => hidden.users.push(row.target_id),
                ErasureKind::Workspace => {}
            }
        }
        Ok(hidden)
    }

    /// The same, where this was asked for and is so: usually there is none.
    pub(super) async fn load_if(
        connection: &mut Connection,
        workspace: WorkspaceId,
        is_erasing: bool,
    ) -> Result<Self, Failure> {
        if is_erasing { Self::load(connection, workspace).await } else { Ok(Self::default()) }
    }

    /// How that is assigned which a filter by assignee finds: users who are being erased count as
    /// none.
    pub(super) fn assignees(&self, wanted: Option<AssigneeFilter>) -> Vec<Option<AssigneeFilter>> {
        let user = |id: &DbId| Some(AssigneeFilter::User(UserId::from_uuid(id.0)));
        match wanted {
            Some(AssigneeFilter::Nobody) => {
                std::iter::once(wanted).chain(self.users.iter().map(user)).collect()
            }
            gone if self.users.iter().any(|id| user(id) == gone) => Vec::new(),
            other => vec![other],
        }
    }

    /// The customers alone.
    pub(super) fn without_users(&self) -> Self {
        Self { customers: self.customers.clone(), users: Vec::new() }
    }

    /// The users alone.
    pub(super) fn without_customers(&self) -> Self {
        Self { customers: Vec::new(), users: self.users.clone() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.customers.is_empty() && self.users.is_empty()
    }
}

/// Whether anything of a workspace is being erased.
pub(super) fn is_erasing(workspace: WorkspaceId) -> SqlBuilder<Bool> {
    SqlBuilder::of("EXISTS (SELECT 1 FROM erasures WHERE erasures.workspace_id = ")
        .fragment(DbId::of(workspace).into_sql::<Id>())
        .text(")")
}

/// That a conversation, which a query is about, is not being erased. A statement that waited for its
/// row finds that in the row itself: PostgreSQL sees other tables as they were before the wait.
pub(super) fn is_visible() -> SqlBuilder<Bool> {
    SqlBuilder::of(
        "(conversations.customer_id IS NULL OR conversations.customer_id <> conversations.id) \
         AND NOT EXISTS (SELECT 1 FROM erasures \
         WHERE erasures.workspace_id = conversations.workspace_id \
         AND erasures.target_id = conversations.customer_id)",
    )
}

/// That the conversation of a message, which a query is about, is not being erased.
pub(super) fn is_in_visible_conversation() -> SqlBuilder<Bool> {
    SqlBuilder::of(
        "NOT EXISTS (SELECT 1 FROM erasures JOIN conversations \
         ON conversations.workspace_id = erasures.workspace_id \
         AND conversations.customer_id = erasures.target_id \
         WHERE erasures.workspace_id = messages.workspace_id \
         AND conversations.id = messages.conversation_id)",
    )
}
