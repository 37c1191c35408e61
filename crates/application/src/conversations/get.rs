//! Reading one conversation.

use conversations_domain::ConversationId;

use super::ConversationService;
use crate::read_model::ConversationDetails;
use crate::{Caller, Error};

impl ConversationService {
    /// The conversation with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation.
    pub async fn get(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationDetails, Error> {
        self.conversations.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::testing::{
        Ports, caller, conversation_id, customer, customer_id, details_with, workspace,
    };

    #[tokio::test]
    async fn shows_the_conversation_with_its_people() {
        let stored = details_with(Some(customer(customer_id(1))));
        let service = Ports::with_conversation(stored.clone()).conversation_service();

        let found = service.get(&caller(), conversation_id()).await;

        assert_eq!(found.ok(), Some(stored));
    }

    #[tokio::test]
    async fn reads_the_callers_workspace_only() {
        let mut ports = Ports::default();
        ports
            .conversations
            .expect_find()
            .with(eq(workspace()), eq(conversation_id()))
            .returning(|_, _| Ok(None));

        let found = ports.conversation_service().get(&caller(), conversation_id()).await;

        assert!(matches!(found, Err(Error::NotFound)));
    }
}
