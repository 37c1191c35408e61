//! Listing the messages of a conversation.

use conversations_domain::{ConversationId, Message};

use super::MessageService;
use crate::{Caller, Error, Page, PageRequest};

impl MessageService {
    /// A page of a conversation's messages by their numbers, oldest first, with the exact total.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation.
    pub async fn list(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, Error> {
        self.messages.list(caller.workspace, conversation, page).await?.ok_or(Error::NotFound)
    }
}
