//! Listing what happened to a conversation.

use conversations_domain::{ConversationId, HistoryEntry};

use super::HistoryService;
use crate::page::ListScope;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl HistoryService {
    /// A page of a conversation's history, oldest first, with the exact total.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation.
    pub async fn list(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<HistoryEntry>, Error> {
        let resolved =
            ListScope::of(caller.workspace, "history").with(conversation).resolve(page)?;
        let found = self.history.list(caller.workspace, conversation, resolved.window).await?;
        let found = resolved.page(found.ok_or(Error::NotFound)?, |change| SortKey {
            value: change.revision,
            id: change.entry.id.as_uuid(),
        });
        Ok(found.map(|change| change.entry))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{FieldChange, HistoryId, Status};
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::PageSlice;
    use crate::ports::{MockHistoryRepository, RecordedChange};
    use crate::testing::{caller, conversation_id, third_page, third_window, workspace};

    async fn list(answer: Option<PageSlice<RecordedChange>>) -> Result<Page<HistoryEntry>, Error> {
        let mut history = MockHistoryRepository::new();
        history
            .expect_list()
            .times(1)
            .with(eq(workspace()), eq(conversation_id()), eq(third_window()))
            .returning(move |_, _, _| Ok(answer.clone()));
        HistoryService::new(Arc::new(history))
            .list(&caller(), conversation_id(), third_page())
            .await
    }

    #[tokio::test]
    async fn shows_the_page_that_is_stored() {
        let entry = HistoryEntry {
            id: HistoryId::from_uuid(Uuid::from_u128(900)),
            conversation: conversation_id(),
            change: FieldChange::of_status(Status::Open, Status::Closed),
            by: caller().actor,
        };
        let change = RecordedChange { entry: entry.clone(), revision: 3 };

        let listed = list(Some(third_window().slice(vec![change], 15))).await;

        let listed = listed.expect("a page");
        assert_eq!((listed.items, listed.total, listed.page), (vec![entry], 15, Some(3)));
    }

    #[tokio::test]
    async fn a_conversation_without_history_has_an_empty_one() {
        let listed = list(Some(third_window().slice(Vec::new(), 0))).await;

        let listed = listed.expect("a page");
        assert_eq!((listed.items, listed.total), (Vec::new(), 0));
    }

    #[tokio::test]
    async fn an_unknown_conversation_is_not_found() {
        let listed = list(None).await;

        assert!(matches!(listed, Err(Error::NotFound)));
    }
}
