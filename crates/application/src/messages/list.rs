//! Listing the messages of a conversation.

use conversations_domain::{ConversationId, Message};

use super::MessageService;
use crate::page::Scope;
use crate::{Anchor, Caller, Error, Page, PageRequest};

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
        let asked = Scope::of(caller.workspace, "messages").with(conversation).asked(page)?;
        let found = self.messages.list(caller.workspace, conversation, asked.window).await?;
        Ok(asked.page(found.ok_or(Error::NotFound)?, |message| Anchor {
            // Numbers are counted in such columns, so that they fit.
            value: i64::try_from(message.number()).unwrap_or(i64::MAX),
            id: message.id().as_uuid(),
        }))
    }
}
