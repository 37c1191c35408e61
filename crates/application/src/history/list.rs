//! Listing what happened to a conversation.

use conversations_domain::{ConversationId, HistoryEntry};

use super::HistoryService;
use crate::{Caller, Error, Page, PageRequest};

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
        self.history.list(caller.workspace, conversation, page).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{FieldChange, HistoryId, Status};
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::ports::MockHistoryRepository;
    use crate::testing::{caller, conversation_id, third_page, workspace};

    async fn list(answer: Option<Page<HistoryEntry>>) -> Result<Page<HistoryEntry>, Error> {
        let mut history = MockHistoryRepository::new();
        history
            .expect_list()
            .times(1)
            .with(eq(workspace()), eq(conversation_id()), eq(third_page()))
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
        let stored = Page { items: vec![entry], total: 15 };

        let listed = list(Some(stored.clone())).await;

        assert_eq!(listed.ok(), Some(stored));
    }

    #[tokio::test]
    async fn a_conversation_without_history_has_an_empty_one() {
        let empty = Page { items: Vec::new(), total: 0 };

        let listed = list(Some(empty.clone())).await;

        assert_eq!(listed.ok(), Some(empty));
    }

    #[tokio::test]
    async fn an_unknown_conversation_is_not_found() {
        let listed = list(None).await;

        assert!(matches!(listed, Err(Error::NotFound)));
    }
}
