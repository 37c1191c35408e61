//! The queries of the history of conversations.

use async_trait::async_trait;
use conversations_application::ports::{HistoryRepository, RecordedChange, RepositoryError};
use conversations_application::reply_budget::PageBudget;
use conversations_application::{PageSlice, PageStart, PageWindow};
use conversations_domain::{ConversationId, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::hidden::is_visible;
use super::paging::{is_far, skipped, slice_of_texts};
use super::{Connection, Database};
use crate::columns::DbId;
use crate::rows::{HistoryRow, TextSize};
use crate::schema::{conversation_history, conversations};

pub(super) struct DieselHistory(pub(super) Database);

#[async_trait]
impl HistoryRepository for DieselHistory {
    async fn list(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        window: PageWindow,
    ) -> Result<Option<PageSlice<RecordedChange>>, RepositoryError> {
        let budget = PageBudget::current();
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let present: Option<DbId> = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(conversation)))
                    .filter(is_visible())
                    .select(conversations::id)
                    .first(connection)
                    .await
                    .optional()?;
                if present.is_none() {
                    return Ok(None);
                }
                let all = conversation_history::table
                    .filter(conversation_history::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversation_history::conversation_id.eq(DbId::of(conversation)));
                let count = cancellable!(all, conversation_history::id).count();
                let count = count.get_result(connection).await?;
                let all = all.select(HistoryRow::as_select()).into_boxed();
                let all = cancellable_if!(is_far(window), all, conversation_history::id);
                let (revision, id) = (conversation_history::revision, conversation_history::id);
                // The first condition is for the index, which the second alone would not be.
                let stretch = match window.start {
                    PageStart::Offset(offset) => {
                        all.order((revision.asc(), id.asc())).offset(skipped(offset))
                    }
                    PageStart::After(place) => all
                        .filter(revision.ge(place.value))
                        .filter(revision.gt(place.value).or(id.gt(DbId(place.id))))
                        .order((revision.asc(), id.asc())),
                    PageStart::Before(place) => all
                        .filter(revision.le(place.value))
                        .filter(revision.lt(place.value).or(id.lt(DbId(place.id))))
                        .order((revision.desc(), id.desc())),
                };
                let rows: Vec<HistoryRow> =
                    stretch.limit(window.rows().into()).load(connection).await?;
                budget
                    .reserve(rows.iter().map(TextSize::bytes).sum())
                    .map_err(RepositoryError::from)?;
                Ok(Some(slice_of_texts(window, rows, "conversation_history", count).await?))
            })
            .await
    }
}
