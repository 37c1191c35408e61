//! Reading one message.

use conversations_domain::{ConversationId, Message, MessageId};

use super::MessageService;
use crate::{Caller, Error};

impl MessageService {
    /// The message with this id in this conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation, or the conversation no
    /// such message.
    pub async fn get(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Message, Error> {
        self.messages.find(caller.workspace, conversation, id).await?.ok_or(Error::NotFound)
    }
}
