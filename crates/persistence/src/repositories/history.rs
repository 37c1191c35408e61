//! The queries of the history of conversations.

use async_trait::async_trait;
use conversations_application::ports::{HistoryRepository, RepositoryError};
use conversations_application::{Page, PageRequest};
use conversations_domain::{ConversationId, HistoryEntry, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, Database, bounds, entities, total};
use crate::columns::DbId;
use crate::rows::HistoryRow;
use crate::schema::{conversation_history, conversations};

pub(super) struct DieselHistory(pub(super) Database);

#[async_trait]
impl HistoryRepository for DieselHistory {
    async fn list(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Option<Page<HistoryEntry>>, RepositoryError> {
        let (limit, offset) = bounds(page);
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let present: Option<DbId> = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(conversation)))
                    .select(conversations::id)
                    .first(connection)
                    .await
                    .optional()?;
                if present.is_none() {
                    return Ok(None);
                }
                let count = conversation_history::table
                    .filter(conversation_history::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversation_history::conversation_id.eq(DbId::of(conversation)))
                    .count()
                    .get_result(connection)
                    .await?;
                let rows = conversation_history::table
                    .filter(conversation_history::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversation_history::conversation_id.eq(DbId::of(conversation)))
                    .order((conversation_history::revision, conversation_history::id))
                    .limit(limit)
                    .offset(offset)
                    .select(HistoryRow::as_select())
                    .load(connection)
                    .await?;
                let total = total("conversation_history", count)?;
                Ok(Some(Page { items: entities(rows)?, total }))
            })
            .await
    }
}
