//! Listing the messages of a conversation.

use conversations_domain::{ConversationId, Message};

use super::MessageService;
use crate::page::ListScope;
use crate::{Caller, Error, Page, PageRequest, SortKey};

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
        let resolved =
            ListScope::of(caller.workspace, "messages").with(conversation).resolve(page)?;
        let found = self.messages.list(caller.workspace, conversation, resolved.window).await?;
        Ok(resolved.page(found.ok_or(Error::NotFound)?, |message| SortKey {
            // Numbers are counted in such columns, so that they fit.
            value: i64::try_from(message.number()).unwrap_or(i64::MAX),
            id: message.id().as_uuid(),
        }))
    }
}
